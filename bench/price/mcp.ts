import { medianOf } from '../figures.ts';
import { startProviderProcess, unlimited } from './parts.ts';
import { assertCancelled, bareServer, startMcp } from './surfaces.ts';

/** Of an MCP server over standard input and output, in milliseconds: from its start to its first answer, and a later call. */
export interface McpResult {
  readonly server: 'calloff' | 'bare SDK server';
  readonly greetMs: number;
  readonly firstMs: number;
  readonly callMs: number;
}

const callsEach = 40;

/** Starts calloff and the barest server of the SDK turn by turn, and lets each cancel jobs one by one. */
export async function measureMcp(rounds: number): Promise<McpResult[]> {
  const provider = await startProviderProcess('sutro');
  const { account } = provider;
  const startBare = await bareServer(account);
  const bare = async () => {
    const server = startBare();
    await server.greet();
    return server;
  };
  const servers = [
    { server: 'bare SDK server', start: bare },
    { server: 'calloff', start: () => startMcp(account) },
  ] as const;
  const times = servers.map(({ server, start }) => ({
    ...{ server, start },
    ...{ greet: [] as number[], first: [] as number[], call: [] as number[] },
  }));
  try {
    for (let round = 0; round < rounds; round += 1)
      for (const { start, greet, first, call } of times) {
        const [id = '', ...ids] = await provider.fill(1 + callsEach, unlimited);
        const began = performance.now();
        const server = await start();
        greet.push(performance.now() - began);
        const cancel = async (job_id: string) =>
          assertCancelled(await server.call('cancel_job', { provider: 'sutro', job_id }));
        await cancel(id);
        first.push(performance.now() - began);
        const called = performance.now();
        for (const each of ids) await cancel(each);
        call.push((performance.now() - called) / ids.length);
        await server.end();
      }
  } finally {
    await provider.end();
  }
  return times.map(({ server, greet, first, call }) => ({
    ...{ server, greetMs: medianOf(greet), firstMs: medianOf(first), callMs: medianOf(call) },
  }));
}
