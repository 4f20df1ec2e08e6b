import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { BulkResult } from '../../shared/contract/answers/responses.ts';
import type { Result } from '../../shared/contract/result.ts';
import type { Store } from '../../shared/store/store.ts';
import { bundled } from '../audit/kill-harness.ts';
import { type Driver, drivers } from '../store/drivers.ts';
import { agentWith, callerWith, callOf, guardHarnessOn, named, sentTo } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { bareEnvironment, finish, start } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { runs } from '../support/thorough.ts';

const rounds = runs(100, 5);
/** How many may be sent within a minute, and how many calls there are at the same instant. */
const [most, calls] = [runs(250, 60), runs(300, 80)];

describe.each(['SQLite', 'DynamoDB'])('several processes on one store in %s', (name) => {
  let driver: Driver;
  beforeAll(async () => {
    const make = drivers[name];
    if (make === undefined) throw new Error('no such driver');
    driver = await make();
  });
  afterAll(() => driver.stop());

  /** Two clients of one store, and gateways through either. */
  async function two() {
    const host = await driver.host();
    const stores = [await host.open(), await host.open()] as const;
    const harness = guardHarnessOn(host.clock, stores[0]);
    /** A gateway as of a process, and how many requests it made. */
    const process = (store: Store) => {
      const made = { requests: 0 };
      const fetch: typeof globalThis.fetch = (...request) => {
        made.requests += 1;
        return harness.providers.fetch(...request);
      };
      return { ...harness.gateway({ store, fetch }), made };
    };
    const close = () => Promise.all(stores.map((store) => store.close()));
    return { harness, stores, process, close };
  }

  it(`of two uses of a confirmation at the same instant exactly one wins, ${rounds} times, and the other asks no provider`, async () => {
    const { harness, stores, process, close } = await two();
    const play = async (round: number) => {
      const caller = callerWith({ confirmAbove: 0 }, { id: `robin-${round}` });
      const jobs = named('sutro', harness.providers.sutro.addJobs(2, { state: 'running' }));
      const offer = accepted(await process(stores[0]).cancelJobs({ jobs, wait_seconds: 0 }, callOf(caller)));
      const claim = { confirmation_token: offer.confirmation?.confirmation_token, wait_seconds: 0 };
      const request = { ...claim, ...(round % 2 === 0 ? { jobs } : {}) };
      const rivals = (round % 3 === 0 ? stores.toReversed() : stores).map(process);
      const answers = await Promise.all(rivals.map((rival) => rival.cancelJobs(request, callOf(caller))));
      return rivals.map(({ made }, index) => [cancelled(answers[index]), made.requests > 0] as const);
    };
    for (let round = 0; round < rounds; round += 5) {
      const played = await Promise.all(Array.from({ length: 5 }, (_, index) => play(round + index)));
      for (const results of played)
        expect(results.toSorted()).toEqual([
          [0, false],
          [2, true],
        ]);
    }
    await close();
  });

  it('side by side they cancel no more than one may, and all of that', async () => {
    const { harness, stores, process, close } = await two();
    const gateways = stores.map(process);
    // Far from a confirmation: calls that are refused hold part of that count, too, until they are answered (decision 12).
    const hurried = agentWith({ confirmAbove: 120, cancelsPerMinute: 12 });
    const agent = agentWith({ confirmAbove: 20, cancelsPerMinute: 12 });
    const calls = Array.from({ length: runs(60, 30) }, (_, index) => {
      const ids = harness.providers.sutro.addJobs(1 + (index % 2), { state: 'running' });
      const jobs = named('sutro', ids);
      return gateways[index % 2]?.cancelJobs({ jobs, wait_seconds: 0 }, callOf(hurried));
    });
    const answers = await Promise.all(calls);
    expect(answers.flatMap(codesOf)).not.toContain('internal');
    expect(sentTo(harness.providers.sutro)).toHaveLength(12);
    harness.clock.forward(60_000);
    for (let call = 0; call < 20; call += 1) {
      const jobs = named('sutro', harness.providers.sutro.addJobs(1, { state: 'running' }));
      await gateways[call % 2]?.cancelJobs({ jobs, wait_seconds: 0 }, callOf(agent));
    }
    expect(sentTo(harness.providers.sutro)).toHaveLength(20);
    await close();
  });
});

describe('many calls of one process at the same instant', () => {
  it('are all counted, and none fails for the company', async () => {
    const { SQLite: open } = drivers;
    const driver = await open?.();
    const host = await driver?.host();
    if (host === undefined) throw new Error('no such driver');
    const harness = guardHarnessOn(host.clock, await host.open());
    const gateway = harness.gateway();
    const caller = callerWith({ cancelsPerMinute: most });
    const called = Array.from({ length: calls }, () => {
      const [job_id] = harness.providers.sutro.addJobs(1, { state: 'running' });
      return gateway.cancelJob({ provider: 'sutro', job_id, wait_seconds: 0 }, callOf(caller));
    });
    const codes = (await Promise.all(called)).map((answer) => accepted(answer).code);
    expect(codes.filter((code) => code === undefined)).toHaveLength(most);
    expect(codes.filter((code) => code === 'caller_rate_limited')).toHaveLength(calls - most);
    await harness.store.close();
    await driver?.stop();
  });
});

describe('processes of their own, one of which is killed', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ control: false });
  });
  afterAll(() => sandbox.close());

  it('cancel no more than one may, on one file', async () => {
    const { sutro } = sandbox.providers;
    sutro.setFault({ kind: 'delay', ms: 5, jitterMs: 30, operations: ['status', 'cancel'] });
    const folder = freshFolder();
    const program = await bundled('test/guard/greedy.ts');
    const children = Array.from({ length: 3 }, () => {
      const ids = sutro.addJobs(60, { state: 'running', settlesInMs: 0 });
      const terms = {
        folder,
        baseUrl: sutro.baseUrl,
        apiKey: sutro.apiKey,
        ids,
        confirmAbove: 25,
      };
      return start(program, [JSON.stringify(terms)], bareEnvironment());
    });
    const [victim] = children;
    const ends = children.map((child) => finish(child));
    if (victim !== undefined) {
      await once(victim.stdout, 'data');
      victim.kill('SIGKILL');
    }
    const finished = await Promise.all(ends);
    expect(finished.slice(1).map(({ code, stderr }) => ({ code, stderr }))).toEqual([
      { code: 0, stderr: '' },
      { code: 0, stderr: '' },
    ]);
    const sent = sentTo(sutro).length;
    expect(sent).toBeLessThanOrEqual(25);
    expect(sent).toBeGreaterThan(10);
  });
});

function cancelled(answer: Result<BulkResult> | undefined): number {
  return answer?.ok ? (answer.value.counts.cancelled ?? 0) : 0;
}

function codesOf(answer: Result<BulkResult> | undefined): (string | undefined)[] {
  return answer?.ok ? answer.value.outcomes.map(({ code }) => code) : ['fault'];
}
