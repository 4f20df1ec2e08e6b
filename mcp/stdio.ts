import { randomUUID } from 'node:crypto';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { RecentCancels } from '../shared/access/recent-cancels.ts';
import { systemClock } from '../shared/clock.ts';
import { credentialFromSettings } from '../shared/config/credentials.ts';
import { defaultBudgetMs, readSettings } from '../shared/config/settings.ts';
import { createGateway } from '../shared/gateway.ts';
import { logToStderr as log } from '../shared/log.ts';
import { buildServer } from './server.ts';

/** A message above this many bytes ends the connection: no call of ours comes near. */
const largestMessage = 4_000_000;

/**
 * `calloff mcp`: the tools over standard input and output, on the keys of the environment. Without a key it starts all
 * the same, because a host shows nothing of a server that exits; a call then says which variable to set.
 * @throws {ConfigurationError} when the environment cannot be used.
 */
export async function runStdio(): Promise<void> {
  const { connections, budgetMs = defaultBudgetMs, confirmAbove } = readSettings();
  const stopping = new AbortController();
  const calls = new Set<Promise<unknown>>();
  const server = buildServer({
    gateway: createGateway({ connections, credentials: credentialFromSettings, budgetMs, log }),
    log,
    confirmAbove,
    recent: new RecentCancels(systemClock),
    newRequestId: randomUUID,
    stopping: stopping.signal,
    onCall(call) {
      calls.add(call);
      call.finally(() => calls.delete(call)).catch(() => undefined);
    },
  });
  const stop = async () => {
    stopping.abort();
    await Promise.allSettled(calls);
    setImmediate(() => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
  process.stdin.once('end', stop);
  await server.connect(
    new StdioServerTransport(process.stdin, process.stdout, { maxBufferSize: largestMessage }),
  );
}
