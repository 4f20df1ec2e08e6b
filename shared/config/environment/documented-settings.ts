import type { DocumentedVariable } from '../environment-reader.ts';
import { variables } from '../variables.ts';

type NameAndDefault = Pick<DocumentedVariable, 'name' | 'default'>;
type Meaning = Omit<DocumentedVariable, 'name' | 'default'>;

/** What the settings mean, as the table in docs/settings.md says it. */
const meanings: { readonly [name in keyof typeof variables]: Omit<DocumentedVariable, 'name' | 'default'> } =
  {
    port: { meaning: 'the port of the server; 0 picks a free one' },
    host: { meaning: 'the address of the server' },
    keepAliveMs: {
      meaning:
        'how long the server keeps an idle connection, 1 to 3,600: longer than the load balancer in front',
    },
    serverUrl: {
      meaning:
        'the server that [the commands ask](cli.md#against-a-server) instead of the providers, such as `https://calloff.example.org`; `none`: no server, in spite of a login',
      defaultInWords: 'that of `calloff login`; ignored beside `CALLOFF_CONFIG` or `CALLOFF_DATA_DIR`',
    },
    token: {
      meaning:
        'the bearer token of the HTTP API, at least 16 characters; beside `CALLOFF_URL`, the token of a caller there',
      defaultInWords: 'generated and shown; by `serve` on a terminal only',
    },
    console: {
      meaning: 'whether the server serves the page for people: `on` or `off`. `npm start` always does',
    },
    trustedProxies: {
      meaning:
        'the addresses or networks of the proxies whose [`X-Forwarded-*` headers](deploy.md#proxies-and-private-authorities) count, with commas between them; not in Lambda',
      defaultInWords: 'none',
    },
    metrics: {
      meaning:
        '`on` or `off`: whether calloff counts what it does, and shows it at [`/metrics`](deploy.md#metrics) or, on AWS, in CloudWatch',
    },
    metricsPort: {
      meaning: 'a port that shows `/metrics` without a token, at the address in `HOST`; 0 picks a free one',
      defaultInWords: 'none: `/metrics` needs the right `audit`',
    },
    publicUrl: {
      meaning:
        'the address under which people reach calloff, such as `https://jobs.example.org/calloff/`: for links to the page, and for browsers behind a proxy',
    },
    connections: {
      meaning:
        'the providers that the environment sets a connection for, separated by commas, such as `openai-batch,github-actions`. Ignored if a configuration file names connections',
      defaultInWords: 'those whose variables no other program uses',
    },
    configPath: {
      meaning:
        'the configuration file; not beside `CALLOFF_TOKEN`. In AWS it is the secret `calloff-STAGE/config`',
    },
    dataFolder: {
      meaning: 'the folder for what outlives the process: pepper, counts, confirmations, audit',
      defaultInWords: "`~/.local/state/calloff`, or the platform's own place",
    },
    pepper: {
      meaning: 'the secret behind tokens and confirmations, at least 32 characters',
      defaultInWords: 'made once, in the data folder',
    },
    budgetMs: {
      meaning: 'time for one call, 5 to 900',
      defaultInWords: '120; for an MCP tool at most 49; in Lambda 25',
    },
    confirmAbove: {
      meaning:
        'jobs that an agent may cancel in ten minutes without a confirmation, if its rights do not say',
    },
    table: { meaning: 'Lambda, required: the DynamoDB table; `none` to count and record nothing' },
    queueUrl: {
      meaning: 'Lambda: the SQS queue between the Slack function and its worker',
      defaultInWords: 'set by `serverless.yml`',
    },
    operationsQueueUrl: {
      meaning: 'Lambda: the SQS queue of the function that works off operations',
      defaultInWords: 'set by `serverless.yml`',
    },
    secretPrefix: {
      meaning:
        'AWS: what the names of the secrets begin with; `serverless.yml` sets `calloff-` and the stage',
    },
    secretArns: {
      meaning:
        'AWS: [ARNs of secrets](aws.md#secrets-of-another-account-or-under-your-own-key) of other names or accounts, such as `ionq=arn:…`',
    },
    secretMaxAgeMs: { meaning: 'AWS: how long until calloff reads a secret again' },
    signingSecret: {
      meaning:
        "the Slack app's [signing secret](slack.md), not empty or short. In AWS it is the secret `calloff-STAGE/slack`",
      defaultInWords: 'none: `/slack` answers 404',
    },
    previousSigningSecret: { meaning: 'the previous signing secret, while you rotate it' },
    slackWebhookUrl: {
      meaning:
        "the URL of the Slack app's [incoming webhook](slack.md#requests-that-wait), to whose channel calloff posts the requests that wait for a confirmation. It is a secret; in AWS it is `webhook_url` in the secret `calloff-STAGE/slack`",
      defaultInWords: 'none',
    },
    responseOrigin: { meaning: "for trying and tests: an origin on this machine instead of Slack's own" },
  };

const meaningOf = new Map<string, Meaning>(Object.entries(meanings));

/** The settings of calloff that are no provider's, as the documentation has them. */
export const documentedSettings: readonly DocumentedVariable[] = Object.entries<NameAndDefault>(
  variables,
).map(([key, variable]) => ({ ...variable, meaning: '', ...meaningOf.get(key) }));
