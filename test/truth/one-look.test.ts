import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { WaitingChecks } from '../../shared/engine/waiting-checks.ts';
import { createGateway } from '../../shared/gateway.ts';
import { FailureLimit } from '../../shared/http/failure-limit.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import { sleep } from '../../shared/lib/clock.ts';
import { accepted, connectionTo, context } from '../support/harness.ts';
import { runs } from '../support/thorough.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

type Operation = 'status' | 'list' | 'cancel';

interface Asked {
  readonly operation: Operation;
  readonly at: number;
}

/** How long an answer takes, in milliseconds, and whether it is an answer at all; `acts`: the request takes effect even so. */
type Mood = (
  operation: Operation,
  at: number,
) => { readonly ms: number; readonly status?: number; readonly acts?: true };

const batch = (id: string, cancelled: boolean) => ({
  ...{ batch_id: id, completed: false, cancelled, created_at: '2026-01-01T00:00:00Z' },
});
const success = (data: unknown) => Response.json({ status: 'success', message: 'ok', data });

/**
 * PromptLoop on a clock that is turned by hand: what it shows is what was so when the request came. `isStatusLate`: only its list
 * shows that a batch is cancelled.
 */
function promptloop(mood: Mood = () => ({ ms: 20 }), jobs = 40, isStatusLate = false) {
  const clock = new ManualClock();
  const asked: Asked[] = [];
  const cancelled = new Set<string>();
  const ids = Array.from({ length: jobs }, (_, index) => `b-${index}`);
  const answerTo = (path: string): [Operation, () => Response] => {
    const [, id = '', cancel] = /\/batches\/([^/]+)(\/cancel)?$/.exec(path) ?? [];
    if (cancel !== undefined) {
      cancelled.add(id);
      return ['cancel', () => success({ batch_id: id, cancelled: true })];
    }
    const shown = ids.map((each) => batch(each, cancelled.has(each)));
    if (id === '') return ['list', () => success(shown)];
    const one = { ...batch(id, cancelled.has(id) && !isStatusLate), job_status: 'in_progress' };
    return ['status', () => success(one)];
  };
  const gateway = createGateway({
    connections: async () => [
      connectionTo('promptloop', { baseUrl: 'https://promptloop.example', apiKey: 'key' }),
    ],
    credentials: credentialFromSettings,
    budgetMs: 60_000,
    clock,
    fetch: async (input) => {
      const path = new URL(String(input)).pathname;
      const operation = path.endsWith('/cancel') ? 'cancel' : path.endsWith('/batches') ? 'list' : 'status';
      const { ms, status, acts } = mood(operation, clock.now());
      asked.push({ operation, at: clock.now() });
      if (acts) answerTo(path);
      const [, answer] =
        status === undefined ? answerTo(path) : [operation, () => new Response('', { status })];
      await sleep(clock, Math.min(ms, 10_000));
      if (ms >= 10_000) throw new TypeError('given up');
      return answer();
    },
  });
  const job = (job_id: string) => ({ provider: 'promptloop', job_id });
  return {
    clock,
    ids,
    count: (operation: Operation) => asked.filter((each) => each.operation === operation).length,
    asked,
    look: async (id: string) => accepted(await gateway.getJob(job(id), context)),
    find: async () => accepted(await gateway.listJobs({}, context)),
    cancel: async (id: string, how: object = { wait_seconds: 0 }) =>
      accepted(await gateway.cancelJob({ ...job(id), ...how }, context)),
  };
}

