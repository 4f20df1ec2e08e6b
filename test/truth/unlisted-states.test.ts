import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { lastSeen, newHistory } from '../../shared/engine/attempt-history.ts';
import { inspect } from '../../shared/engine/inspect.ts';
import { StatusCache } from '../../shared/engine/status-cache.ts';
import { createGateway } from '../../shared/gateway.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import { accepted, connectionsTo, context } from '../support/harness.ts';
import { advanceUntil } from '../support/time/advance-until.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const minuteMs = 61_200;

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({ control: false });
});
afterEach(() => sandbox.close());

/** A gateway on a clock that is turned by hand, and what PromptLoop was asked since the last look at that. */
function harness() {
  const { promptloop } = sandbox.providers;
  const clock = new ManualClock();
  const parts = { connections: async () => connectionsTo(sandbox), credentials: credentialFromSettings };
  const gateway = createGateway({ ...parts, budgetMs: 120_000, clock });
  let heard = 0;
  return {
    promptloop,
    clock,
    gateway,
    find: async (request: object) =>
      accepted(await advanceUntil(clock, gateway.listJobs({ provider: 'promptloop', ...request }, context))),
    select: async (selector: object) =>
      accepted(await advanceUntil(clock, gateway.cancelJobs({ selector, dry_run: true }, context))),
    asked: () => {
      const operations = promptloop.journal.slice(heard).map(({ operation }) => operation);
      heard = promptloop.journal.length;
      return {
        looks: operations.filter((operation) => operation === 'status').length,
        lists: operations.filter((operation) => operation === 'list').length,
      };
    },
    /** Adds batches, the oldest first, a minute apart. */
    addAged: (count: number, state: 'running' | 'failed', youngest = 0) =>
      Array.from({ length: count }, (_, index) =>
        promptloop.addJob({
          state,
          createdAt: new Date(Date.now() - (youngest + count - index) * 60_000),
        }),
      ),
  };
}

/** PromptLoop's connection, beside what {@link harness} has. */
async function opened() {
  const { gateway, ...rest } = harness();
  const connection = (await gateway.connections()).get('promptloop');
  if (connection === undefined) throw new Error('there is no such connection');
  return { ...rest, connection };
}

const idsOf = ({ jobs }: { readonly jobs: readonly { readonly job_id: string }[] }) =>
  jobs.map(({ job_id }) => job_id);

