import { logToStderr as log } from '../shared/log.ts';
import { buildServer, type ServerParts } from './server.ts';
import { StdioTransport } from './stdio-transport.ts';

/** A host that starts many servers waits for `initialize`: what that does not need is loaded right after it, or by then. */
const patienceMs = 200;

/**
 * `calloff mcp`: the tools over standard input and output, on the keys of the environment. Without a key it starts all
 * the same, because a host shows nothing of a server that exits; a call then says which variable to set. Where the
 * configuration cannot be used, says so on standard error and ends with 2.
 */
export async function runStdio(): Promise<void> {
  const stopping = new AbortController();
  const calls = new Set<Promise<unknown>>();
  let loading: Promise<ServerParts> | undefined;
  const load = () => {
    loading ??= loadParts(stopping.signal, calls);
    return loading;
  };
  const server = buildServer(load);
  const stop = async () => {
    stopping.abort();
    await transport.answered();
    await Promise.allSettled(calls);
    process.stdout.write('', () => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, stop);
  const transport = new StdioTransport(stop);
  process.stdout.once('error', stop);
  server.onclose = stop;
  server.onerror = ({ name }) => log({ level: 'warn', event: 'message_unreadable', error: name });
  server.oninitialized = load;
  setTimeout(load, patienceMs).unref();
  await server.connect(transport);
}

async function loadParts(stopping: AbortSignal, calls: Set<Promise<unknown>>): Promise<ServerParts> {
  const { localParts } = await import('./local-parts.ts');
  return {
    ...(await localParts()),
    stopping,
    onCall(call) {
      calls.add(call);
      call.finally(() => calls.delete(call)).catch(() => undefined);
    },
  };
}
