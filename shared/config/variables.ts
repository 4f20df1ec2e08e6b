import { parseProviders } from './environment/provider-names.ts';
import type { DocumentedVariable, Variable } from './environment-reader.ts';
import {
  matching,
  parseBaseUrl,
  parseLoopbackOrigin,
  parsePath,
  parsePepper,
  parsePublicUrl,
  parseSigningSecret,
  parseSwitch,
  parseToken,
  seconds,
  wholeNumber,
} from './values.ts';

/**
 * Every setting of calloff that is no provider's: read by `settings.ts`, and the table in docs/settings.md. A `CALLOFF_*`
 * variable that is not in it is refused, so that a misspelt one cannot pass.
 */
export const variables = {
  port: {
    name: 'PORT',
    meaning: 'the port of the server; 0 picks a free one',
    default: '8787',
  },
  host: { name: 'HOST', meaning: 'the address of the server', default: '127.0.0.1' },
  keepAliveMs: {
    name: 'CALLOFF_KEEP_ALIVE_SECONDS',
    meaning:
      'how long the server keeps an idle connection, 1 to 3,600: longer than the load balancer in front',
    parse: seconds(1, 3_600),
    default: '65',
  },
  token: {
    name: 'CALLOFF_TOKEN',
    meaning: 'the bearer token of the HTTP API, at least 16 characters',
    parse: parseToken,
    defaultInWords: 'generated and shown; by `serve` on a terminal only',
  },
  console: {
    name: 'CALLOFF_CONSOLE',
    meaning: 'whether the server serves the page for people: `on` or `off`. `npm start` always does',
    parse: parseSwitch,
    default: 'off',
  },
  publicUrl: {
    name: 'CALLOFF_PUBLIC_URL',
    meaning:
      'the address under which people reach calloff, such as `https://jobs.example.org/calloff/`: for links to the page, and for browsers behind a proxy',
    parse: parsePublicUrl,
  },
  connections: {
    name: 'CALLOFF_CONNECTIONS',
    meaning:
      'the providers that the environment sets a connection for, separated by commas, such as `openai-batch,github-actions`. Ignored if a configuration file names connections',
    parse: parseProviders,
    defaultInWords: 'those whose variables no other program uses',
  },
  configPath: {
    name: 'CALLOFF_CONFIG',
    meaning: 'the configuration file; not beside `CALLOFF_TOKEN`. In AWS it is the secret `calloff/config`',
    parse: parsePath,
  },
  dataFolder: {
    name: 'CALLOFF_DATA_DIR',
    meaning: 'the folder for what outlives the process: pepper, counts, confirmations, audit',
    parse: parsePath,
    defaultInWords: "`~/.local/state/calloff`, or the platform's own place",
  },
  pepper: {
    name: 'CALLOFF_PEPPER',
    meaning: 'the secret behind tokens and confirmations, at least 32 characters',
    parse: parsePepper,
    defaultInWords: 'made once, in the data folder',
  },
  budgetMs: {
    name: 'CALLOFF_BUDGET_SECONDS',
    meaning: 'time for one call, 5 to 900',
    parse: seconds(5, 900),
    defaultInWords: '120; for an MCP tool at most 49; in Lambda 25',
  },
  confirmAbove: {
    name: 'CALLOFF_CONFIRM_ABOVE',
    meaning: 'jobs that an agent may cancel in ten minutes without a confirmation, if its rights do not say',
    parse: wholeNumber(0, 10_000),
    default: '10',
  },
  table: {
    name: 'CALLOFF_TABLE',
    meaning: 'Lambda, required: the DynamoDB table; `none` to count and record nothing',
    parse: matching(/^[A-Za-z0-9_.-]{3,255}$/, 'must be the name of a DynamoDB table'),
  },
  queueUrl: {
    name: 'CALLOFF_QUEUE_URL',
    meaning: 'Lambda: the SQS queue between the Slack function and its worker',
    parse: parseBaseUrl,
    defaultInWords: 'set by `serverless.yml`',
  },
  operationsQueueUrl: {
    name: 'CALLOFF_OPERATIONS_QUEUE_URL',
    meaning: 'Lambda: the SQS queue of the function that works off operations',
    parse: parseBaseUrl,
    defaultInWords: 'set by `serverless.yml`',
  },
  secretPrefix: {
    name: 'CALLOFF_SECRET_PREFIX',
    meaning: 'AWS: what the names of the secrets begin with',
    parse: matching(/^[A-Za-z0-9/_+=.@-]{1,200}$/, 'must be letters, digits or any of / _ + = . @ -'),
    default: 'calloff/',
  },
  secretMaxAgeMs: {
    name: 'CALLOFF_SECRET_MAX_AGE_SECONDS',
    meaning: 'AWS: how long until calloff reads a secret again',
    parse: seconds(1, 86_400),
    default: '300',
  },
  signingSecret: {
    name: 'SLACK_SIGNING_SECRET',
    meaning:
      "the Slack app's [signing secret](slack.md), not empty or short. In AWS it is the secret `calloff/slack`",
    parse: parseSigningSecret,
    emptyIsSet: true,
    defaultInWords: 'none: `/slack` answers 404',
  },
  previousSigningSecret: {
    name: 'SLACK_SIGNING_SECRET_PREVIOUS',
    meaning: 'the previous signing secret, while you rotate it',
    parse: parseSigningSecret,
    emptyIsSet: true,
  },
  responseOrigin: {
    name: 'CALLOFF_SLACK_RESPONSE_ORIGIN',
    meaning: "for trying and tests: an origin on this machine instead of Slack's own",
    parse: parseLoopbackOrigin,
  },
} as const satisfies Record<string, DocumentedVariable | Variable<unknown>>;
