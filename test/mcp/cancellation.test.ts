import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { connectionsTo, settingsFor } from '../support/harness.ts';
import { sandboxEnvironment } from '../support/process/run.ts';
import { overStdio } from '../support/surfaces/mcp-client.ts';
import { serverFor } from '../support/surfaces/server.ts';

const number = 150;
/** How many cancels may be on their way at once. */
const poolSize = 32;

/** A bulk whose cancels take a while, far more than go out at once, at a provider that counts what arrives. */
interface Bulk {
  readonly sandbox: Sandbox;
  readonly jobs: readonly { readonly provider: string; readonly job_id: string }[];
  /** How many cancels arrived. */
  sent(): number;
  /** Resolves when some have. */
  underWay(): Promise<void>;
}

async function withBulk(delayMs: number, work: (bulk: Bulk) => Promise<void>): Promise<void> {
  const sandbox = await startSandbox({ control: false });
  const { sutro } = sandbox.providers;
  sutro.setFault({ kind: 'delay', ms: delayMs, operations: ['cancel'] });
  const ids = sutro.addJobs(number, { state: 'running', settlesInMs: 0 });
  const jobs = ids.map((job_id) => ({ provider: 'sutro', job_id }));
  const sent = () => sutro.journal.filter(({ operation }) => operation === 'cancel').length;
  const underWay = () => expect.poll(sent, { timeout: 10_000, interval: 20 }).toBeGreaterThan(0);
  try {
    await work({ sandbox, jobs, sent, underWay });
  } finally {
    await sandbox.close();
  }
}

/** Holds that the calling off stopped in the middle: nothing more is sent, and what was sent took effect. */
async function expectStopped({ sandbox, sent }: Bulk): Promise<void> {
  const { journal, newestJobs } = sandbox.providers.sutro;
  const atTheCut = sent();
  // Longer than what was on its way could take: a call that ran on would have sent more by then.
  await expect.poll(() => Date.now() - (journal.at(-1)?.at ?? 0), { timeout: 10_000 }).toBeGreaterThan(1_000);
  expect(sent()).toBeGreaterThanOrEqual(atTheCut);
  expect(sent()).toBeLessThanOrEqual(atTheCut + poolSize);
  expect(sent()).toBeLessThan(number);
  expect(newestJobs(number).filter(({ state }) => state === 'cancelled')).toHaveLength(sent());
}

const ways = [
  { how: 'in JSON', _meta: {} },
  { how: 'as a stream', _meta: { progressToken: 1 } },
];

/** The bulk over HTTP, and the means to cut its line. */
async function callOverHttp({ sandbox, jobs }: Bulk, _meta: object) {
  const settings = { ...settingsFor(connectionsTo(sandbox)), confirmAbove: 1_000 };
  const server = await serverFor(settings);
  const cut = new AbortController();
  const params = { name: 'cancel_jobs', arguments: { jobs }, _meta };
  const call = fetch(`${server.url}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${settings.token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
    signal: cut.signal,
  }).then((response) => response.text());
  return { server, call, cut };
}

describe.concurrent('a call that is called off', () => {
  test('over stdio sends nothing more', () =>
    withBulk(300, async (bulk) => {
      const env = { ...sandboxEnvironment(bulk.sandbox), CALLOFF_CONFIRM_ABOVE: '1000' };
      const mcp = await overStdio({ env });
      const cut = new AbortController();
      const call = mcp.call('cancel_jobs', { jobs: bulk.jobs }, { signal: cut.signal });
      const outcome = expect(call).rejects.toThrow('enough');
      await bulk.underWay();
      cut.abort('enough');
      await outcome;
      await expectStopped(bulk);
      expect((await mcp.call('list_jobs', { provider: 'sutro' })).isError).toBe(false);
      await mcp.close();
    }));

  test.for(ways)('over HTTP, answered $how, sends nothing more, and holds no server up', ({ _meta }) =>
    withBulk(300, async (bulk) => {
      const { server, call, cut } = await callOverHttp(bulk, _meta);
      const outcome = expect(call).rejects.toThrow();
      await bulk.underWay();
      cut.abort();
      await outcome;
      await expectStopped(bulk);
      await server.stop();
    }),
  );

  test.for(ways)('by a server that stops, answered $how, is still answered', ({ _meta }) =>
    withBulk(1_200, async (bulk) => {
      const { server, call } = await callOverHttp(bulk, _meta);
      await bulk.underWay();
      await server.stop();
      const [, counts = ''] = /"counts":(\{.*?\})/.exec(await call) ?? [];
      const { cancelled, not_attempted } = z.record(z.string(), z.number()).parse(JSON.parse(counts));
      expect({ cancelled, not_attempted }).toEqual({
        cancelled: bulk.sent(),
        not_attempted: number - bulk.sent(),
      });
    }),
  );
});
