import { parseProviders } from './environment/provider-names.ts';
import { parseServerUrl } from './environment/server-url.ts';
import { parseTrustedProxies } from './environment/trusted-proxies.ts';
import type { Variable } from './environment-reader.ts';
import { parseSecretArns } from './secrets/secret-name.ts';
import {
  matching,
  parseBaseUrl,
  parseLoopbackOrigin,
  parsePath,
  parsePepper,
  parsePublicUrl,
  parseSigningSecret,
  parseSlackWebhookUrl,
  parseSwitch,
  parseToken,
  seconds,
  wholeNumber,
} from './values.ts';

/**
 * Every setting of calloff that is no provider's, read by `settings.ts`. A `CALLOFF_*` variable that is not in it is refused,
 * so that a misspelt one cannot pass. What each means is in `environment/documented-settings.ts`, which no bundle holds.
 */
export const variables = {
  port: {
    name: 'PORT',
    default: '8787',
  },
  host: { name: 'HOST', default: '127.0.0.1' },
  keepAliveMs: {
    name: 'CALLOFF_KEEP_ALIVE_SECONDS',
    parse: seconds(1, 3_600),
    // Longer than Caddy (120), Traefik (90), nginx and the load balancer of AWS (60), which would send into a closing connection.
    default: '150',
  },
  serverUrl: {
    name: 'CALLOFF_URL',
    parse: parseServerUrl,
  },
  token: {
    name: 'CALLOFF_TOKEN',
    parse: parseToken,
    isSecret: true,
  },
  console: {
    name: 'CALLOFF_CONSOLE',
    parse: parseSwitch,
    default: 'off',
  },
  trustedProxies: {
    name: 'CALLOFF_TRUSTED_PROXIES',
    parse: parseTrustedProxies,
  },
  metrics: {
    name: 'CALLOFF_METRICS',
    parse: parseSwitch,
    default: 'off',
  },
  metricsPort: {
    name: 'CALLOFF_METRICS_PORT',
    parse: wholeNumber(0, 65_535),
  },
  publicUrl: {
    name: 'CALLOFF_PUBLIC_URL',
    parse: parsePublicUrl,
  },
  connections: {
    name: 'CALLOFF_CONNECTIONS',
    parse: parseProviders,
  },
  configPath: {
    name: 'CALLOFF_CONFIG',
    parse: parsePath,
  },
  dataFolder: {
    name: 'CALLOFF_DATA_DIR',
    parse: parsePath,
  },
  pepper: {
    name: 'CALLOFF_PEPPER',
    parse: parsePepper,
    isSecret: true,
  },
  budgetMs: {
    name: 'CALLOFF_BUDGET_SECONDS',
    parse: seconds(5, 900),
  },
  confirmAbove: {
    name: 'CALLOFF_CONFIRM_ABOVE',
    parse: wholeNumber(0, 10_000),
    default: '10',
  },
  table: {
    name: 'CALLOFF_TABLE',
    parse: matching(/^[A-Za-z0-9_.-]{3,255}$/, 'must be the name of a DynamoDB table'),
  },
  queueUrl: {
    name: 'CALLOFF_QUEUE_URL',
    parse: parseBaseUrl,
  },
  operationsQueueUrl: {
    name: 'CALLOFF_OPERATIONS_QUEUE_URL',
    parse: parseBaseUrl,
  },
  secretPrefix: {
    name: 'CALLOFF_SECRET_PREFIX',
    parse: matching(/^[A-Za-z0-9/_+=.@-]{1,200}$/, 'must be letters, digits or any of / _ + = . @ -'),
    default: 'calloff/',
  },
  secretArns: {
    name: 'CALLOFF_SECRET_ARNS',
    parse: parseSecretArns,
  },
  secretMaxAgeMs: {
    name: 'CALLOFF_SECRET_MAX_AGE_SECONDS',
    parse: seconds(1, 86_400),
    default: '300',
  },
  signingSecret: {
    name: 'SLACK_SIGNING_SECRET',
    parse: parseSigningSecret,
    isSecret: true,
    emptyIsSet: true,
  },
  previousSigningSecret: {
    name: 'SLACK_SIGNING_SECRET_PREVIOUS',
    parse: parseSigningSecret,
    isSecret: true,
    emptyIsSet: true,
  },
  slackWebhookUrl: {
    name: 'SLACK_WEBHOOK_URL',
    parse: parseSlackWebhookUrl,
    isSecret: true,
  },
  responseOrigin: {
    name: 'CALLOFF_SLACK_RESPONSE_ORIGIN',
    parse: parseLoopbackOrigin,
  },
} as const satisfies Record<string, Pick<Variable<unknown>, 'name' | 'default'> | Variable<unknown>>;