describe('a list that is read for others', () => {
  const cancelWithReader = async (readAtMs: number) => {
    const { clock, cancel, find } = promptloop(undefined, 40, true);
    const cancelling = cancel('b-1', { wait_seconds: 3 });
    await clock.turn(readAtMs);
    const [outcome] = await clock.until(Promise.all([cancelling, find()]));
    return outcome;
  };

  test('shows that a job has ended whose own status check did not', async () => {
    const { outcome, state, evidence } = await cancelWithReader(1_000);
    expect([outcome, state, evidence.source]).toEqual(['cancelled', 'cancelled', 'status']);
  });

  test('keeps another cancel from being sent if it shows the end in the pause before it', async () => {
    const failsButActs: Mood = (operation) => ({
      ...{ ms: 20 },
      ...(operation === 'cancel' && { status: 502, acts: true }),
    });
    const { clock, cancel, find, count } = promptloop(failsButActs, 40, true);
    const cancelling = cancel('b-1');
    await clock.turn(65);
    const [outcome] = await clock.until(Promise.all([cancelling, find()]));
    expect([outcome.outcome, outcome.state, count('cancel')]).toEqual(['cancelled', 'cancelled', 1]);
  });

  test('says nothing of a cancel that was sent after it', async () => {
    expect(await cancelWithReader(0)).toMatchObject({ outcome: 'cancelling' });
  });
});

describe('looks that wait at the same moment are one', () => {
  test('where they are the same', async () => {
    const { clock, look, find, count } = promptloop();
    const views = await clock.until(Promise.all(Array.from({ length: 50 }, () => look('b-1'))));
    expect(new Set(views.map(({ state }) => state))).toEqual(new Set(['running']));
    expect(count('status')).toBeLessThanOrEqual(2);
    const lists = await clock.until(Promise.all(Array.from({ length: 50 }, () => find())));
    for (const { jobs, partial } of lists) expect([jobs.length, partial]).toEqual([40, false]);
    expect(count('list')).toBeLessThanOrEqual(2);
  });

  test('where a list shows them all', async () => {
    const { clock, ids, cancel, count } = promptloop();
    const began = clock.now();
    const outcomes = await clock.until(Promise.all(ids.slice(0, 33).map((id) => cancel(id))));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(outcomes.map(() => 'cancelled'));
    expect(clock.now() - began).toBeLessThan(15_000);
    expect(count('cancel')).toBe(33);
    expect([count('status'), count('list')]).toEqual([expect.any(Number), expect.any(Number)]);
    expect(count('status')).toBeLessThanOrEqual(20);
    expect(count('list')).toBeLessThanOrEqual(10);
  });

  test('where a list that a reader asks for shows one that waits', async () => {
    const { clock, ids, cancel, look, find, asked } = promptloop();
    await clock.until(Promise.all(ids.slice(0, 9).map((id) => look(id))));
    for (const id of ids.slice(0, 7)) await clock.until(cancel(id));
    const waiting = [look('b-30'), look('b-31')];
    await clock.turn(100);
    const before = asked.length;
    await clock.until(find());
    const views = await clock.until(Promise.all(waiting));
    expect(views.map(({ state }) => state)).toEqual(['unknown', 'unknown']);
    expect(asked.slice(before).map(({ operation }) => operation)).toEqual(['list']);
  });
});

describe('where looks are limited', () => {
  test('a cancel that is to be sent unseen goes out, and its look after has its turn', async () => {
    const noList: Mood = (operation) => ({ ms: 20, ...(operation === 'list' && { status: 400 }) });
    const { clock, ids, cancel, count } = promptloop(noList);
    for (const id of ids.slice(0, 10)) {
      const outcome = await clock.until(cancel(id));
      expect(outcome).toMatchObject({ outcome: 'cancelled' });
    }
    expect(await clock.until(cancel('b-20', { wait_seconds: 0 }))).toMatchObject({
      outcome: 'not_attempted',
    });
    await clock.turn(61_200);
    for (const id of ids.slice(0, 10)) await clock.until(cancel(id));
    for (const id of ids.slice(10, 15)) await clock.until(cancel(id));
    expect(count('cancel')).toBe(15);
    const unseen = { wait_seconds: 0, send_if_status_unknown: true };
    expect(await clock.until(cancel('b-21', unseen))).toMatchObject({ outcome: 'cancelling' });
    expect(count('cancel')).toBe(16);
  });

  test('a look after a cancel goes by a list while looks are held by a 429', async () => {
    let isHeld = false;
    const mood: Mood = (operation) => ({ ms: 20, ...(operation === 'status' && isHeld && { status: 429 }) });
    const { clock, cancel, asked } = promptloop((operation, at) => {
      const answer = mood(operation, at);
      isHeld ||= operation === 'cancel';
      return answer;
    });
    const began = clock.now();
    expect(await clock.until(cancel('b-1'))).toMatchObject({ outcome: 'cancelled' });
    expect(clock.now() - began).toBeLessThan(2_000);
    expect(asked.map(({ operation }) => operation)).toEqual(['status', 'cancel', 'status', 'list']);
  });
});

