import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { CallerView } from '../../shared/access/caller-view.ts';
import { keepLogin, loginFile } from '../../shared/config/client/login.ts';
import { serverInUse } from '../../shared/config/client/server-in-use.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { parseBaseUrl, parseToken } from '../../shared/config/values.ts';
import { faultText } from '../../shared/contract/result.ts';
import { countOfJobs } from '../../shared/messages/counts.ts';
import { exitCodes } from '../exit-codes.ts';
import { interruptible } from '../interruptible.ts';
import { printNotDone, printUsageError, valueOrPrint } from '../output/error.ts';
import { addExamples } from '../output/help.ts';
import { type OutputOptions, print } from '../output/print.ts';
import { wrapText } from '../output/wrap.ts';
import { askToken, type ReadToken, readPipedToken } from './read-token.ts';

interface Options extends OutputOptions {
  readonly tokenStdin?: true;
}

/** `calloff login <url>` */
export function addLogin(program: Command): void {
  const command = program
    .command('login')
    .description('let the commands of this user ask a calloff server, as the caller of a token')
    .argument('<url>', 'the address of the server, such as https://calloff.example.org')
    .option('--token-stdin', 'read the token from standard input')
    .option('--json', 'print JSON, on a terminal too')
    .action(login);
  addExamples(command, [
    ['calloff login https://calloff.example.org', 'type or paste the token, which is not shown'],
    ['calloff login https://calloff.example.org --token-stdin < token.txt', 'take it from a file'],
  ]);
}

/** Keeps a token only if the server accepts it. */
async function login(text: string, options: Options): Promise<void> {
  const url = parseBaseUrl(text);
  if (!url.ok) return printUsageError([`URL ${faultText(url.faults)}.`], 'login');
  const given = await readToken(options);
  if (!given.ok) return given.why === undefined ? stopped() : printUsageError([given.why], 'login');
  const token = parseToken(given.token);
  if (!token.ok) return printUsageError([`The token ${faultText(token.faults)}.`], 'login');
  const kept = { url: url.value, token: token.value };
  const caller = await callerOf(kept);
  if (caller === undefined) return;
  const file = loginFile();
  await keepLogin(kept, file);
  const inUse = await serverInUse(readSettings()).catch(() => undefined);
  const told = { url: kept.url, caller, file, ...(inUse?.url !== kept.url && { unused: notUsed }) };
  print(told, options, ({ width }) =>
    sentences(told)
      .flatMap((each) => wrapText(each, width))
      .join('\n'),
  );
  process.exitCode = exitCodes.done;
}

function readToken({ tokenStdin }: Options): Promise<ReadToken> | ReadToken {
  if (tokenStdin) return readPipedToken(process.stdin);
  return process.stdin.isTTY && process.stderr.isTTY
    ? askToken(process.stdin)
    : { ok: false, why: 'There is no terminal to type the token at: use --token-stdin.' };
}

function stopped(): void {
  printNotDone({ what: 'There was no token. Nothing was kept.' });
}

/** The caller of the token, by the server itself. `undefined` if it does not say so: then an error is printed. */
async function callerOf(kept: {
  readonly url: string;
  readonly token: string;
}): Promise<CallerView | undefined> {
  const settings = readSettings();
  const server = await serverInUse({ ...settings, serverUrl: kept.url, token: kept.token });
  if (server === undefined) return undefined;
  const { callerThere, startProxy } = await import('../remote/remote-call.ts');
  const { createRemoteGateway } = await import('../remote/remote-gateway.ts');
  startProxy(server);
  const { signal } = interruptible(() => undefined);
  const context = { requestId: randomUUID(), caller: callerThere, surface: 'cli', signal } as const;
  return valueOrPrint(await createRemoteGateway(server, 'cli').getCaller({}, context), { command: 'login' });
}

const notUsed =
  'In this environment commands do not use it: CALLOFF_URL, CALLOFF_CONFIG or CALLOFF_DATA_DIR is set, and goes first.';

/** What a login has kept. `unused`: why commands do not use it here. */
interface LoggedIn {
  readonly url: string;
  readonly caller: CallerView;
  readonly file: string;
  readonly unused?: string;
}

function sentences({ url, caller, file, unused }: LoggedIn): string[] {
  const { id, kind, may } = caller;
  const limit = may.confirm_above;
  return [
    `Logged in to ${url} as ${id} (${kind}).`,
    `It may ${listed(may.actions) || 'do nothing'}; connections: ${may.connections.join(', ') || 'none'}.`,
    ...(limit === undefined
      ? []
      : [`Beyond ${countOfJobs(limit)} in ten minutes a cancel needs a confirmation.`]),
    `The token is in ${file}, which only you can read. "calloff logout" removes it.`,
    ...(unused === undefined ? [] : [unused]),
  ];
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
