import { type ProviderId, providerIds } from '../providers/adapter.ts';
import { adapters } from '../providers/registry.ts';

/** A setting that is read from the environment. */
export interface Variable {
  readonly name: string;
  readonly meaning: string;
  readonly default?: string;
}

/** Every `CALLOFF_*` variable there is. One that is not in this list is refused, so that a misspelt one cannot pass. */
export const calloffVariables = [
  {
    name: 'CALLOFF_TOKEN',
    meaning: 'The bearer token that callers of the HTTP API present; 16 visible characters at least',
  },
  {
    name: 'CALLOFF_CONFIG',
    meaning: 'The configuration file: connections, callers, policy. In Lambda it is the secret `config`',
  },
  {
    name: 'CALLOFF_DATA_DIR',
    meaning: 'The folder of what must survive the process',
    default: 'the `calloff` folder where the platform keeps the state of programs',
  },
  {
    name: 'CALLOFF_PEPPER',
    meaning: 'What tokens are kept and confirmations bound by; 32 visible characters at least',
    default: 'made once, in the data folder',
  },
  {
    name: 'CALLOFF_BUDGET_SECONDS',
    meaning: 'Time for one call, 5 to 900; of an MCP tool 49 at the most',
    default: '120, in Lambda 25',
  },
  {
    name: 'CALLOFF_CONFIRM_ABOVE',
    meaning: "How many jobs an assistant may cancel in ten minutes without a person's consent",
    default: '10',
  },
  {
    name: 'CALLOFF_KEEP_ALIVE_SECONDS',
    meaning:
      'How long the server keeps an idle connection, 1 to 3,600: longer than the load balancer in front of it does',
    default: '65',
  },
  {
    name: 'CALLOFF_TABLE',
    meaning:
      'In Lambda, required: the DynamoDB table of what must survive; `none` where nothing is to be counted or written down',
  },
  {
    name: 'CALLOFF_QUEUE_URL',
    meaning: 'In the Lambda function of Slack, required: the SQS queue that work goes through to the worker',
  },
  {
    name: 'CALLOFF_SECRET_PREFIX',
    meaning: 'In AWS: what the names of the secrets begin with',
    default: 'calloff/',
  },
  {
    name: 'CALLOFF_SECRET_MAX_AGE_SECONDS',
    meaning: 'In AWS: how long a secret is kept before it is read again',
    default: '300',
  },
  {
    name: 'CALLOFF_SLACK_RESPONSE_ORIGIN',
    meaning: "For trying and tests: an origin on this machine in the place of Slack's own",
  },
] as const satisfies readonly Variable[];

/** The variables of each provider's connection, and those of the server. */
export const otherVariables: readonly Variable[] = [
  { name: 'PORT', meaning: 'The port to listen on; 0 picks a free one', default: '8787' },
  { name: 'HOST', meaning: 'The address to listen on', default: '127.0.0.1' },
  ...providerIds.flatMap(variablesOf),
  {
    name: 'SLACK_SIGNING_SECRET',
    meaning:
      'What the Slack app signs with; without it there is no Slack surface. In AWS it is the secret `slack`',
  },
  { name: 'SLACK_SIGNING_SECRET_PREVIOUS', meaning: 'While it is rotated: the one before' },
];

/** The variable with the base URL of the connection that the environment sets. */
export function baseUrlVariable(provider: ProviderId): string {
  return `${provider.toUpperCase()}_BASE_URL`;
}

/** What an adapter declares, and its base URL. */
function variablesOf(id: ProviderId): Variable[] {
  const { key, deployment, options = [] } = adapters[id];
  return [
    { name: key.variable, meaning: `The key of the connection ${id}` },
    { name: baseUrlVariable(id), meaning: `The whole base URL of the connection ${id}, path included` },
    ...(deployment === undefined ? [] : [{ name: deployment.variable, meaning: deployment.meaning }]),
    ...options.map((option) => ({
      name: option.variable,
      meaning: option.meaning,
      default: option.default,
    })),
  ];
}

/**
 * What Kubernetes and Docker write into a container about a service named `calloff` or `calloff-…`: where it is, and no
 * setting (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
 */
const serviceVariable = /^CALLOFF_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)$/;
const servicePort = /^CALLOFF_(\w+_)?PORT$/;

/** The variables with our prefix that are neither settings nor a platform's: most likely misspelt ones. */
export function unknownVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known: readonly string[] = calloffVariables.map(({ name }) => name);
  const isLink = (name: string) =>
    serviceVariable.test(name) || (servicePort.test(name) && /^\w+:\/\//.test(environment[name] ?? ''));
  return Object.keys(environment)
    .filter((name) => name.startsWith('CALLOFF_') && !known.includes(name) && !isLink(name))
    .map((name) => `${name} is not a variable that calloff knows; it knows ${known.join(', ')}`);
}
