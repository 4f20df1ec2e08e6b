import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { openApiDocument } from '../../functions/http/openapi.ts';
import { noticesFile } from '../../scripts/notices.ts';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { cases } from '../support/thorough.ts';
import { type Deployed, deployed, generateTemplate } from './built.ts';

const templateSchema = z.looseObject({
  Parameters: z.record(z.string(), z.looseObject({ Default: z.string() })),
  Conditions: z.record(z.string(), z.unknown()),
  Resources: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      DeletionPolicy: z.string().optional(),
      UpdateReplacePolicy: z.string().optional(),
      Properties: z.record(z.string(), z.unknown()).default({}),
    }),
  ),
});
type Template = z.infer<typeof templateSchema>;

let template: Template;
/** The same with every parameter set that changes it. */
let configured: Template;
let zips: Deployed['zips'];

beforeAll(async () => {
  const parameters = [
    'reservedConcurrency=5',
    'connections=ionq-research,sutro-eu',
    'tableDeletionProtection=false',
  ];
  const [asItIs, other] = await Promise.all([deployed(), generateTemplate(...parameters)]);
  [template, configured] = z.tuple([templateSchema, templateSchema]).parse([asItIs.template, other]);
  ({ zips } = asItIs);
}, 120_000);

/** The properties of every resource of a type, by logical id. */
function all(type: string, of = template): [string, Record<string, unknown>][] {
  return Object.entries(of.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, { Properties }]) => [id, Properties]);
}

const statementsSchema = z.object({
  Policies: z.array(
    z.object({
      PolicyDocument: z.object({
        Statement: z.array(
          z.object({
            Effect: z.literal('Allow'),
            Action: z.union([z.string(), z.array(z.string())]).transform((action) => [action].flat()),
            Resource: z.union([z.unknown().array(), z.unknown()]).transform((resource) => [resource].flat()),
          }),
        ),
      }),
    }),
  ),
});

