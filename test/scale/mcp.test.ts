import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { bundles } from '../aws/built.ts';
import { bareEnvironment, sandboxEnvironment } from '../support/process/run.ts';
import { runs } from '../support/thorough.ts';

let built: Awaited<ReturnType<typeof bundles>>;
beforeAll(async () => {
  built = await bundles();
}, 60_000);
afterAll(() => built.remove());

/** What the requests of one cancel take on a quiet machine of the usual speed, in milliseconds. */
const quietRequestsMs = 1.8;

const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
});

/** Milliseconds that Node takes to do nothing. */
async function startOfNode(): Promise<number> {
  const startedAt = performance.now();
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
  return performance.now() - startedAt;
}

/** Milliseconds until the bundled server has answered `initialize`. */
async function startOfServer(): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [built.command, 'mcp'], { env: bareEnvironment() });
  child.stdin.write(`${initialize}\n`);
  await once(child.stdout, 'data');
  const took = performance.now() - startedAt;
  child.stdin.end();
  await once(child, 'exit');
  return took;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN;
}

describe('the bundled MCP server', () => {
  test('answers initialize within three times what Node needs to start', { retry: 2 }, async () => {
    const bare: number[] = [];
    const server: number[] = [];
    for (let round = 0; round < runs(15, 7); round += 1) {
      bare.push(await startOfNode());
      server.push(await startOfServer());
    }
    const ratio = median(server) / median(bare);
    process.stdout.write(
      `start: node ${median(bare).toFixed(1)} ms, server ${median(server).toFixed(1)} ms, ratio ${ratio.toFixed(2)}\n`,
    );
    expect(ratio).toBeLessThanOrEqual(3);
  });

  test('takes less than 3 ms more than the requests that a cancel makes', { retry: 2 }, async () => {
    const sandbox = await startSandbox({ control: false });
    const { sutro } = sandbox.providers;
    const env = bareEnvironment({ ...sandboxEnvironment(sandbox), CALLOFF_CONFIRM_ABOVE: '10000' });
    const client = new Client({ name: 'test', version: '1' });
    const args = [built.command, 'mcp'];
    await client.connect(new StdioClientTransport({ command: process.execPath, args, env }));
    const requester = fork(fileURLToPath(import.meta.resolve('../support/requester.ts')));
    const key = `Key ${sutro.apiKey}`;
    const byTool: number[] = [];
    const direct: number[] = [];
    // The first calls are not measured: Node has not optimized their code yet.
    for (let round = -100; round < runs(200, 100); round += 1) {
      if (round === 0) for (const times of [byTool, direct]) times.length = 0;
      const job_id = sutro.addJob({ state: 'running', settlesInMs: 0 });
      const before = sutro.journal.length;
      byTool.push(
        await timeOf(() => client.callTool({ name: 'cancel_job', arguments: { provider: 'sutro', job_id } })),
      );
      const made = sutro.journal.slice(before);
      expect(made.map(({ operation }) => operation)).toEqual(['status', 'cancel', 'status']);
      const other = sutro.addJob({ state: 'running', settlesInMs: 0 });
      const requests = made.map(({ method, path }) => ({
        url: new URL(path.replace(job_id, other), sutro.baseUrl).href,
        method,
        key,
      }));
      requester.send(requests);
      direct.push(Number((await once(requester, 'message'))[0]));
    }
    requester.disconnect();
    await client.close();
    await sandbox.close();
    const more = median(byTool) - median(direct);
    process.stdout.write(
      `cancel_job: ${median(byTool).toFixed(2)} ms, its requests alone ${median(direct).toFixed(2)} ms, ${more.toFixed(2)} ms more\n`,
    );
    // A slow or busy machine stretches the requests and what is around them alike.
    expect(more).toBeLessThan(3 * Math.max(1, median(direct) / quietRequestsMs));
  });
});

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
