import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAuditPage } from '../../shared/access/audit/reader.ts';
import { webhookEventSchema } from '../../shared/contract/answers/webhook-event.ts';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
import { deliverDue } from '../../shared/webhooks/deliver-due.ts';
import { enqueue } from '../../shared/webhooks/enqueue.ts';
import { cameBack, finished, webhookHarness } from './support.ts';

type Harness = ReturnType<typeof webhookHarness>;

const refusing = async () => new Response(null, { status: 500 });
const dead = () => Promise.reject(new Error('killed'));
const liveIn = ({ memory, clock }: Harness) =>
  [...memory.values].filter(([, { expiresAt }]) => expiresAt > clock.wallTime()).map(([key]) => key);

/** What the audit has about the webhook, oldest first. */
async function audited({ store, clock }: Harness) {
  const page = await readAuditPage(store, clock, { from: 0, to: clock.wallTime(), limit: 1_000 });
  expect(page.unreadable).toBe(0);
  return page.entries.toReversed();
}

/** Passes, each when the one before says, until nothing waits. Gives the times of the passes, in milliseconds. */
async function passUntilNothingWaits(harness: Harness, most = 50): Promise<number[]> {
  const { clock, parts } = harness;
  const times: number[] = [];
  for (let passes = 0; passes < most; passes += 1) {
    times.push(clock.now());
    const { nextAt } = await deliverDue(parts);
    if (nextAt === undefined) return times;
    await clock.turn(Math.max(0, nextAt - clock.wallTime()));
  }
  throw new Error('something still waits');
}

describe('an event', () => {
  test('is sent once, and nothing of it stays in the store', async () => {
    const harness = webhookHarness();
    expect(await enqueue(harness.parts, finished())).toBe(true);
    expect(await deliverDue(harness.parts)).toEqual({ delivered: 1, failed: 0 });
    expect(await deliverDue(harness.parts)).toEqual({ delivered: 0, failed: 0 });
    expect(harness.messages).toHaveLength(1);
    expect(liveIn(harness)).toEqual([]);
    expect(await audited(harness)).toEqual([]);
  });

  test('has the documented body, and a link to its operation', async () => {
    const { parts, messages } = webhookHarness();
    await enqueue(parts, finished());
    await enqueue(parts, cameBack());
    await deliverDue(parts);
    const bodies = messages.map(({ body }) => webhookEventSchema.parse(JSON.parse(body)));
    const link = '/v1/operations/op_aaaaaaaaaaaaaaaaaaaa';
    const { data } = cameBack();
    expect(bodies).toEqual([
      {
        type: 'operation.finished',
        timestamp: '2026-01-01T00:00:00.000Z',
        data: { state: 'finished', ...finished().data, link },
      },
      { type: 'job.came_back', timestamp: '2026-01-01T00:05:00.000Z', data: { ...data, link } },
    ]);
  });

  test('that is told twice is one message, and another one another', async () => {
    const { parts, messages } = webhookHarness();
    await enqueue(parts, cameBack());
    await enqueue(parts, cameBack());
    await enqueue(parts, cameBack('job-2'));
    await deliverDue(parts);
    await enqueue(parts, cameBack());
    await deliverDue(parts);
    const ids = messages.map(({ id }) => id);
    expect([ids.length, new Set(ids).size]).toEqual([3, 2]);
    for (const id of ids) expect(id).toMatch(/^msg_[0-9a-f]{32}$/);
  });

  test('that two processes see at two times is one message; one of a later round is another', async () => {
    const { parts, messages } = webhookHarness();
    await enqueue(parts, finished());
    await enqueue(parts, finished({ finished_at: '2026-01-01T00:00:01.000Z' }));
    await enqueue(parts, { ...finished(), round: 2 });
    await enqueue(parts, finished({ operation: 'op_bbbbbbbbbbbbbbbbbbbb' }));
    await deliverDue(parts);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(3);
    expect(messages).toHaveLength(3);
  });

  test('is not kept without a webhook', async () => {
    const harness = webhookHarness({ target: undefined });
    Object.assign(harness.parts, { target: async () => undefined });
    expect(await enqueue(harness.parts, finished())).toBe(true);
    expect(liveIn(harness)).toEqual([]);
    expect(await deliverDue(harness.parts)).toEqual({ delivered: 0, failed: 0 });
  });

  test('that the store does not take is not lost on its caller, and never thrown', async () => {
    const breaking = (store: Harness['store']) => ({
      ...store,
      put: () => Promise.reject(new StoreUnavailableError('no', 'SQLITE_BUSY')),
    });
    const { parts, logged } = webhookHarness({ breaking });
    expect(await enqueue(parts, finished())).toBe(false);
    expect(logged).toEqual([
      {
        level: 'error',
        event: 'webhook_not_queued',
        error: 'StoreUnavailableError',
        reason: 'SQLITE_BUSY',
      },
    ]);
  });
});

