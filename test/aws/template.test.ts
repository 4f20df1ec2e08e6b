import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { openApiDocument } from '../../functions/http/openapi.ts';
import { noticesFile } from '../../scripts/notices.ts';
import { defaultConnections } from '../../shared/config/connection-settings.ts';
import { cases } from '../support/thorough.ts';
import { type Deployed, deployed, generateTemplate } from './built.ts';

const templateSchema = z.looseObject({
  Parameters: z.record(z.string(), z.looseObject({ Type: z.string(), Default: z.string() })),
  Conditions: z.record(z.string(), z.unknown()),
  Outputs: z.record(z.string(), z.object({ Description: z.string().optional(), Value: z.unknown() })),
  Resources: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Condition: z.string().optional(),
      DeletionPolicy: z.string().optional(),
      UpdateReplacePolicy: z.string().optional(),
      Properties: z.record(z.string(), z.unknown()).default({}),
    }),
  ),
});
type Template = z.infer<typeof templateSchema>;

const keyArn = 'arn:aws:kms:eu-central-1:111122223333:key/0e1f-own';
const otherKeyArn = 'arn:aws:kms:eu-central-1:444455556666:key/2a3b-other';
const arnOfConfig = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:team/rules-AbCdEf';
const arnOfKey = 'arn:aws:secretsmanager:eu-central-1:444455556666:secret:keys/sutro-GhIjKl';

let template: Template;
/** That of another stage, with every parameter set that changes it. */
let configured: Template;
let zips: Deployed['zips'];

