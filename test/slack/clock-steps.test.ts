import { expect, test } from 'vitest';
import { Idempotency } from '../../functions/slack/tasks/idempotency.ts';
import { InProcessQueue } from '../../functions/slack/tasks/in-process-queue.ts';
import type { Attempt } from '../../functions/slack/tasks/process-task.ts';
import { ResponseUrl } from '../../functions/slack/tasks/response-url.ts';
import { type SlackTask, taskSchema } from '../../functions/slack/tasks/task.ts';
import { memoryStore } from '../store/memory-store.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const hourMs = 3_600_000;

function workAt(clock: ManualClock, id: string): SlackTask {
  return taskSchema.parse({
    ...{ id, request_id: id, issued_at: clock.wallTime(), response_url: 'http://127.0.0.1/x' },
    ...{ kind: 'cancel', jobs: [{ provider: 'sutro', job_id: 'job-1' }] },
    who: { team: 'T1', user: 'U1', channel: 'C1' },
  });
}

function onceOn(clock: ManualClock): Idempotency {
  return new Idempotency(memoryStore({ values: new Map(), records: [], lastVersion: 0 }, clock), clock);
}

test.each([hourMs, -hourMs])(
  'after the wall clock was set by %i ms one job can be asked for again within a minute',
  async (ms) => {
    const clock = new ManualClock();
    const once = onceOn(clock);
    expect(await once.claim(workAt(clock, 'first'))).toBe(true);
    expect(await once.claim(workAt(clock, 'second'))).toBe(false);
    clock.step(ms);
    expect(await once.claim(workAt(clock, 'third'))).toBe(true);
    expect(await once.claim(workAt(clock, 'fourth'))).toBe(false);
    await clock.turn(60_000);
    expect(await once.claim(workAt(clock, 'fifth'))).toBe(true);
  },
);

test('a released claim can be taken at once, and only its holder can release it', async () => {
  const clock = new ManualClock();
  const once = onceOn(clock);
  await once.claim(workAt(clock, 'first'));
  await once.release(workAt(clock, 'second'));
  expect(await once.claim(workAt(clock, 'third'))).toBe(false);
  await once.release(workAt(clock, 'first'));
  expect(await once.claim(workAt(clock, 'third'))).toBe(true);
});

test('who began work before the clock was set back is taken for gone, not for at it for an hour', async () => {
  const clock = new ManualClock();
  const once = onceOn(clock);
  const work = workAt(clock, 'first');
  expect(await once.begin(work)).toBe('first');
  expect(await once.begin(work)).toBe('under_way');
  clock.step(-hourMs);
  expect(await once.begin(work)).toBe('abandoned');
});

test.each([hourMs, -hourMs])(
  'work in the queue of one process is as old as it is, also where the wall clock was set by %i ms',
  async (ms) => {
    const clock = new ManualClock();
    const attempts: Attempt[] = [];
    const queue = new InProcessQueue({
      clock,
      log: () => undefined,
      carryOut: async (_work, attempt) => {
        attempts.push(attempt);
        return 'done';
      },
    });
    await queue.enqueue(workAt(clock, 'first'));
    clock.step(ms);
    await queue.settled();
    expect(attempts).toEqual([{ ageMs: 0 }]);
  },
);

test.each([hourMs, -hourMs])(
  'a response URL lives as long as it does, also where the wall clock is set by %i ms',
  async (ms) => {
    const clock = new ManualClock();
    const url = new URL('http://127.0.0.1/x');
    const reply = new ResponseUrl({ url, fetch: async () => new Response('ok'), clock, ageMs: 60_000 });
    clock.step(ms);
    expect(await reply.send({ response_type: 'ephemeral', text: 'one' })).toBe('delivered');
    await clock.turn(28 * 60_000);
    expect(await reply.send({ response_type: 'ephemeral', text: 'two' })).toBe('delivered');
    await clock.turn(60_000);
    expect(await reply.send({ response_type: 'ephemeral', text: 'three' })).toBe('expired');
  },
);