describe('an event that does not arrive', () => {
  test('is tried again for about a day, with the same id and body, and then given up', async () => {
    const harness = webhookHarness({ answer: refusing });
    await enqueue(harness.parts, finished());
    const minutes = (await passUntilNothingWaits(harness)).map((ms) => ms / 60_000);
    expect(minutes).toEqual([0, 0.5, 5.5, 35.5, 155.5, 455.5, 1_055.5, 1_435.5]);
    expect(new Set(harness.messages.map(({ id, body }) => `${id} ${body}`)).size).toBe(1);
    expect(new Set(harness.messages.map(({ timestamp }) => timestamp)).size).toBe(8);
    expect(liveIn(harness)).toEqual([]);
  });

  test('is in the audit at each failure and when it is given up, without a word of the receiver', async () => {
    const harness = webhookHarness({
      answer: async () => new Response('canary', { status: 418, statusText: 'canary' }),
    });
    await enqueue(harness.parts, cameBack());
    await passUntilNothingWaits(harness);
    const entries = await audited(harness);
    expect(entries.map(({ webhook }) => webhook)).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((attempts) => ({
        event: 'job.came_back',
        result: attempts < 8 ? 'failed' : 'given_up',
        attempts,
        status: 418,
      })),
    );
    expect(entries[0]).toMatchObject({
      request_id: harness.messages[0]?.id,
      operation: 'op_aaaaaaaaaaaaaaaaaaaa',
      ...{ caller: 'calloff', kind: 'program', surface: 'webhook', action: 'notify', decision: 'allowed' },
    });
    expect(harness.logged.filter(({ event }) => event === 'delivery_given_up')).toEqual([
      { level: 'error', event: 'delivery_given_up', request_id: harness.messages[0]?.id },
    ]);
    expect(JSON.stringify([entries, harness.logged])).not.toContain('canary');
  });

  test('is done as soon as it arrives', async () => {
    let attempts = 0;
    const answer = async () => {
      attempts += 1;
      return new Response(null, { status: attempts < 3 ? 503 : 200 });
    };
    const harness = webhookHarness({ answer });
    await enqueue(harness.parts, finished());
    await passUntilNothingWaits(harness);
    expect(attempts).toBe(3);
    expect(liveIn(harness)).toEqual([]);
  });

  test('does not hold the others back, but a receiver that fails three times in a row is left alone', async () => {
    const harness = webhookHarness({ answer: refusing });
    for (let job = 0; job < 50; job += 1) await enqueue(harness.parts, cameBack(`job-${job}`));
    const { failed, nextAt } = await deliverDue(harness.parts);
    expect(failed).toBeLessThanOrEqual(6);
    expect(nextAt).toBe(harness.clock.wallTime() + 15_000);
    const ids = new Set(harness.messages.map(({ id }) => id));
    await harness.clock.turn(15_000);
    await deliverDue(harness.parts);
    expect(harness.messages.slice(failed).filter(({ id }) => ids.has(id))).toEqual([]);
  });

  test('is tried again if the clock was set back by a day, or forward', async () => {
    for (const step of [-86_400_000, 86_400_000]) {
      const harness = webhookHarness({ answer: refusing });
      await enqueue(harness.parts, finished());
      await deliverDue(harness.parts);
      harness.clock.step(step);
      await deliverDue(harness.parts);
      expect(harness.messages).toHaveLength(2);
    }
  });
});

describe('a process that dies', () => {
  test.each([
    ['before it sends', 1],
    ['after the receiver has it, before it is marked', 2],
  ])('%s leaves the event, which is sent again with the same id', async (_when, sent) => {
    let isDead = true;
    const answer = () => {
      if (!isDead || sent === 2) return Promise.resolve(new Response(null, { status: 204 }));
      return dead();
    };
    const breaking = (store: Harness['store']): Harness['store'] => ({
      ...store,
      // A delivery is removed, and a failure recorded, by what comes after the sending.
      put: (key, value, terms) => (value === '' && isDead ? dead() : store.put(key, value, terms)),
      append: (records) => (isDead ? dead() : store.append(records)),
    });
    const harness = webhookHarness({ answer, breaking });
    await enqueue(harness.parts, finished());
    await deliverDue(harness.parts);
    isDead = false;
    await deliverDue(harness.parts);
    expect(harness.messages).toHaveLength(1);
    await harness.clock.turn(30_000);
    expect(await deliverDue(harness.parts)).toEqual({ delivered: 1, failed: 0 });
    const [first, second] = harness.messages;
    expect(second).toEqual({ ...first, timestamp: expect.any(Number) });
    expect(liveIn(harness)).toEqual([]);
  });

  test('in the last attempt leaves one that is given up, and not sent a ninth time', async () => {
    let attempts = 0;
    const breaking = (store: Harness['store']): Harness['store'] => ({
      ...store,
      append: (records) => (attempts === 8 ? dead() : store.append(records)),
    });
    const answer = async () => {
      attempts += 1;
      return refusing();
    };
    const harness = webhookHarness({ answer, breaking });
    await enqueue(harness.parts, finished());
    for (let passes = 0; passes < 8; passes += 1) {
      await deliverDue(harness.parts);
      await harness.clock.turn(10 * 3_600_000);
    }
    attempts = 0;
    await deliverDue(harness.parts);
    expect(harness.messages).toHaveLength(8);
    expect((await audited(harness)).at(-1)?.webhook).toMatchObject({ result: 'given_up', attempts: 8 });
    expect(liveIn(harness)).toEqual([]);
  });
});