test('what began to be read before a look waited shows it nothing, and what began later shows it the job', () => {
  const looks = new WaitingChecks(new ManualClock());
  const withdrawn: string[] = [];
  const place = (name: string) => ({ waitMs: () => 60_000, withdraw: () => withdrawn.push(name) });
  const terms = { sendBy: 1, answerBy: 1, failureLimit: new FailureLimit(), turn: newTurn('cancel') };
  const jobs = [{ jobId: 'b-1', state: 'running', providerStatus: null } as const];
  const isVague = () => false;
  const before = looks.mark();
  const ticket = looks.open('b-1', terms, 1);
  const waiting = looks.mark();
  looks.show({ jobs, at: 0, began: before, isVague });
  expect(ticket.check).toBeUndefined();
  // It was its turn, a 429 came of it, and it waits once more.
  looks.begin(ticket);
  looks.show({ jobs, at: 0, began: looks.mark(), isVague });
  expect(ticket.check).toBeUndefined();
  looks.wait(ticket, place('b-1'));
  looks.show({ jobs, at: 0, began: waiting, isVague });
  expect([ticket.check, withdrawn]).toEqual([undefined, []]);
  looks.show({ jobs, at: 7, began: looks.mark(), isVague });
  expect(ticket.check).toMatchObject({ at: 7, job: { jobId: 'b-1' } });
  expect(withdrawn).toEqual(['b-1']);
});

interface Step {
  readonly kind: Operation;
  readonly job: number;
  readonly atMs: number;
}

const step = fc.record<Step>({
  kind: fc.constantFrom('status', 'list', 'cancel'),
  job: fc.nat(5),
  atMs: fc.nat(20_000),
});
const latency = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 400 }) },
  { weight: 1, arbitrary: fc.constantFrom(2_000, 10_000) },
);

test('with shared requests, no check gets an answer from before it began, and all are answered', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 20, maxLength: 90 }),
      fc.infiniteStream(latency),
      fc.infiniteStream(fc.boolean()),
      async (steps, latencies, odd) => {
        const mood = () => {
          const fails = odd.next().value && odd.next().value && odd.next().value && odd.next().value;
          return { ms: latencies.next().value, ...(fails && { status: 503 }) };
        };
        const { clock, look, find, cancel, asked } = promptloop(mood, 6);
        /** When it was first told of a job that it is cancelled. */
        const toldAt = new Map<string, number>();
        const stale: string[] = [];
        const check = (id: string, state: string, askedAt: number) => {
          const told = toldAt.get(id) ?? Number.POSITIVE_INFINITY;
          if (told <= askedAt && state !== 'cancelled') stale.push(`${id}: ${state}`);
          if (state === 'cancelled') toldAt.set(id, Math.min(told, clock.now()));
        };
        const play = async ({ kind, job, atMs }: Step) => {
          await sleep(clock, atMs);
          const askedAt = clock.now();
          const id = `b-${job}`;
          if (kind === 'list') {
            for (const { job_id, state } of (await find()).jobs) check(job_id, state, askedAt);
            return;
          }
          const seen = kind === 'status' ? await look(id) : await cancel(id);
          if (seen.evidence.source === 'status') check(id, seen.state, askedAt);
        };
        await clock.until(Promise.all(steps.map(play)));
        expect(stale).toEqual([]);
        for (const [operation, most] of [
          ['status', 20],
          ['list', 10],
        ] as const) {
          const times = asked.filter((each) => each.operation === operation).map(({ at }) => at);
          for (const at of times)
            expect(times.filter((other) => other >= at && other < at + 60_000).length).toBeLessThanOrEqual(
              most,
            );
        }
        await clock.turn(70_000);
        expect(clock.pending).toBe(0);
      },
    ),
    { numRuns: runs(150, 14) },
  );
});