function statementsOf(role: unknown) {
  return statementsSchema.parse(role).Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

const arn = (service: string, rest: string) => ({
  'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${rest}`,
});

describe('every function', () => {
  test('runs on Node 24 on ARM, behind API Gateway for less than the 30 s after which that gives up', () => {
    const functions = all('AWS::Lambda::Function');
    expect(functions.map(([id, { Timeout }]) => [nameOf(id), Timeout])).toEqual([
      ['api', 29],
      ['mcp', 29],
      ['slack', 6],
      ['worker', 120],
    ]);
    for (const [, properties] of functions) {
      expect(properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
    }
  });

  test('logs JSON into a group of its own that is kept for 30 days', () => {
    const groups = all('AWS::Logs::LogGroup').map(([, { LogGroupName }]) => LogGroupName);
    for (const [, { FunctionName, LoggingConfig }] of all('AWS::Lambda::Function')) {
      expect(LoggingConfig).toMatchObject({ LogFormat: 'JSON' });
      expect(groups).toContain(`/aws/lambda/${FunctionName}`);
    }
  });

  test('has a role of its own, and no role serves two', () => {
    const roles = all('AWS::Lambda::Function').map(([, { Role }]) => JSON.stringify(Role));
    expect(new Set(roles).size).toBe(roles.length);
    expect(all('AWS::IAM::Role').map(([id]) => JSON.stringify({ 'Fn::GetAtt': [id, 'Arn'] }))).toEqual(roles);
  });

  test('holds no key and no token in its environment', () => {
    const own = all('AWS::Lambda::Function').map(([, { Environment }]) => Environment);
    const shared = {
      CALLOFF_SECRET_PREFIX: 'calloff/',
      CALLOFF_TABLE: { Ref: 'Table' },
      CALLOFF_CONFIRM_ABOVE: '10',
    };
    const additions = [{}, { CALLOFF_BUDGET_SECONDS: '25' }, { CALLOFF_QUEUE_URL: { Ref: 'Queue' } }, {}];
    expect(own).toEqual(additions.map((more) => ({ Variables: { ...shared, ...more } })));
  });

  test('is handed its own bundle', () => {
    const written = readFileSync('serverless.yml', 'utf8');
    for (const [id, { Handler }] of all('AWS::Lambda::Function')) {
      const path = `dist/functions/${nameOf(id)}`;
      expect(Handler).toBe(`${path}.handler`);
      expect(written).toContain(`patterns: [${path}.mjs, dist/functions/THIRD-PARTY-NOTICES.txt]`);
    }
  });

  test('has no reserved concurrency unless it is asked for', () => {
    for (const [, properties] of all('AWS::Lambda::Function')) {
      expect(properties).not.toHaveProperty('ReservedConcurrentExecutions');
    }
    for (const [, properties] of all('AWS::Lambda::Function', configured)) {
      expect(properties).toMatchObject({ ReservedConcurrentExecutions: 5 });
    }
  });

  test('raises an alarm for errors, for throttling and for coming near its time limit', () => {
    for (const [id, { Timeout }] of all('AWS::Lambda::Function')) {
      const alarms = all('AWS::CloudWatch::Alarm')
        .map(([, alarm]) => alarm)
        .filter(({ Dimensions }) => JSON.stringify(Dimensions) === functionDimension(id));
      const common = { Namespace: 'AWS/Lambda', ComparisonOperator: 'GreaterThanOrEqualToThreshold' };
      expect(alarms).toContainEqual(
        expect.objectContaining({ ...common, MetricName: 'Errors', Threshold: 1 }),
      );
      expect(alarms).toContainEqual(
        expect.objectContaining({ ...common, MetricName: 'Throttles', Threshold: 1 }),
      );
      const slow = alarms.find(({ MetricName }) => MetricName === 'Duration');
      expect(slow).toMatchObject({ ...common, Statistic: 'Maximum' });
      const { Threshold } = slow ?? {};
      expect(Number(Threshold)).toBe(slowMs[nameOf(id)]);
      expect(Number(Threshold)).toBeLessThan(Number(Timeout) * 1_000);
    }
    const descriptions = all('AWS::CloudWatch::Alarm').map(([, { AlarmDescription }]) => AlarmDescription);
    expect(new Set(descriptions).size).toBe(descriptions.length);
  });
});

/** Longer than a budget takes; for Slack, what is near the three seconds that it waits. */
const slowMs: Readonly<Record<string, number>> = { api: 27_000, mcp: 27_000, slack: 2_500, worker: 110_000 };

function functionDimension(id: string): string {
  return JSON.stringify([{ Name: 'FunctionName', Value: { Ref: id } }]);
}

/** The name of a function in serverless.yml, from its logical id. */
function nameOf(id: string): string {
  return id.replace('LambdaFunction', '').toLowerCase();
}

const keys = providerIds.toSorted();
/**
 * The names of the secrets that a role may read, once each is granted by its own ARN and no pattern: with the six random
 * characters that AWS adds, and bare, by which one that is not there is judged.
 */
function secretsReadBy(role: string, of = template): string[] {
  const read = statementsOf(of.Resources[role]?.Properties).filter(({ Action }) =>
    Action.some((action) => action.startsWith('secretsmanager:')),
  );
  for (const { Action } of read) expect(Action).toEqual(['secretsmanager:GetSecretValue']);
  const granted = z.object({ 'Fn::Sub': z.string() }).array();
  const resources = read.flatMap(({ Resource }) => granted.parse(Resource));
  const names = resources.flatMap(
    (resource) => /:secret:calloff\/([a-z-]+)-\?{6}$/.exec(resource['Fn::Sub'])?.slice(1, 2) ?? [],
  );
  expect(resources).toEqual(
    names.flatMap((name) => [
      arn('secretsmanager', `secret:calloff/${name}-??????`),
      arn('secretsmanager', `secret:calloff/${name}`),
    ]),
  );
  return names;
}

const useTable = {
  Effect: 'Allow',
  Action: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
  Resource: [{ 'Fn::GetAtt': ['Table', 'Arn'] }],
};
const useQueue = (...actions: string[]) => ({
  Effect: 'Allow',
  Action: actions.map((action) => `sqs:${action}`),
  Resource: [{ 'Fn::GetAtt': ['Queue', 'Arn'] }],
});

/** The rights of each function besides those to its own log: all that there are. */
describe.each([
  { role: 'ApiRole', name: 'api', own: ['token', 'config', 'pepper'], holdsKeys: true, others: [useTable] },
  { role: 'McpRole', name: 'mcp', own: ['token', 'config', 'pepper'], holdsKeys: true, others: [useTable] },
  {
    ...{ role: 'SlackRole', name: 'slack', own: ['slack', 'config'], holdsKeys: false },
    others: [useQueue('SendMessage')],
  },
  {
    ...{ role: 'WorkerRole', name: 'worker', own: ['config', 'pepper'], holdsKeys: true },
    others: [useTable, useQueue('ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes')],
  },
])('the role $role', ({ role, name, own, holdsKeys, others }) => {
  test('belongs to the function of its name', () => {
    const its = all('AWS::Lambda::Function').find(([id]) => nameOf(id) === name);
    expect(its?.[1]).toMatchObject({ Role: { 'Fn::GetAtt': [role, 'Arn'] } });
  });

  test(`may read the secrets ${own.join(' and ')}, ${holdsKeys ? 'and' : 'but not'} the keys of providers, each by its name`, () => {
    expect(secretsReadBy(role)).toEqual([...own, ...(holdsKeys ? keys : [])]);
  });

  test(`may ${holdsKeys ? '' : 'not '}read the keys of further connections, where they are named`, () => {
    const further = holdsKeys ? [...keys, 'ionq-research', 'sutro-eu'] : [];
    expect(secretsReadBy(role, configured)).toEqual([...own, ...further]);
  });

  test('may use what it works with, write to its own log group, and has no other right', () => {
    const besides = statementsOf(template.Resources[role]?.Properties).filter(
      ({ Action }) => !Action.includes('secretsmanager:GetSecretValue'),
    );
    expect(besides).toEqual([
      ...others,
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: [arn('logs', `log-group:/aws/lambda/calloff-dev-${name}:*`)],
      },
    ]);
  });
});

describe('the table', () => {
  test('has the keys that the store uses, is paid by use, forgets values and keeps records', () => {
    const { Table } = template.Resources;
    expect(Table?.Properties).toEqual({
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
      DeletionProtectionEnabled: true,
    });
  });

  test('is the only one, outlives the stack, and refuses to be deleted unless that is asked for', () => {
    expect(all('AWS::DynamoDB::Table').map(([id]) => id)).toEqual(['Table']);
    const { Table } = template.Resources;
    expect(Table).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
    const { Table: deletable } = configured.Resources;
    expect(deletable).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: { DeletionProtectionEnabled: false },
    });
  });

  test('raises an alarm for throttling, and for each operation that breaks', () => {
    const table = { Name: 'TableName', Value: { Ref: 'Table' } };
    const watched = all('AWS::CloudWatch::Alarm')
      .filter(([, { Namespace }]) => Namespace === 'AWS/DynamoDB')
      .map(([, alarm]) => alarm);
    const common = { Threshold: 1, Statistic: 'Sum', ComparisonOperator: 'GreaterThanOrEqualToThreshold' };
    expect(watched).toMatchObject([
      ...['ReadThrottleEvents', 'WriteThrottleEvents'].map((MetricName) => ({
        ...common,
        MetricName,
        Dimensions: [table],
      })),
      ...['GetItem', 'PutItem', 'Query'].map((Value) => ({
        ...common,
        MetricName: 'SystemErrors',
        Dimensions: [table, { Name: 'Operation', Value }],
      })),
    ]);
  });
});

