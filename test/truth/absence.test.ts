import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../functions/http/app.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import type { Gateway } from '../../shared/gateway.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { sutro } from '../../shared/providers/sutro.ts';
import { fixtures } from '../fixtures/index.ts';
import { exchangesOf } from '../fixtures/scenario.ts';
import { accepted, context } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { sandboxEnvironment } from '../support/process/run.ts';
import { slackInMemory } from '../support/slack/in-memory.ts';
import { inMemory } from '../support/surfaces/mcp-client.ts';

/** A provider that forgets jobs once they have ended. */
beforeAll(() => void Object.assign(sutro, { absence: 'may_be_over' }));
afterAll(() => void Reflect.deleteProperty(sutro, 'absence'));

const forgets =
  'Sutro says that it has no such job. It forgets jobs some time after they end, so the job may be over, or may never have existed.';
const forgot =
  'Sutro accepted the cancel, and now says that it has no such job. It forgets jobs some time after they end, so the job may be over, cancelled or not.';
const step =
  'Check the job id and the provider. If both are right, the provider does not keep the job any more.';
const [absent] = exchangesOf(fixtures.sutro).flatMap(([, { operation, reading, response }]) =>
  operation === 'status' && reading.kind === 'not_found' ? [response] : [],
);

/** Forgets every job as soon as it accepts a cancel of it. */
function forgetting(inner: typeof fetch): typeof fetch {
  const forgotten = new Set<string>();
  return async (input, init) => {
    const url = String(input);
    const id = /(?:job-cancel|jobs)\/([^/?]+)/.exec(url)?.[1] ?? '';
    if (forgotten.has(id)) return Response.json(absent?.body, { status: absent?.status ?? 404 });
    if (url.includes('cancel')) forgotten.add(id);
    return inner(input, init);
  };
}

let harness: Awaited<ReturnType<typeof operationsHarness>>;
let gateway: Gateway;
let worker: ReturnType<typeof harness.newProcess>['worker'];
beforeEach(async () => {
  harness = await operationsHarness();
  ({ gateway, worker } = harness.newProcess({ fetch: forgetting }));
});

const unknown = { provider: 'sutro', job_id: 'job-nobody-knows' };

async function inTime<T>(work: Promise<T>): Promise<T> {
  return harness.clock.until(work);
}

describe('a job that a provider which forgets jobs does not know', () => {
  it('is not there any more, or never was, and nothing is sent', async () => {
    const told = { outcome: 'not_found', state: 'unknown', message: forgets, next_step: step };
    expect(accepted(await inTime(gateway.cancelJob(unknown, context)))).toMatchObject(told);
    expect(accepted(await inTime(gateway.getJob(unknown, context)))).toMatchObject(told);
    expect(harness.cancels()).toEqual([]);
  });

  it('is told so on every surface', async () => {
    const { clock, store, connections } = harness;
    const callers = { identify: async () => context.caller };
    const app = createApp({ gateway, callers, log: silentLog, newRequestId: () => 'test' });
    const path = `/v1/providers/sutro/jobs/${unknown.job_id}`;
    expect(await inTime((async () => (await app.request(path)).json())())).toMatchObject({
      message: forgets,
    });
    const parts = { gateway, clock, log: silentLog, caller: async () => context.caller };
    const { call } = await inMemory({ ...parts, newRequestId: () => 'test', surface: 'mcp' });
    expect((await inTime(call('cancel_job', unknown))).text).toContain(forgets);
    const ask = slackInMemory({ gateway, store, clock, connections });
    const { texts } = await ask({ kind: 'cancel', jobs: [unknown] });
    expect(texts.join(' ')).toContain(forgets);
    const sandbox = await startSandbox({ control: false });
    const env = sandboxEnvironment(sandbox);
    const { stdout } = await runInProcess(['get', 'sutro', unknown.job_id], { env, isTerminal: true });
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(forgets);
    await sandbox.close();
  });
});

describe('a job that is forgotten after its cancel was accepted', () => {
  it('is never called cancelled: no look has shown how it ended', async () => {
    const [job] = harness.addJobs({ sutro: 1 });
    const told = accepted(await inTime(gateway.cancelJob({ ...job, wait_seconds: 5 }, context)));
    expect(told).toMatchObject({ outcome: 'cancelling', state: 'unknown', gone: true, message: forgot });
    expect(told.evidence).toMatchObject({ source: 'status', provider_status: null });
  });

  it('is told the same way by an operation', async () => {
    const jobs = harness.addJobs({ sutro: 3 });
    const { id } = accepted(await inTime(gateway.createOperation({ jobs }, context)));
    await harness.workOff(worker);
    expect(await harness.countsOf(id)).toEqual({ cancelling: 3 });
    const { outcomes } = accepted(await inTime(gateway.listOutcomes({ operation_id: id }, context)));
    expect(outcomes).toMatchObject(jobs.map((job) => ({ ...job, gone: true, message: forgot })));
  });
});