beforeAll(async () => {
  const parameters = [
    'reservedConcurrency=5',
    'connections=ionq-research,sutro-eu',
    'tableDeletionProtection=false',
    ...['console=on', 'publicUrl=https://jobs.example.org/'],
    ...['alarmTopicArn=arn:aws:sns:eu-central-1:111122223333:wake', 'table=restored'],
    `secretsKmsKeyArns=${keyArn},${otherKeyArn}`,
    `secretArns=config=${arnOfConfig},sutro-eu=${arnOfKey}`,
  ];
  const [asItIs, other] = await Promise.all([deployed(), generateTemplate('prod', ...parameters)]);
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
      ['operations', 900],
      ['console', 6],
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
      CALLOFF_SECRET_PREFIX: 'calloff-dev/',
      CALLOFF_SECRET_ARNS: '',
      CALLOFF_TABLE: nameOfTable,
      CALLOFF_CONFIRM_ABOVE: '10',
      CALLOFF_PUBLIC_URL: '',
      CALLOFF_METRICS: 'off',
    };
    const rings = { CALLOFF_OPERATIONS_QUEUE_URL: { Ref: 'OperationsQueue' } };
    const isOff = { CALLOFF_CONSOLE: 'off' };
    const additions = [
      { ...rings, ...isOff },
      { ...rings, CALLOFF_BUDGET_SECONDS: '25' },
      { CALLOFF_QUEUE_URL: { Ref: 'Queue' } },
      { ...rings, CALLOFF_QUEUE_URL: { Ref: 'Queue' } },
      rings,
      isOff,
    ];
    expect(own).toEqual(additions.map((more) => ({ Variables: { ...shared, ...more } })));
  });

  test('is told of the console by the parameters, and where people find it', () => {
    const told = all('AWS::Lambda::Function', configured).map(([id, { Environment }]) => [
      nameOf(id),
      Environment,
    ]);
    const variables = { CALLOFF_CONSOLE: 'on', CALLOFF_PUBLIC_URL: 'https://jobs.example.org/' };
    const { CALLOFF_PUBLIC_URL } = variables;
    for (const [name, environment] of told) {
      const expected = name === 'api' || name === 'console' ? variables : { CALLOFF_PUBLIC_URL };
      expect([name, environment]).toMatchObject([name, { Variables: expected }]);
    }
  });

  test('is handed its own bundle', () => {
    const written = readFileSync('serverless.yml', 'utf8');
    for (const [id, { Handler }] of all('AWS::Lambda::Function')) {
      const path = `dist/functions/${nameOf(id)}`;
      expect(Handler).toBe(`${path}.handler`);
      const page = nameOf(id) === 'console' ? ' dist/functions/console/**,' : '';
      expect(written).toContain(
        `patterns: [${path}.mjs, ${path}-parts/*,${page} dist/functions/THIRD-PARTY-NOTICES.txt]`,
      );
    }
  });

  test('has no reserved concurrency unless it is asked for; that for operations never, because its queue limits it', () => {
    for (const [, properties] of all('AWS::Lambda::Function')) {
      expect(properties).not.toHaveProperty('ReservedConcurrentExecutions');
    }
    const reserved = all('AWS::Lambda::Function', configured).map(
      ([id, { ReservedConcurrentExecutions }]) => [nameOf(id), ReservedConcurrentExecutions],
    );
    expect(reserved).toEqual([
      ...['api', 'mcp', 'slack', 'worker'].map((name) => [name, 5]),
      ['operations', undefined],
      ['console', 5],
    ]);
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
const slowMs: Readonly<Record<string, number>> = {
  ...{ api: 27_000, mcp: 27_000, slack: 2_500, worker: 110_000 },
  ...{ operations: 890_000, console: 5_000 },
};

function functionDimension(id: string): string {
  return JSON.stringify([{ Name: 'FunctionName', Value: { Ref: id } }]);
}

/** The name of a function in serverless.yml, from its logical id. */
function nameOf(id: string): string {
  return id.replace('LambdaFunction', '').toLowerCase();
}

/** The table of the stack, or the one that it was given. */
const nameOfTable = { 'Fn::If': ['MakesTable', { Ref: 'Table' }, { Ref: 'ExistingTable' }] };
const keys = defaultConnections.toSorted();
/** What the secrets of a stage begin with. */
const prefixOf = { dev: 'calloff-dev/', prod: 'calloff-prod/' };
/** The ARNs that the other stage was given. */
const given: ReadonlyMap<string, string> = new Map([
  ['config', arnOfConfig],
  ['sutro-eu', arnOfKey],
]);
/**
 * The names of the secrets that a role may read, once each is granted by its own ARN and no pattern: with the six random
 * characters that AWS adds, and bare, by which one that is not there is judged; or by the whole ARN that the stack was given.
 */
function secretsReadBy(role: string, of = template): string[] {
  const prefix = of === template ? prefixOf.dev : prefixOf.prod;
  const arns: ReadonlyMap<string, string> = of === template ? new Map() : given;
  const read = statementsOf(of.Resources[role]?.Properties).filter(({ Action }) =>
    Action.some((action) => action.startsWith('secretsmanager:')),
  );
  for (const { Action } of read) expect(Action).toEqual(['secretsmanager:GetSecretValue']);
  const granted = z.union([z.string(), z.object({ 'Fn::Sub': z.string() })]).array();
  const resources = read.flatMap(({ Resource }) => granted.parse(Resource));
  const names = resources.flatMap((resource) => {
    if (typeof resource === 'string')
      return [...arns].flatMap(([name, its]) => (its === resource ? name : []));
    return new RegExp(`:secret:${prefix}([a-z-]+)-\\?{6}$`).exec(resource['Fn::Sub'])?.slice(1, 2) ?? [];
  });
  const expected = names.flatMap<unknown>(
    (name) =>
      arns.get(name) ?? [
        arn('secretsmanager', `secret:${prefix}${name}-??????`),
        arn('secretsmanager', `secret:${prefix}${name}`),
      ],
  );
  expect<unknown[]>(resources).toEqual(expected);
  return names;
}

const useTable = {
  Effect: 'Allow',
  Action: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
  Resource: [
    {
      'Fn::If': [
        'MakesTable',
        { 'Fn::GetAtt': ['Table', 'Arn'] },
        arn('dynamodb', `table/\u0024{ExistingTable}`),
      ],
    },
  ],
};
const useQueue = (queue: string, ...actions: string[]) => ({
  Effect: 'Allow',
  Action: actions.map((action) => `sqs:${action}`),
  Resource: [{ 'Fn::GetAtt': [queue, 'Arn'] }],
});
const receive = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'];
const ring = useQueue('OperationsQueue', 'SendMessage');

/** The rights of each function besides those to its own log: all that there are. */
describe.each([
  {
    ...{ role: 'ApiRole', name: 'api', own: ['token', 'config', 'pepper'], holdsKeys: true },
    others: [useTable, ring],
  },
  {
    ...{ role: 'McpRole', name: 'mcp', own: ['token', 'config', 'pepper'], holdsKeys: true },
    others: [useTable, ring],
  },
  {
    ...{ role: 'SlackRole', name: 'slack', own: ['slack', 'config'], holdsKeys: false },
    others: [useQueue('Queue', 'SendMessage')],
  },
  {
    ...{ role: 'WorkerRole', name: 'worker', own: ['config', 'pepper'], holdsKeys: true },
    others: [useTable, ring, useQueue('Queue', ...receive, 'SendMessage')],
  },
  {
    ...{
      role: 'OperationsRole',
      name: 'operations',
      own: ['config', 'pepper', 'webhook', 'slack'],
      holdsKeys: true,
    },
    others: [useTable, ring, useQueue('OperationsQueue', ...receive)],
  },
  { ...{ role: 'ConsoleRole', name: 'console', own: [], holdsKeys: false }, others: [] },
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

  test('is made unless the stack is given another one, such as a restored one', () => {
    const { Table } = template.Resources;
    const { MakesTable } = template.Conditions;
    const { TableName } = template.Outputs;
    expect([Table?.Condition, MakesTable, TableName?.Value]).toEqual([
      'MakesTable',
      { 'Fn::Equals': [{ Ref: 'ExistingTable' }, ''] },
      nameOfTable,
    ]);
  });

  test('raises an alarm for throttling, and for each operation that breaks', () => {
    const table = { Name: 'TableName', Value: nameOfTable };
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
  test('keeps work encrypted, out of sight for longer than a worker lives, and what was given up for 14 days', () => {
    const [, { Timeout } = {}] = all('AWS::Lambda::Function').find(([id]) => nameOf(id) === 'worker') ?? [];
    expect(all('AWS::SQS::Queue').slice(0, 2)).toEqual([
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
    expect(eventSourcesOf('WorkerLambdaFunction')).toEqual([mapping]);
  });

  test('raises an alarm when work waits, and for each piece that was given up', () => {
    expect(queueAlarms('Queue')).toMatchObject([
      { MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 120 },
    ]);
    expect(queueAlarms('DeadLetterQueue')).toMatchObject([
      { MetricName: 'ApproximateNumberOfMessagesVisible', Threshold: 1 },
    ]);
  });
});

describe('the queue of operations', () => {
  function timeoutSeconds(): number {
    const [, { Timeout } = {}] =
      all('AWS::Lambda::Function').find(([id]) => nameOf(id) === 'operations') ?? [];
    return Number(Timeout);
  }

  test('is a standard queue: a call is out of sight for longer than a run lives, and given up after three runs that broke', () => {
    expect(all('AWS::SQS::Queue').slice(2)).toEqual([
      [
        'OperationsQueue',
        {
          VisibilityTimeout: timeoutSeconds() + 30,
          MessageRetentionPeriod: 86_400,
          SqsManagedSseEnabled: true,
          RedrivePolicy: {
            deadLetterTargetArn: { 'Fn::GetAtt': ['OperationsDeadLetterQueue', 'Arn'] },
            maxReceiveCount: 3,
          },
        },
      ],
      ['OperationsDeadLetterQueue', { MessageRetentionPeriod: 1_209_600, SqsManagedSseEnabled: true }],
    ]);
  });

  test('keeps a call until it is given up, so that it leaves a dead letter', () => {
    const { OperationsQueue } = template.Resources;
    const { VisibilityTimeout, RedrivePolicy, MessageRetentionPeriod } = OperationsQueue?.Properties ?? {};
    const { maxReceiveCount } = z.object({ maxReceiveCount: z.number() }).parse(RedrivePolicy);
    expect(Number(VisibilityTimeout) * maxReceiveCount).toBeLessThan(Number(MessageRetentionPeriod));
  });

  test.each([
    ['two for each provider', () => template, 2 * defaultConnections.length],
    ['two for each connection more', () => configured, 2 * (defaultConnections.length + 2)],
  ] as const)(
    'leads to its function alone, one call to a run, and to %s at once',
    (_which, of, MaximumConcurrency) => {
      expect(eventSourcesOf('OperationsLambdaFunction', of())).toEqual([
        {
          BatchSize: 1,
          EventSourceArn: { 'Fn::GetAtt': ['OperationsQueue', 'Arn'] },
          FunctionName: { 'Fn::GetAtt': ['OperationsLambdaFunction', 'Arn'] },
          Enabled: true,
          ScalingConfig: { MaximumConcurrency },
        },
      ]);
    },
  );

  test('is not made with fewer runs at once than connections, because one would wait for another', async () => {
    const { maximum }: { maximum(from: Variables): Promise<number> } = await import(
      import.meta.resolve('../../scripts/operations-concurrency.js')
    );
    const given = (operationsConcurrency: string) =>
      maximum(variables({ connections: 'sutro-eu', operationsConcurrency }));
    expect([await given(''), await given('5'), await given('40')]).toEqual([10, 5, 40]);
    for (const wrong of ['4', '0', '-5', 'many', '5.5'])
      await expect(given(wrong)).rejects.toThrow(
        'operationsConcurrency must be at least 5, the number of connections',
      );
  });

  test('is rung each minute by a rule, of whose events a late or failed one is not repeated', () => {
    expect(all('AWS::Events::Rule').map(([, rule]) => rule)).toEqual([
      {
        ScheduleExpression: 'rate(1 minute)',
        State: 'ENABLED',
        Targets: [
          {
            Arn: { 'Fn::GetAtt': ['OperationsLambdaFunction', 'Arn'] },
            Id: expect.any(String),
            Input: JSON.stringify({ ring: 'due' }),
          },
        ],
      },
    ]);
    expect(all('AWS::Lambda::EventInvokeConfig').map(([, terms]) => terms)).toMatchObject([
      { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 },
    ]);
    const callers = all('AWS::Lambda::Permission').map(([, { FunctionName, Principal }]) => [
      JSON.stringify(FunctionName),
      Principal,
    ]);
    const own = JSON.stringify({ 'Fn::GetAtt': ['OperationsLambdaFunction', 'Arn'] });
    expect(callers.filter(([name]) => name === own)).toEqual([[own, 'events.amazonaws.com']]);
  });

  test('raises an alarm when a call waits for longer than a run takes, and for each that was given up', () => {
    expect(queueAlarms('OperationsQueue')).toMatchObject([
      { MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 1_200 },
    ]);
    expect(1_200).toBeGreaterThan(timeoutSeconds());
    expect(queueAlarms('OperationsDeadLetterQueue')).toMatchObject([
      { MetricName: 'ApproximateNumberOfMessagesVisible', Threshold: 1 },
    ]);
  });
});

/** The queues that call a function. */
function eventSourcesOf(id: string, of = template): Record<string, unknown>[] {
  const its = JSON.stringify({ 'Fn::GetAtt': [id, 'Arn'] });
  return all('AWS::Lambda::EventSourceMapping', of)
    .map(([, mapping]) => mapping)
    .filter(({ FunctionName }) => JSON.stringify(FunctionName) === its);
}

/** The alarms of a queue. */
function queueAlarms(id: string): Record<string, unknown>[] {
  const its = JSON.stringify([{ Name: 'QueueName', Value: { 'Fn::GetAtt': [id, 'QueueName'] } }]);
  const alarms = all('AWS::CloudWatch::Alarm')
    .map(([, alarm]) => alarm)
    .filter(({ Dimensions }) => JSON.stringify(Dimensions) === its);
  const common = { Statistic: 'Maximum', ComparisonOperator: 'GreaterThanOrEqualToThreshold' };
  for (const alarm of alarms) expect(alarm).toMatchObject({ ...common, Namespace: 'AWS/SQS' });
  return alarms;
}

/** The variables of serverless.yml, as osls gives them to a script. */
interface Variables {
  readonly options: { readonly param?: readonly string[] };
  resolveVariable(variable: string): Promise<string>;
  resolveConfigurationProperty(path: readonly string[]): Promise<string>;
}
/** What serverless.yml asks for the ARNs of secrets. */
interface SecretArns {
  connections(from: Variables): Promise<unknown[]>;
}
/** The parameters in serverless.yml, with their defaults as they are written there. */
function defaultParameters(): Record<string, string> {
  const [, block = ''] =
    /^params:\n {2}default:\n((?: {4}.*\n)+)/m.exec(readFileSync('serverless.yml', 'utf8')) ?? [];
  const written = block.matchAll(/^ {4}(\w+): '?([^'\n]*)'?$/gm);
  return Object.fromEntries([...written].map(([, name = '', value = '']) => [name, value]));
}
/** Those, and these of the command line. */
function variables(parameters: Readonly<Record<string, string>>): Variables {
  const values: Readonly<Record<string, string | undefined>> = {
    ...{ ...defaultParameters(), secretPrefix: prefixOf.dev },
    ...parameters,
  };
  return {
    options: { param: Object.entries(parameters).map((each) => each.join('=')) },
    resolveVariable: async (variable) => {
      const value = values[variable.replace('param:', '')];
      if (value === undefined) throw new Error(`serverless.yml has no ${variable}`);
      return value;
    },
    resolveConfigurationProperty: async () => 'eu-central-1',
  };
}
async function checked(from: Variables): Promise<string[]> {
  const script: { checked(from: Variables): Promise<string[]> } = await import(
    import.meta.resolve('../../scripts/stack-parameters.js')
  );
  return script.checked(from);
}
const noNames = ['ionq*', 'slack'] as const;
const noParameters = [
  ['conections', 'sutro-eu', /^"conections" is no parameter .* Did you mean "connections"\? There are: /],
  ['Console', 'on', /Did you mean "console"\?/],
  ['stage', 'prod', /^"stage" is no parameter of this stack, so it would change nothing\./],
  ['metrics', 'yes', /^metrics must be on or off, and is "yes"$/],
  ['tableDeletionProtection', 'False', /^tableDeletionProtection must be true or false/],
  ['mcpBudgetSeconds', '30', /^mcpBudgetSeconds must be a whole number from 5 to 25, and is "30"$/],
  ['reservedConcurrency', '0', /^reservedConcurrency must be a whole number from 1/],
  ['table', 'a table', /^table must be the name of a DynamoDB table/],
  ['publicUrl', 'http://jobs.example.org', /^publicUrl must be an https URL/],
  ['secretsKmsKeyArns', 'alias/mine', /^secretsKmsKeyArns must be ARNs of KMS keys/],
] as const;
const noArns = [
  [`ionq-eu=${arnOfKey}`, '"ionq-eu" is no secret of this stack; it has token, slack, config, pepper'],
  [`ionq=${arnOfKey},ionq=${arnOfConfig}`, 'two ARNs for "ionq"'],
  ['ionq=keys/ionq', '"keys/ionq" is no whole ARN of a secret'],
  [`ionq=${arnOfKey.slice(0, -7)}`, 'is no whole ARN of a secret'],
  [`ionq=${arnOfKey.replace('eu-central-1', 'us-east-1')}`, 'is in us-east-1 and the stack in eu-central-1'],
] as const;
const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((either) => [either].flat());
const deployerPolicy = z
  .object({
    Statement: z.array(z.looseObject({ Sid: z.string(), Action: oneOrMore, Resource: oneOrMore })),
  })
  .parse(JSON.parse(readFileSync('docs/aws-deployer-policy.json', 'utf8')));
const at = (service: string, ...actions: readonly string[]) => actions.map((name) => `${service}:${name}`);
const api = at('apigateway', 'GET', 'POST', 'PATCH', 'DELETE');
/** What it takes to make, change and remove each type of resource of the stack. */
const neededFor: Readonly<Record<string, readonly string[]>> = {
  'AWS::ApiGatewayV2::Api': api,
  'AWS::ApiGatewayV2::Integration': api,
  'AWS::ApiGatewayV2::Route': api,
  'AWS::ApiGatewayV2::Stage': [...api, ...at('logs', 'CreateLogDelivery', 'PutResourcePolicy')],
  'AWS::CloudWatch::Alarm': at('cloudwatch', 'PutMetricAlarm', 'DescribeAlarms', 'DeleteAlarms'),
  'AWS::DynamoDB::Table': [
    ...at('dynamodb', 'CreateTable', 'DescribeTable', 'UpdateTable'),
    ...at('dynamodb', 'UpdateTimeToLive', 'UpdateContinuousBackups'),
  ],
  'AWS::Events::Rule': at('events', 'PutRule', 'PutTargets', 'RemoveTargets', 'DeleteRule', 'DescribeRule'),
  'AWS::IAM::Policy': at('iam', 'PutRolePolicy', 'GetRolePolicy', 'DeleteRolePolicy'),
  'AWS::IAM::Role': [
    ...at('iam', 'CreateRole', 'GetRole', 'DeleteRole', 'PutRolePolicy'),
    ...at('iam', 'DeleteRolePolicy', 'PassRole', 'TagRole'),
  ],
  'AWS::Lambda::EventInvokeConfig': at('lambda', 'PutFunctionEventInvokeConfig'),
  'AWS::Lambda::EventSourceMapping': [
    ...at('lambda', 'CreateEventSourceMapping', 'GetEventSourceMapping'),
    ...at('lambda', 'UpdateEventSourceMapping', 'DeleteEventSourceMapping'),
  ],
  'AWS::Lambda::Function': [
    ...at('lambda', 'CreateFunction', 'GetFunction', 'UpdateFunctionCode', 'UpdateFunctionConfiguration'),
    ...at('lambda', 'DeleteFunction', 'PutFunctionConcurrency', 'TagResource'),
  ],
  'AWS::Lambda::Permission': at('lambda', 'AddPermission', 'RemovePermission'),
  'AWS::Logs::LogGroup': at('logs', 'CreateLogGroup', 'PutRetentionPolicy', 'DeleteLogGroup'),
  'AWS::Logs::MetricFilter': at('logs', 'PutMetricFilter', 'DescribeMetricFilters', 'DeleteMetricFilter'),
  'AWS::S3::Bucket': at('s3', 'CreateBucket', 'DeleteBucket', 'PutEncryptionConfiguration'),
  'AWS::S3::BucketPolicy': at('s3', 'PutBucketPolicy', 'GetBucketPolicy', 'DeleteBucketPolicy'),
  'AWS::SQS::Queue': at('sqs', 'CreateQueue', 'DeleteQueue', 'SetQueueAttributes', 'TagQueue'),
};
/** What osls asks for itself. */
const neededByOsls = [
  ...at('cloudformation', 'CreateChangeSet', 'DescribeChangeSet', 'ExecuteChangeSet', 'DeleteChangeSet'),
  ...at('cloudformation', 'DescribeStacks', 'DescribeStackEvents', 'DescribeStackResource', 'DeleteStack'),
  ...at('cloudformation', 'ListStackResources', 'ValidateTemplate'),
  ...at('s3', 'PutObject', 'GetObject', 'ListBucket', 'DeleteObject'),
];
/** What the functions log, and an alarm tells of. */
const alarmedEvents = [
  'key_rejected',
  'outcome_unknown',
  'confirmation_waits',
  'configuration_unreadable',
  'audit_unwritable',
  'delivery_given_up',
];

describe('the stack', () => {
  test.each(noNames)('has no secret for a connection by the name %s', async (name) => {
    const { connections }: SecretArns = await import(import.meta.resolve('../../scripts/secret-arns.js'));
    await expect(connections(variables({ connections: `sutro-eu,${name}` }))).rejects.toThrow(
      `"${name}" is no name of a connection`,
    );
  });

  test.each(noArns)('has no secret by the ARN in %s', async (secretArns, fault) => {
    const { connections }: SecretArns = await import(import.meta.resolve('../../scripts/secret-arns.js'));
    await expect(connections(variables({ secretArns }))).rejects.toThrow(fault);
  });

  test.each(noParameters)('has no parameter %s that is %s', async (name, value, fault) => {
    await expect(checked(variables({ [name]: value }))).rejects.toThrow(fault);
  });

  test('knows each of its parameters, and the form of its default', async () => {
    const used = [...readFileSync('serverless.yml', 'utf8').matchAll(/\$\{param:(\w+)/g)];
    const names = [...Object.keys(defaultParameters()), ...used.map(([, name]) => name)];
    expect(new Set(await checked(variables({})))).toEqual(new Set(names));
  });

  test.each(cases(['conections=sutro-eu'], () => false))(
    'is not made with the unknown parameter %s',
    async (parameter) => {
      await expect(generateTemplate('dev', parameter)).rejects.toMatchObject({
        stdout: expect.stringContaining('Did you mean "connections"?'),
      });
    },
    120_000,
  );

  test.each(cases(noNames, () => false))(
    'is not made with a connection by the name %s',
    async (name) => {
      await expect(generateTemplate('dev', `connections=${name}`)).rejects.toMatchObject({
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

  test('has the routes of the OpenAPI document, itself, those of MCP, of Slack and of the console, each led to its function', () => {
    const { paths } = z
      .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
      .parse(openApiDocument());
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const ofSessions = ['POST /v1/session', 'GET /v1/session', 'DELETE /v1/session'];
    const routes = all('AWS::ApiGatewayV2::Route').map(([, { RouteKey, Target }]) => [
      RouteKey,
      /HttpApiIntegration(Api|Mcp|Slack|Console)/.exec(JSON.stringify(Target))?.[1],
    ]);
    const expected = [
      ...[...documented, ...ofSessions, 'GET /openapi.json'].flatMap((route) =>
        // API Gateway has no route by HEAD where there is one by GET.
        route.startsWith('GET ')
          ? [route, route.replace('GET', 'HEAD')].map((either) => [either, 'Api'])
          : [[route, 'Api']],
      ),
      ...['POST /mcp', 'GET /mcp', 'DELETE /mcp'].map((route) => [route, 'Mcp']),
      ...['POST /slack/commands', 'POST /slack/interactions'].map((route) => [route, 'Slack']),
      ...['/', '/assets/{hash}/{file+}'].flatMap((path) =>
        ['GET', 'HEAD'].map((method) => [`${method} ${path}`, 'Console']),
      ),
    ];
    expect(routes.toSorted()).toEqual(expected.toSorted());
  });

  test('hands events over in payload format 2.0', () => {
    const integrations = all('AWS::ApiGatewayV2::Integration');
    // Only their queues and a rule call the workers.
    expect(integrations).toHaveLength(all('AWS::Lambda::Function').length - 2);
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

  test('reads secrets of its own stage, which no other stage reads', () => {
    const read = [template, configured].map((of) =>
      JSON.stringify(all('AWS::IAM::Role', of)).match(/secret:calloff[^/]*\//g),
    );
    expect(read.map((prefixes) => [...new Set(prefixes)])).toEqual([
      ['secret:calloff-dev/'],
      ['secret:calloff-prod/'],
    ]);
    const told = all('AWS::Lambda::Function', configured).map(([, { Environment }]) => Environment);
    const variables = {
      CALLOFF_SECRET_PREFIX: 'calloff-prod/',
      CALLOFF_SECRET_ARNS: `config=${arnOfConfig},sutro-eu=${arnOfKey}`,
    };
    for (const environment of told) expect(environment).toMatchObject({ Variables: variables });
  });

  test('lets the functions that read secrets decrypt them by the keys that it is given, and by nothing else', () => {
    const [[, policy] = [], ...others] = all('AWS::IAM::Policy');
    expect(others).toEqual([]);
    expect(policy).toMatchObject({
      Roles: ['ApiRole', 'McpRole', 'SlackRole', 'WorkerRole', 'OperationsRole'].map((Ref) => ({ Ref })),
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: 'kms:Decrypt',
            Resource: { Ref: 'SecretsKmsKeyArns' },
            Condition: {
              StringEquals: {
                'kms:ViaService': { 'Fn::Sub': 'secretsmanager.\u0024{AWS::Region}.amazonaws.com' },
              },
            },
          },
        ],
      },
    });
    const { SecretsKeyPolicy } = template.Resources;
    expect(SecretsKeyPolicy?.Condition).toBe('HasSecretsKey');
    const { SecretsKmsKeyArns } = template.Parameters;
    expect(SecretsKmsKeyArns).toEqual({ Type: 'CommaDelimitedList', Default: '' });
  });

  test('can be deployed and removed with the rights in the documented policy, which has none at a service that it does not use', () => {
    const granted = deployerPolicy.Statement.flatMap(({ Action }) => Action);
    const types = new Set(Object.values(template.Resources).map(({ Type }) => Type));
    expect([...types].toSorted()).toEqual(Object.keys(neededFor).toSorted());
    const needed = new Set([...Object.values(neededFor).flat(), ...neededByOsls]);
    expect([...needed].filter((action) => !granted.includes(action))).toEqual([]);
    const services = new Set([...needed].map((action) => action.split(':')[0]));
    expect(granted.filter((action) => !services.has(action.split(':')[0]))).toEqual([]);
    expect(granted.filter((action) => /[*]|DeleteTable|PutItem|Secret|Invoke/.test(action))).toEqual([
      ...['Delete', 'Get', 'Put', 'Update'].map((verb) => `lambda:${verb}FunctionEventInvokeConfig`),
    ]);
  });

  test('is deployed with rights to what begins with its name alone, but for what has no name', () => {
    const wide = deployerPolicy.Statement.filter(
      ({ Resource }) => !Resource.every((resource) => /[:/]calloff-\*/.test(resource)),
    );
    expect(wide.map(({ Sid }) => Sid)).toEqual([
      ...['WhatHasNoName', 'TheQueuesOfTheFunctions', 'WhatQueueCallsWhichFunction', 'TheApi'],
      'TheLogOfTheApi',
    ]);
    // As long as a policy of IAM may be, in which spaces do not count.
    expect(JSON.stringify(deployerPolicy).length).toBeLessThan(6_144);
  });

  test('says where it is: its URL, its table, its functions, queues and roles', () => {
    const { ServerlessDeploymentBucketName, HttpApiId, ...told } = template.Outputs;
    expect([ServerlessDeploymentBucketName, HttpApiId]).not.toContain(undefined);
    const names = ['Api', 'Mcp', 'Slack', 'Worker', 'Operations', 'Console'];
    expect(Object.keys(told).toSorted()).toEqual(
      [
        ...['HttpApiUrl', 'TableName', 'SecretPrefix'],
        ...names.map((name) => `${name}Function`),
        ...['QueueUrl', 'DeadLetterQueueUrl', 'OperationsQueueUrl', 'OperationsDeadLetterQueueUrl'],
        ...['Api', 'Mcp', 'Worker', 'Operations'].map((name) => `${name}RoleName`),
      ].toSorted(),
    );
    for (const [name, { Value }] of Object.entries(told).filter(([name]) => /Function$/.test(name)))
      expect(Value).toEqual({ Ref: name.replace('Function', 'LambdaFunction') });
  });

  test('counts in the log of each function that writes them the lines that an alarm tells of, and tells of each', () => {
    const filters = all('AWS::Logs::MetricFilter').map(([, filter]) => filter);
    expect(filters.map(({ LogGroupName }) => LogGroupName)).toEqual(
      ['Api', 'Mcp', 'Slack', 'Worker', 'Operations'].map((name) => ({ Ref: `${name}LogGroup` })),
    );
    const counted = { MetricNamespace: 'calloff-dev', MetricName: 'events', MetricValue: '1' };
    for (const { FilterPattern, MetricTransformations } of filters) {
      expect(FilterPattern).toBe(`{ ${alarmedEvents.map((event) => `$.event = "${event}"`).join(' || ')} }`);
      expect(MetricTransformations).toEqual([
        { ...counted, Dimensions: [{ Key: 'event', Value: '$.event' }] },
      ]);
    }
    const alarms = all('AWS::CloudWatch::Alarm').map(([, alarm]) => alarm);
    const { MetricName, MetricNamespace } = counted;
    expect(alarms.filter(({ Namespace }) => Namespace === MetricNamespace)).toMatchObject(
      alarmedEvents.map((event) => ({
        ...{ MetricName, Statistic: 'Sum', Period: 300, Threshold: 1 },
        Dimensions: [{ Name: 'event', Value: event }],
      })),
    );
  });

  test('raises an alarm when callers get errors, of the API as a whole and not of one that is down for a moment', () => {
    const alarms = all('AWS::CloudWatch::Alarm').map(([, alarm]) => alarm);
    expect(alarms.filter(({ Namespace }) => Namespace === 'AWS/ApiGateway')).toMatchObject([
      {
        ...{ MetricName: '5xx', Statistic: 'Sum', Period: 300, Threshold: 5 },
        Dimensions: [{ Name: 'ApiId', Value: { Ref: 'HttpApi' } }],
      },
    ]);
  });

  test('sends its alarms to a topic, where one is given', () => {
    const { AlarmTopicArn } = template.Parameters;
    expect(AlarmTopicArn?.Default).toBe('');
    expect(template.Conditions).toHaveProperty('HasAlarmTopic');
    const alarms = all('AWS::CloudWatch::Alarm');
    expect(alarms).toHaveLength(3 * all('AWS::Lambda::Function').length + 9 + alarmedEvents.length + 1);
    for (const [, { AlarmActions, TreatMissingData }] of alarms) {
      expect(AlarmActions).toEqual({
        'Fn::If': ['HasAlarmTopic', [{ Ref: 'AlarmTopicArn' }], { Ref: 'AWS::NoValue' }],
      });
      expect(TreatMissingData).toBe('notBreaching');
    }
  });
});

test('the zip file of every function holds its notices beside its bundle', () => {
  expect(Object.keys(zips).sort()).toEqual(['api', 'console', 'mcp', 'operations', 'slack', 'worker']);
  for (const [name, zip] of Object.entries(zips)) {
    expect(zip.includes(`dist/functions/${name}.mjs`)).toBe(true);
    expect(zip.includes(`dist/functions/${noticesFile}`)).toBe(true);
  }
});

test('the zip file of the console alone holds the page, without what types and tests it', () => {
  const paths = ['index.html', 'main.js', 'console.css', 'icon.svg'];
  for (const [name, zip] of Object.entries(zips)) {
    for (const path of paths)
      expect([name, path, zip.includes(`dist/functions/console/${path}`)]).toEqual([
        name,
        path,
        name === 'console',
      ]);
    expect(zip.includes('types.d.ts') || zip.includes('tsconfig')).toBe(false);
  }
});