describe('the queue', () => {
  const queueName = (id: string) => [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [id, 'QueueName'] } }];

  test('keeps work encrypted, out of sight for longer than a worker lives, and what was given up for 14 days', () => {
    const [, { Timeout } = {}] = all('AWS::Lambda::Function').find(([id]) => nameOf(id) === 'worker') ?? [];
    expect(all('AWS::SQS::Queue')).toEqual([
      [
        'Queue',
        {
          VisibilityTimeout: Number(Timeout) + 30,
          MessageRetentionPeriod: 86_400,
          SqsManagedSseEnabled: true,
          RedrivePolicy: {
            deadLetterTargetArn: { 'Fn::GetAtt': ['DeadLetterQueue', 'Arn'] },
            maxReceiveCount: 10,
          },
        },
      ],
      ['DeadLetterQueue', { MessageRetentionPeriod: 1_209_600, SqsManagedSseEnabled: true }],
    ]);
  });

  test('delivers again only tasks too old to be carried out, while the person can still be answered', () => {
    const [[, { VisibilityTimeout, RedrivePolicy } = {}] = []] = all('AWS::SQS::Queue');
    const { maxReceiveCount } = z.object({ maxReceiveCount: z.number() }).parse(RedrivePolicy);
    expect(VisibilityTimeout).toBeGreaterThan(120);
    expect(Number(VisibilityTimeout) * maxReceiveCount).toBeLessThan(30 * 60);
  });

  test('leads to the worker alone, a few at a time, which may name what failed', async () => {
    const mapping = {
      BatchSize: 5,
      EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] },
      FunctionName: { 'Fn::GetAtt': ['WorkerLambdaFunction', 'Arn'] },
      Enabled: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 5 },
    };
    expect(all('AWS::Lambda::EventSourceMapping').map(([, its]) => its)).toEqual([mapping]);
  });

  test('raises an alarm when work waits, and for each piece that was given up', () => {
    const watched = all('AWS::CloudWatch::Alarm')
      .filter(([, { Namespace }]) => Namespace === 'AWS/SQS')
      .map(([, alarm]) => alarm);
    const common = { Statistic: 'Maximum', ComparisonOperator: 'GreaterThanOrEqualToThreshold' };
    expect(watched).toMatchObject([
      {
        ...{ ...common, MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 120 },
        Dimensions: queueName('Queue'),
      },
      {
        ...{ ...common, MetricName: 'ApproximateNumberOfMessagesVisible', Threshold: 1 },
        Dimensions: queueName('DeadLetterQueue'),
      },
    ]);
  });
});