describe("a filter by a state that PromptLoop's list leaves out", () => {
  it.each(['queued', 'running', 'failed'] as const)(
    'finds the jobs that are %s, and no others',
    async (state) => {
      const { promptloop, find, asked } = harness();
      const ids = new Map(
        (['queued', 'running', 'failed', 'completed', 'cancelled'] as const).map((each) => [
          each,
          promptloop.addJobs(each === state ? 3 : 1, { state: each, name: `of ${each}` }),
        ]),
      );
      const found = await find({ state });
      expect(idsOf(found).toSorted()).toEqual(ids.get(state)?.toSorted());
      expect(found).toMatchObject({ partial: false, unavailable: [], next_cursor: null });
      for (const job of found.jobs)
        expect(job).toMatchObject({ state, name: `of ${state}`, evidence: { source: 'status' } });
      expect(found.jobs[0]?.evidence.provider_status).not.toBeNull();
      expect(asked()).toEqual({ lists: 1, looks: 5 });
    },
  );

  it('keeps the order of the list and its pages', async () => {
    const { find, addAged, promptloop } = harness();
    const ids = [
      ...addAged(3, 'running', 10),
      promptloop.addJob({ state: 'completed' }),
      ...addAged(2, 'running'),
    ];
    const newestFirst = ids.toReversed().filter((id) => promptloop.job(id)?.state === 'running');
    const paged: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await find({ state: 'running', limit: 2, ...(cursor && { cursor }) });
      expect(page.partial).toBe(false);
      paged.push(...idsOf(page));
      cursor = page.next_cursor;
    }
    expect(paged).toEqual(newestFirst);
  });

  it('looks at five a minute, the newest first, and says how many it could not look at', async () => {
    const { find, addAged, asked } = harness();
    const ids = addAged(30, 'running');
    for (const looks of [5, 0]) {
      const found = await find({ state: 'running' });
      expect(idsOf(found)).toEqual(ids.slice(-5).toReversed());
      expect(found).toMatchObject({ partial: true, next_cursor: null });
      expect(found.unavailable).toEqual([
        {
          provider: 'promptloop',
          code: 'rate_limited',
          unjudged: 25,
          message:
            'The list of PromptLoop does not show which jobs are queued, running or failed. The state of 25 jobs could not be read: it limits the number of requests, and calloff keeps some of them for cancels. Add "unknown" to the states to include them.',
        },
      ]);
      expect(asked()).toEqual({ lists: 1, looks });
    }
  });

  it('does not look again at what had failed, and so comes to the others', async () => {
    const { find, addAged, clock, asked } = harness();
    const running = addAged(2, 'running', 100);
    addAged(8, 'failed');
    expect(await find({ state: 'running' })).toMatchObject({ jobs: [], partial: true });
    await clock.turn(minuteMs);
    const found = await find({ state: 'running' });
    expect(idsOf(found)).toEqual(running.toReversed());
    expect(found.partial).toBe(false);
    await clock.turn(minuteMs);
    asked();
    expect(idsOf(await find({ state: 'running' }))).toEqual(running.toReversed());
    expect(asked()).toEqual({ lists: 1, looks: 2 });
  });

  it('looks only at jobs that the other filters leave', async () => {
    const { promptloop, find, asked } = harness();
    promptloop.addJobs(30, { state: 'running', name: 'production' });
    const ids = promptloop.addJobs(3, { state: 'running', name: 'my sweep' });
    const found = await find({ state: 'running', name: 'sweep' });
    expect(idsOf(found).toSorted()).toEqual(ids.toSorted());
    expect(found.partial).toBe(false);
    expect(asked()).toEqual({ lists: 1, looks: 3 });
  });

  it.each([{ state: 'completed,cancelled' }, { state: 'running,unknown' }, {}])(
    'needs no look where the list tells enough: %j',
    async (filter) => {
      const { promptloop, find, asked } = harness();
      promptloop.addJobs(2, { state: 'running' });
      promptloop.addJobs(2, { state: 'completed' });
      const found = await find(filter);
      expect(found).toMatchObject({ partial: false });
      expect(found.jobs).toHaveLength('state' in filter ? 2 : 4);
      expect(asked()).toEqual({ lists: 1, looks: 0 });
    },
  );

  it('says so if a status check shows an unknown status', async () => {
    const { promptloop, find } = harness();
    promptloop.addJobs(1, { state: 'running' });
    promptloop.addJobs(1, { state: 'running', word: 'warming up' });
    const found = await find({ state: 'running' });
    expect(found).toMatchObject({ partial: true, unavailable: [{ code: 'unexpected_response' }] });
    expect(found.jobs).toHaveLength(1);
    expect(found.unavailable[0]?.message).toContain(
      'The state of 1 job could not be read: its answer could not be understood',
    );
  });

  it('says why the jobs could not be looked at', async () => {
    const { promptloop, find } = harness();
    promptloop.addJobs(2, { state: 'running' });
    promptloop.setFault({ kind: 'status', status: 401, operations: ['status'] });
    const found = await find({ state: 'running' });
    expect(found).toMatchObject({
      jobs: [],
      partial: true,
      unavailable: [{ provider: 'promptloop', code: 'credentials_rejected' }],
    });
    expect(found.unavailable[0]?.message).toContain('The state of 2 jobs could not be read: its API key');
  });
});

