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
    z.looseObject({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
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
    expect(functions.map(([id]) => id)).toEqual(['ApiLambdaFunction']);
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
    for (const [, { Environment }] of all('AWS::Lambda::Function')) {
      expect(Environment).toEqual({ Variables: { CALLOFF_SECRET_PREFIX: 'calloff/' } });
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
  });
});

function functionDimension(id: string): string {
  return JSON.stringify([{ Name: 'FunctionName', Value: { Ref: id } }]);
}

describe('the role of the API', () => {
  test('may read the secrets that product.md names, each by its name, and nothing else', () => {
    const read = statementsOf(template.Resources['ApiRole']?.Properties).filter(({ Action }) =>
      Action.some((action) => action.startsWith('secretsmanager:')),
    );
    const names = ['token', ...providerIds].map((name) =>
      arn('secretsmanager', `secret:calloff/${name}-??????`),
    );
    expect(read.map(({ Action }) => Action)).toEqual([['secretsmanager:GetSecretValue']]);
    expect(read[0]?.Resource).toHaveLength(names.length);
    expect(read[0]?.Resource).toEqual(expect.arrayContaining(names));
  });

  test('may write to its own log group, and has no other right', () => {
    const others = statementsOf(template.Resources['ApiRole']?.Properties).filter(
      ({ Action }) => !Action.includes('secretsmanager:GetSecretValue'),
    );
    expect(others).toEqual([
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: [arn('logs', 'log-group:/aws/lambda/calloff-dev-api:*')],
      },
    ]);
  });
});

describe('the stack', () => {
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
    expect(groups).toHaveLength(2);
    for (const [, properties] of groups) expect(properties).toMatchObject({ RetentionInDays: 30 });
  });

  test('has the routes of the OpenAPI document, and itself', () => {
    const { paths } = z
      .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
      .parse(openApiDocument());
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const routes = all('AWS::ApiGatewayV2::Route').map(([, { RouteKey }]) => RouteKey);
    expect(routes.toSorted()).toEqual([...documented, 'GET /openapi.json'].toSorted());
  });

  test('hands events over in payload format 2.0', () => {
    const integrations = all('AWS::ApiGatewayV2::Integration');
    expect(integrations).toHaveLength(1);
    expect(integrations[0]?.[1]).toMatchObject({ IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' });
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
    expect(alarms.length).toBeGreaterThanOrEqual(3);
    for (const [, { AlarmActions, TreatMissingData }] of alarms) {
      expect(AlarmActions).toEqual({
        'Fn::If': ['HasAlarmTopic', [{ Ref: 'AlarmTopicArn' }], { Ref: 'AWS::NoValue' }],
      });
      expect(TreatMissingData).toBe('notBreaching');
    }
  });
});
