import { describe, expect, it } from 'vitest';
import { InProcessQueue } from '../../functions/slack/tasks/in-process-queue.ts';
import type { Attempt } from '../../functions/slack/tasks/process-task.ts';
import { type Carried, type SlackTask, taskSchema } from '../../functions/slack/tasks/task.ts';
import type { LogEntry } from '../../shared/lib/log.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const workNamed = (id: string, kind: 'keep' | 'list' = 'keep'): SlackTask =>
  taskSchema.parse({
    ...(kind === 'keep' ? { kind, ticket: 't' } : { kind }),
    ...{ id, request_id: id, issued_at: 0, response_url: 'http://127.0.0.1/x' },
    who: { team: 'T1', user: 'U1', channel: 'C1' },
  });

/** A queue whose work ends when it is told to. */
function held(answer: (work: SlackTask, attempt: Attempt) => Carried = () => 'done') {
  const clock = new ManualClock();
  const logged: LogEntry[] = [];
  const stopping = new AbortController();
  const begun: string[] = [];
  const attempts: Attempt[] = [];
  const limiters: (() => void)[] = [];
  const queue = new InProcessQueue({
    clock,
    log: (entry) => logged.push(entry),
    stopping: stopping.signal,
    async carryOut(work, attempt) {
      begun.push(work.id);
      attempts.push(attempt);
      await new Promise<void>((resolve) => limiters.push(resolve));
      return answer(work, attempt);
    },
  });
  const release = async () => {
    for (const limiter of limiters.splice(0)) limiter();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, logged, stopping, begun, attempts, queue, release };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the queue of one process', () => {
  it('begins a task after its caller has continued', async () => {
    const { queue, begun, release } = held();
    await queue.enqueue(workNamed('a'));
    expect(begun).toEqual([]);
    await turn();
    expect(begun).toEqual(['a']);
    await release();
    await queue.settled();
  });

  it('keeps a task until its time, and gives it up if the process is to stop', async () => {
    const { queue, begun, clock, stopping, release } = held();
    await queue.enqueue(workNamed('a'), 60_000);
    await queue.settled();
    await clock.turn(59_999);
    expect(begun).toEqual([]);
    await clock.turn(1);
    await turn();
    expect(begun).toEqual(['a']);
    await release();
    await queue.enqueue(workNamed('b'), 60_000);
    stopping.abort();
    await expect(queue.enqueue(workNamed('c'), 60_000)).rejects.toThrow('full');
    await clock.turn(120_000);
    expect([begun, clock.pending]).toEqual([['a'], 0]);
  });

  it('carries out 64 at a time, in the order in which they came', async () => {
    const { queue, begun, release } = held();
    const names = Array.from({ length: 150 }, (_, index) => `work-${index}`);
    for (const name of names) await queue.enqueue(workNamed(name));
    await turn();
    expect(begun).toEqual(names.slice(0, 64));
    await release();
    expect(begun).toEqual(names.slice(0, 128));
    await release();
    await release();
    await queue.settled();
    expect(begun).toEqual(names);
  });

  it('lets no one who only looks keep others from calling off', async () => {
    const { queue, begun, release } = held();
    for (let count = 0; count < 100; count += 1) await queue.enqueue(workNamed(`look-${count}`, 'list'));
    await turn();
    expect(begun).toHaveLength(32);
    await queue.enqueue(workNamed('keep'));
    await turn();
    expect(begun.at(-1)).toBe('keep');
    for (let round = 0; round < 4; round += 1) await release();
    await queue.settled();
    expect(begun).toHaveLength(101);
  });

  it('takes no more than it can keep', async () => {
    const { queue, release } = held();
    for (let count = 0; count < 500; count += 1) await queue.enqueue(workNamed(`${count}`));
    await expect(queue.enqueue(workNamed('one more'))).rejects.toThrow('the queue is full');
    await turn();
    await expect(queue.enqueue(workNamed('one more'))).rejects.toThrow('the queue is full');
    await release();
    await queue.enqueue(workNamed('one more'));
  });

  it('is settled when all that it took is', async () => {
    const { queue, begun, release } = held();
    for (const name of ['a', 'b', 'c']) await queue.enqueue(workNamed(name));
    let settled = false;
    const settling = queue.settled().then(() => {
      settled = true;
    });
    await turn();
    expect([settled, begun]).toEqual([false, ['a', 'b', 'c']]);
    await release();
    await settling;
    await held().queue.settled();
  });

  it('tries once more what could not be done, after five seconds, and says that it is the last time', async () => {
    const { queue, clock, begun, attempts, release } = held(() => 'again');
    await queue.enqueue(workNamed('a'));
    await turn();
    await release();
    await clock.turn(4_999);
    expect(begun).toEqual(['a']);
    await clock.turn(1);
    expect(begun).toEqual(['a', 'a']);
    expect(attempts).toEqual([{ ageMs: 0 }, { ageMs: 5_000, last: true }]);
    await release();
    await queue.settled();
    await clock.turn(60_000);
    expect(begun).toHaveLength(2);
  });

  it('tries at once where the process is to stop', async () => {
    const { queue, begun, stopping, release } = held(() => 'again');
    await queue.enqueue(workNamed('a'));
    await turn();
    await release();
    stopping.abort();
    await turn();
    expect(begun).toEqual(['a', 'a']);
    await release();
    await queue.settled();
  });

  it('goes on after work that broke, and names the error', async () => {
    const { queue, begun, logged, release } = held((work) => {
      if (work.id === 'a') throw new TypeError('secret');
      return 'done';
    });
    for (const name of ['a', 'b']) await queue.enqueue(workNamed(name));
    await turn();
    await release();
    await queue.settled();
    expect(begun).toEqual(['a', 'b']);
    expect(logged).toEqual([
      { level: 'error', event: 'slack_task_failed', request_id: 'a', error: 'TypeError' },
    ]);
  });
});
