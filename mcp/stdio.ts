import { systemClock, within } from '../shared/lib/clock.ts';
import { logToStderr as log } from '../shared/lib/log.ts';
import { buildServer } from './server.ts';
import type { ServerParts } from './server-parts.ts';
import { StdioTransport } from './stdio-transport.ts';

/** Everything that `initialize` does not need is loaded right after it, or after this time: hosts wait for that answer. */
const patienceMs = 200;
/** Most supervisors kill a process ten seconds after they ask it to stop. */
const longestStopMs = 9_500;

/**
 * `calloff mcp`: the tools over standard input and output, with the keys of the environment. It starts without a key, too,
 * because a host does not show why a server exits; a call then says which variable to set. If the configuration cannot
 * be used, it says so on standard error and ends with 2; if answers cannot be written, with 1.
 */
export async function runStdio(): Promise<void> {
  const stopping = new AbortController();
  const calls = new Calls();
  let loading: ReturnType<typeof loadParts> | undefined;
  const load = () => {
    loading ??= loadParts(stopping.signal, calls);
    return loading;
  };
  const server = buildServer(load, {
    list: () => import('./tools/list-tools.ts'),
    call: () => import('./call-tool.ts'),
  });
  const stop = async (exitCode = 0) => {
    stopping.abort();
    const worked = loading?.then(({ endWork }) => endWork());
    const settled = transport.answered().then(() => calls.settled());
    await within(systemClock, longestStopMs, Promise.allSettled([settled, worked]));
    process.stdout.write('', () => process.exit(exitCode));
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => stop());
  const transport = new StdioTransport(stop);
  process.stdout.once('error', async ({ code = 'unknown' }: NodeJS.ErrnoException) => {
    const isMissed = code !== 'EPIPE' || calls.any;
    if (isMissed) await explainUnwritable(code);
    await stop(isMissed ? 1 : 0);
  });
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  server.onclose = stop;
  server.onerror = ({ name }) => log({ level: 'warn', event: 'message_unreadable', error: name });
  server.oninitialized = load;
  setTimeout(load, patienceMs).unref();
  await server.connect(transport);
}

/** The calls of this process. If the client disconnects, calloff still resolves and records what they have sent. */
class Calls {
  readonly #underWay = new Set<Promise<unknown>>();
  any = false;

  add(call: Promise<unknown>): void {
    this.any = true;
    this.#underWay.add(call);
    call.finally(() => this.#underWay.delete(call)).catch(() => undefined);
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }
}

async function loadParts(stopping: AbortSignal, calls: Calls) {
  const { localParts } = await import('./local-parts.ts');
  const onCall: ServerParts['onCall'] = (call) => calls.add(call);
  return { ...(await localParts()), stopping, onCall };
}

async function explainUnwritable(code: string): Promise<void> {
  const { lostAnswers, unwritableMessage } = await import('../shared/messages/faults.ts');
  const { ownCommand } = await import('../shared/config/calloff-command.ts');
  process.stderr.write(`${unwritableMessage(code)} ${lostAnswers.cancel(ownCommand() ?? 'calloff')}\n`);
}
