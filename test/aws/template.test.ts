import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { openApiDocument } from '../../functions/http/openapi.ts';
import { providerIds } from '../../shared/providers/provider-adapter.ts';
import { generatedTemplate, generateTemplate } from './built.ts';

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

beforeAll(async () => {
  template = templateSchema.parse(await generatedTemplate());
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
  test('runs on Node 24 on ARM, for less than the 30 s after which API Gateway gives up', () => {
    const functions = all('AWS::Lambda::Function');
    expect(functions.map(([id]) => id)).toEqual(['ApiLambdaFunction', 'McpLambdaFunction']);
    for (const [, properties] of functions) {
      expect(properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Timeout: 29 });
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
    expect(own).toEqual([{ Variables: shared }, { Variables: { ...shared, CALLOFF_BUDGET_SECONDS: '25' } }]);
  });

  test('is handed its own bundle', () => {
    const written = readFileSync('serverless.yml', 'utf8');
    for (const [id, { Handler }] of all('AWS::Lambda::Function')) {
      const path = `dist/functions/${nameOf(id)}`;
      expect(Handler).toBe(`${path}.handler`);
      expect(written).toContain(`patterns: [${path}.mjs]`);
    }
  });

  test('has no reserved concurrency unless it is asked for', async () => {
    for (const [, properties] of all('AWS::Lambda::Function')) {
      expect(properties).not.toHaveProperty('ReservedConcurrentExecutions');
    }
    const limited = templateSchema.parse(await generateTemplate('reservedConcurrency=5'));
    for (const [, properties] of all('AWS::Lambda::Function', limited)) {
      expect(properties).toMatchObject({ ReservedConcurrentExecutions: 5 });
    }
  }, 120_000);

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
      expect(Number(slow?.['Threshold'])).toBeGreaterThan(25_000);
      expect(Number(slow?.['Threshold'])).toBeLessThan(Number(Timeout) * 1_000);
    }
    const descriptions = all('AWS::CloudWatch::Alarm').map(([, { AlarmDescription }]) => AlarmDescription);
    expect(new Set(descriptions).size).toBe(descriptions.length);
  });
});

function functionDimension(id: string): string {
  return JSON.stringify([{ Name: 'FunctionName', Value: { Ref: id } }]);
}

/** The name of a function in serverless.yml, from its logical id. */
function nameOf(id: string): string {
  return id.replace('LambdaFunction', '').toLowerCase();
}

const ownSecrets = ['token', 'config', 'pepper', ...providerIds.toSorted()];
let withConnections: Template;

beforeAll(async () => {
  withConnections = templateSchema.parse(
    await generateTemplate('connections=ionq-research,sutro-eu', 'tableDeletionProtection=false'),
  );
}, 120_000);

/** The names of the secrets that a role may read, once each is granted by its own ARN and no pattern. */
function secretsReadBy(role: string, of = template): string[] {
  const read = statementsOf(of.Resources[role]?.Properties).filter(({ Action }) =>
    Action.some((action) => action.startsWith('secretsmanager:')),
  );
  for (const { Action } of read) expect(Action).toEqual(['secretsmanager:GetSecretValue']);
  const granted = z.object({ 'Fn::Sub': z.string() }).array();
  const names = read.flatMap(({ Resource }) =>
    granted
      .parse(Resource)
      .map((resource) => /:secret:calloff\/([a-z-]+)-\?{6}$/.exec(resource['Fn::Sub'])?.[1]),
  );
  expect(read.flatMap(({ Resource }) => Resource)).toEqual(
    names.map((name) => arn('secretsmanager', `secret:calloff/${name}-??????`)),
  );
  return names.map(String);
}

describe.each([
  ['ApiRole', 'api'],
  ['McpRole', 'mcp'],
])('the role %s', (role, name) => {
  test('belongs to the function of its name', () => {
    const own = all('AWS::Lambda::Function').find(([id]) => nameOf(id) === name);
    expect(own?.[1]).toMatchObject({ Role: { 'Fn::GetAtt': [role, 'Arn'] } });
  });

  test('may read the secrets of calloff itself and the keys of the providers, each by its name', () => {
    expect(secretsReadBy(role)).toEqual(ownSecrets);
  });

  test('may read the keys of further connections, where they are named', () => {
    expect(secretsReadBy(role, withConnections)).toEqual([...ownSecrets, 'ionq-research', 'sutro-eu']);
  });

  test('may read, write and search the one table, write to its own log group, and has no other right', () => {
    const others = statementsOf(template.Resources[role]?.Properties).filter(
      ({ Action }) => !Action.includes('secretsmanager:GetSecretValue'),
    );
    expect(others).toEqual([
      {
        Effect: 'Allow',
        Action: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
        Resource: [{ 'Fn::GetAtt': ['Table', 'Arn'] }],
      },
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
    expect(template.Resources['Table']?.Properties).toEqual({
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
    expect(template.Resources['Table']).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
    expect(withConnections.Resources['Table']).toMatchObject({
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

describe('the stack', () => {
  test.each(['ionq*', 'slack'])(
    'is not made with a connection by the name %s',
    async (name) => {
      await expect(generateTemplate(`connections=${name}`)).rejects.toMatchObject({
        stdout: expect.stringContaining(`"${name}" is no name of a connection`),
      });
    },
    120_000,
  );

  test('gives nobody the right to update or delete what is kept', () => {
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

  test('has the routes of the OpenAPI document, itself and those of MCP, each led to its function', () => {
    const { paths } = z
      .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
      .parse(openApiDocument());
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const routes = all('AWS::ApiGatewayV2::Route').map(([, { RouteKey, Target }]) => [
      RouteKey,
      /HttpApiIntegration(Api|Mcp)/.exec(JSON.stringify(Target))?.[1],
    ]);
    const expected = [
      ...[...documented, 'GET /openapi.json'].map((route) => [route, 'Api']),
      ...['POST /mcp', 'GET /mcp', 'DELETE /mcp'].map((route) => [route, 'Mcp']),
    ];
    expect(routes.toSorted()).toEqual(expected.toSorted());
  });

  test('hands events over in payload format 2.0', () => {
    const integrations = all('AWS::ApiGatewayV2::Integration');
    expect(integrations).toHaveLength(all('AWS::Lambda::Function').length);
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
    const { Format } = z.object({ Format: z.string() }).parse(stage?.['AccessLogSettings']);
    expect(Object.keys(JSON.parse(Format))).toContain('request_id');
    expect(Format).not.toMatch(/context\.(path|queryString|header|identity|authorizer)/i);
  });

  test('sends its alarms to a topic, where one is given', () => {
    expect(template.Parameters['AlarmTopicArn']?.Default).toBe('');
    expect(template.Conditions).toHaveProperty('HasAlarmTopic');
    const alarms = all('AWS::CloudWatch::Alarm');
    expect(alarms).toHaveLength(3 * all('AWS::Lambda::Function').length + 5);
    for (const [, { AlarmActions, TreatMissingData }] of alarms) {
      expect(AlarmActions).toEqual({
        'Fn::If': ['HasAlarmTopic', [{ Ref: 'AlarmTopicArn' }], { Ref: 'AWS::NoValue' }],
      });
      expect(TreatMissingData).toBe('notBreaching');
    }
  });
});