test('a selector by state shows what could be looked at, and says what could not', async () => {
  const { select, addAged } = harness();
  const ids = addAged(12, 'running');
  const { outcomes, unavailable } = await select({ provider: 'promptloop', state: 'running' });
  expect(idsOf({ jobs: outcomes })).toEqual(ids.slice(-5).toReversed());
  expect(unavailable).toMatchObject([{ code: 'rate_limited', message: expect.stringContaining(' 7 jobs ') }]);
});

describe('cached states', () => {
  const job = (jobId: string) => ({ jobId, state: 'unknown', providerStatus: null }) as const;
  const jobs = ['a', 'b', 'c', 'd', 'e'].map(job);

  it('are not more for being made side by side', async () => {
    const statusCache = new StatusCache(new ManualClock(), { count: 16, windowMs: 60_000 });
    const looked: string[] = [];
    const look = async (jobId: string) => {
      looked.push(jobId);
      return { kind: 'seen', job: { ...job(jobId), state: 'running' }, at: 0 } as const;
    };
    const both = await Promise.all([statusCache.at(jobs, look), statusCache.at(jobs.slice(1), look)]);
    expect(looked).toHaveLength(4);
    for (const { seen, unseen } of both) expect(seen.size + unseen.length).toBeGreaterThanOrEqual(4);
  });

  it('stay if they are final, but not longer than others if final states reopen', async () => {
    const looksAfter = async (reopens: boolean) => {
      const clock = new ManualClock();
      const statusCache = new StatusCache(clock, { count: 16, windowMs: 60_000 }, reopens);
      let looks = 0;
      const look = async (jobId: string) => {
        looks += 1;
        return { kind: 'seen', job: { ...job(jobId), state: 'completed' }, at: 0 } as const;
      };
      await statusCache.at(jobs.slice(0, 1), look);
      await clock.turn(59_000);
      await statusCache.at(jobs.slice(0, 1), look);
      expect(looks).toBe(1);
      await clock.turn(2_000);
      await statusCache.at(jobs.slice(0, 1), look);
      return looks;
    };
    expect(await looksAfter(false)).toBe(1);
    expect(await looksAfter(true)).toBe(2);
  });

  it('spare no cancel if they are final and final states reopen', async () => {
    const sentFor = async (reopens: boolean) => {
      const { promptloop, clock, connection } = await opened();
      const ids = promptloop.addJobs(4, { state: 'failed' });
      const { adapter, statusCache } = connection;
      const known = ids.map((jobId) => ({ jobId, state: 'unknown', providerStatus: null }) as const);
      await statusCache.at(known, async (jobId) => ({
        ...{ kind: 'seen', at: clock.wallTime() - 1_000 },
        job: { jobId, state: 'failed', providerStatus: 'failed' },
      }));
      const histories = ids.map(newHistory);
      const end = clock.now() + 20_000;
      const turn = newTurn('check_before');
      const call = { sendBy: end, answerBy: end, waitMs: 0, dryRun: false, sendIfStatusUnknown: false, turn };
      const own = reopens ? { ...connection, adapter: { ...adapter, reopens } } : connection;
      await advanceUntil(clock, inspect(histories, own, call));
      return histories.map((each) => lastSeen(each)?.job.state);
    };
    expect(await sentFor(false)).toEqual(Array(4).fill('failed'));
    expect(await sentFor(true)).toEqual(Array(4).fill('unknown'));
  });

  it('say nothing of a job that is gone, and why of one that was not seen', async () => {
    const statusCache = new StatusCache(new ManualClock());
    const looks = {
      a: { kind: 'not_found', at: 0 },
      b: { kind: 'skipped' },
      c: { kind: 'failed', code: 'provider_unavailable' },
    } as const;
    const { seen, unseen } = await statusCache.at(
      jobs.slice(0, 3),
      async (id) => looks[id === 'a' || id === 'b' ? id : 'c'],
    );
    expect(seen.size).toBe(0);
    expect(unseen).toEqual(['rate_limited', 'provider_unavailable']);
  });
});