/** What serverless.yml asks for the ARNs of secrets. */
interface SecretArns {
  connections(from: { resolveVariable(variable: string): Promise<string> }): Promise<unknown[]>;
}
const noNames = ['ionq*', 'slack'] as const;

describe('the stack', () => {
  test.each(noNames)('has no secret for a connection by the name %s', async (name) => {
    const { connections }: SecretArns = await import(import.meta.resolve('../../scripts/secret-arns.js'));
    const variables = new Map([['param:connections', `sutro-eu,${name}`]]);
    const resolveVariable = async (variable: string) => variables.get(variable) ?? 'calloff/';
    await expect(connections({ resolveVariable })).rejects.toThrow(`"${name}" is no name of a connection`);
  });

  test.each(cases(noNames, () => false))(
    'is not made with a connection by the name %s',
    async (name) => {
      await expect(generateTemplate(`connections=${name}`)).rejects.toMatchObject({
        stdout: expect.stringContaining(`"${name}" is no name of a connection`),
      });
    },
    120_000,
  );

  test('gives no function the right to update or delete records', () => {
    const statements = all('AWS::IAM::Role').flatMap(([, role]) => statementsOf(role));
    expect(JSON.stringify(statements)).not.toMatch(/dynamodb:(Update|Delete|Batch|Transact|Scan|PartiQL)/i);
  });

  test('grants nothing with a wildcard for an action, or for all resources', () => {
    const statements = all('AWS::IAM::Role').flatMap(([, role]) => statementsOf(role));
    expect(statements.length).toBeGreaterThan(0);
    for (const { Action, Resource } of statements) {
      expect(Action.filter((action) => action.includes('*'))).toEqual([]);
      expect(Resource).not.toContain('*');
    }
  });

  test('keeps every log for 30 days', () => {
    const groups = all('AWS::Logs::LogGroup');
    // One for each function, and one for the requests to the HTTP API.
    expect(groups).toHaveLength(all('AWS::Lambda::Function').length + 1);
    for (const [, properties] of groups) expect(properties).toMatchObject({ RetentionInDays: 30 });
  });

  test('has the routes of the OpenAPI document, itself, those of MCP and of Slack, each led to its function', () => {
    const { paths } = z
      .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
      .parse(openApiDocument());
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const routes = all('AWS::ApiGatewayV2::Route').map(([, { RouteKey, Target }]) => [
      RouteKey,
      /HttpApiIntegration(Api|Mcp|Slack)/.exec(JSON.stringify(Target))?.[1],
    ]);
    const expected = [
      ...[...documented, 'GET /openapi.json'].flatMap((route) =>
        // API Gateway has no route by HEAD where there is one by GET.
        route.startsWith('GET ')
          ? [route, route.replace('GET', 'HEAD')].map((either) => [either, 'Api'])
          : [[route, 'Api']],
      ),
      ...['POST /mcp', 'GET /mcp', 'DELETE /mcp'].map((route) => [route, 'Mcp']),
      ...['POST /slack/commands', 'POST /slack/interactions'].map((route) => [route, 'Slack']),
    ];
    expect(routes.toSorted()).toEqual(expected.toSorted());
  });

  test('hands events over in payload format 2.0', () => {
    const integrations = all('AWS::ApiGatewayV2::Integration');
    // The worker is called by its queue only.
    expect(integrations).toHaveLength(all('AWS::Lambda::Function').length - 1);
    for (const [, integration] of integrations) {
      expect(integration).toMatchObject({ IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' });
    }
  });

  test('throttles the stage, and logs its requests as JSON without path, query or header', () => {
    const [[, stage] = []] = all('AWS::ApiGatewayV2::Stage');
    expect(stage).toMatchObject({
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 },
    });
    const { AccessLogSettings } = stage ?? {};
    const { Format } = z.object({ Format: z.string() }).parse(AccessLogSettings);
    expect(Object.keys(JSON.parse(Format))).toContain('request_id');
    expect(Format).not.toMatch(/context\.(path|queryString|header|identity|authorizer)/i);
  });

  test('sends its alarms to a topic, where one is given', () => {
    const { AlarmTopicArn } = template.Parameters;
    expect(AlarmTopicArn?.Default).toBe('');
    expect(template.Conditions).toHaveProperty('HasAlarmTopic');
    const alarms = all('AWS::CloudWatch::Alarm');
    expect(alarms).toHaveLength(3 * all('AWS::Lambda::Function').length + 7);
    for (const [, { AlarmActions, TreatMissingData }] of alarms) {
      expect(AlarmActions).toEqual({
        'Fn::If': ['HasAlarmTopic', [{ Ref: 'AlarmTopicArn' }], { Ref: 'AWS::NoValue' }],
      });
      expect(TreatMissingData).toBe('notBreaching');
    }
  });
});

test('the zip file of every function holds its notices beside its bundle', () => {
  expect(Object.keys(zips).sort()).toEqual(['api', 'mcp', 'slack', 'worker']);
  for (const [name, zip] of Object.entries(zips)) {
    expect(zip.includes(`dist/functions/${name}.mjs`)).toBe(true);
    expect(zip.includes(`dist/functions/${noticesFile}`)).toBe(true);
  }
});