describe('several processes', () => {
  test('on one store make each attempt once, however they are interleaved', async () => {
    const jobs = Array.from({ length: 30 }, (_, job) => `job-${job}`);
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const harness = webhookHarness({
          breaking: (store) => ({
            ...store,
            list: (folder, query) => scheduler.schedule(store.list(folder, query)),
            put: async (key, value, terms) => {
              await scheduler.schedule(Promise.resolve());
              return store.put(key, value, terms);
            },
          }),
        });
        const work = (async () => {
          for (const job of jobs.slice(0, 5)) await enqueue(harness.parts, cameBack(job));
          await Promise.all([
            deliverDue(harness.parts),
            deliverDue(harness.parts),
            deliverDue(harness.parts),
          ]);
        })();
        await scheduler.waitFor(work);
        const ids = harness.messages.map(({ id }) => id);
        expect([ids.length, new Set(ids).size]).toEqual([5, 5]);
      }),
      { numRuns: 20 },
    );
  });
});

describe('a pass', () => {
  test('sends all that is due, over several pages, at most four at once', async () => {
    let underWay = 0;
    let most = 0;
    const answer = async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return new Response(null, { status: 204 });
    };
    const harness = webhookHarness({ answer });
    for (let job = 0; job < 450; job += 1) await enqueue(harness.parts, cameBack(`job-${job}`));
    expect(await deliverDue(harness.parts)).toEqual({ delivered: 450, failed: 0 });
    expect(most).toBe(4);
  });

  test('begins nothing once it is to stop, and leaves all for the next', async () => {
    const harness = webhookHarness();
    await enqueue(harness.parts, finished());
    const stopped = await deliverDue(harness.parts, AbortSignal.abort());
    expect(stopped).toMatchObject({ delivered: 0, nextAt: expect.any(Number) });
    expect(await deliverDue(harness.parts)).toEqual({ delivered: 1, failed: 0 });
  });

  test.each([
    ['does not answer', 10_000, undefined],
    ['is slow', 9_000, new Response(null, { status: 204 })],
  ])('ends within half a minute if the receiver %s', async (_how, ms, response) => {
    const harness = webhookHarness({
      answer: () =>
        new Promise((resolve, reject) =>
          harness.clock.after(ms, () => (response ? resolve(response) : reject(new Error('lost')))),
        ),
    });
    for (let job = 0; job < 50; job += 1) await enqueue(harness.parts, cameBack(`job-${job}`));
    expect(await harness.clock.until(deliverDue(harness.parts))).toMatchObject({
      nextAt: expect.any(Number),
    });
    expect(harness.clock.now()).toBeLessThanOrEqual(30_000);
  });

  test.each([
    ['cannot be read now', 'unreadable' as const],
    ['is not usable', { url: 'https://hooks.example/', keys: [] }],
  ])('counts no attempt while the secret %s, and events are kept', async (_how, target) => {
    const harness = webhookHarness({ target });
    await enqueue(harness.parts, finished());
    expect(await deliverDue(harness.parts)).toMatchObject({
      delivered: 0,
      failed: 0,
      nextAt: expect.any(Number),
    });
    expect(harness.messages).toEqual([]);
    expect(liveIn(harness)).toHaveLength(1);
  });

  test('leaves alone what another version wrote', async () => {
    const harness = webhookHarness();
    await harness.store.put('webhook//msg_1', '{"v":2}', { version: 0, expiresAt: Number.MAX_SAFE_INTEGER });
    expect(await deliverDue(harness.parts)).toEqual({ delivered: 0, failed: 0 });
    expect(liveIn(harness)).toEqual(['webhook//msg_1']);
  });

  test('that fails with the store says so, and when to come again', async () => {
    const { parts, logged, clock } = webhookHarness({
      breaking: (store) => ({ ...store, list: dead }),
    });
    expect(await deliverDue(parts)).toEqual({ delivered: 0, failed: 0, nextAt: clock.wallTime() + 15_000 });
    expect(logged).toEqual([{ level: 'error', event: 'webhook_pass_failed', error: 'Error' }]);
  });
});
