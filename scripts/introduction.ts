import { quotedForShell } from '../shared/config/calloff-command.ts';
import type { Configuration } from '../shared/config/configuration.ts';
import type { ConnectionSettings } from '../shared/config/connection-settings.ts';
import { oldestRunning, type SandboxBeside } from './sandbox-beside.ts';

/** What runs, as far as the printed commands depend on it. */
export interface Introduced {
  readonly configuration: Configuration;
  /** Such as `http://127.0.0.1:8787`. */
  readonly url: string;
  /** The address of the page; if there is a token, one that signs in once. */
  readonly pageUrl: string;
  /** Set if one token opens everything. */
  readonly token: string | undefined;
  /** Variables that a command in another terminal needs to find the same audit. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly sandbox: SandboxBeside;
  /** Whether there is a pretend Slack, and a person in it. */
  readonly slack: boolean;
}

/** What `npm start` prints: commands to try, what to try first first. Each works alone, pasted into a new terminal. */
export async function introduction(introduced: Introduced): Promise<string> {
  const { url, pageUrl, token, variables, slack } = introduced;
  const header =
    token === undefined ? '-H "Authorization: Bearer $TOKEN"' : `-H 'Authorization: Bearer ${token}'`;
  return `Open the page: ${pageUrl}
${token === undefined ? '' : 'This link works once, for 15 minutes. '}calloff listens on ${url}
${token === undefined ? aboutTokens(introduced) : `token: ${token}`}

${await cancels(introduced, header)}List the jobs:
curl ${header} ${url}/v1/jobs

In this folder, read the audit${slack ? ', or try Slack without a workspace' : ''}:
${assignments(variables)}npm run -s calloff -- audit
${slack ? 'npm run -s slack:try -- "list running"\n' : ''}Stop with Ctrl-C.
`;
}

/** The providers of the README's first page: an honest one, and one that lies. */
const shown = { honest: 'ionq', liar: 'sutro' } as const;

/** A cancel that works, and one that a provider lies about; at other providers if those of the README are not configured. */
async function cancels({ configuration, url, sandbox }: Introduced, header: string): Promise<string> {
  const { connections } = configuration;
  const honest = connections.find(({ provider }) => provider === shown.honest) ?? connections.at(0);
  const others = connections.filter((connection) => connection !== honest);
  const liar = others.find(({ provider }) => provider === shown.liar) ?? others.at(-1);
  const cancel = async ({ name, provider }: ConnectionSettings) => {
    const id = await oldestRunning(sandbox.controlUrl, provider);
    return id && `curl -X POST ${header} ${url}/v1/providers/${name}/jobs/${id}/cancel`;
  };
  const [first, second] = [honest && (await cancel(honest)), liar && (await cancel(liar))];
  return `${
    first ? `Pretend providers hold jobs in every state. Cancel one, in another terminal:\n${first}\n\n` : ''
  }${
    liar && second
      ? `Let a provider accept a cancel that it ignores, and see that calloff notices:
curl -d '{"kind":"says_yes_keeps_running"}' ${sandbox.controlUrl}/${liar.provider}/faults
${second}\n\n`
      : ''
  }`;
}

/** As a shell takes them in front of a command. */
function assignments(variables: Introduced['variables']): string {
  return Object.entries(variables)
    .flatMap(([name, value]) => (value === undefined ? [] : `${name}=${quotedForShell(value)} `))
    .join('');
}

/** With a configuration there is no token to show: calloff showed each one once, when it made it. */
function aboutTokens({ configuration: { callers, tokens }, variables }: Introduced): string {
  const known = tokens === 'one' ? [] : [...tokens.values()];
  const holders = new Set(known.map(({ caller }) => caller.id));
  if (holders.size > 0)
    return `These callers have a token: ${[...holders].join(', ')}. Set TOKEN to one: TOKEN=calloff_…`;
  const [first] = callers.keys();
  if (first === undefined)
    return 'The configuration names no caller, so calloff admits no one. Add a caller to it.';
  const create = `${assignments(variables)}npm run -s calloff -- token create ${quotedForShell(first)}`;
  return `No caller has a token yet. Make one for ${first}, in this folder:\nTOKEN=$(${create})`;
}
