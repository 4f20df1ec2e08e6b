import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { workerHandler } from '../../functions/aws/worker-handler.ts';
import type { Attempt } from '../../functions/slack/tasks/process-task.ts';
import type { Carried, SlackTask } from '../../functions/slack/tasks/task.ts';
import type { LogEntry } from '../../shared/lib/log.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const list: SlackTask = {
  ...{ id: 'work', request_id: 'request', issued_at: 0, kind: 'list' },
  who: { team: 'T111', user: 'W111', channel: 'C111' },
  response_url: 'https://hooks.slack.com/commands/T111/111/xxx',
};
const recordOf = (messageId: string, body: string) => ({ messageId, body });
const workRecord = (id: string) => recordOf(`message-${id}`, JSON.stringify({ ...list, id }));

/** A worker whose work comes to what `outcomes` say, by its id and attempt after attempt. */
function workerWith(outcomes: Readonly<Record<string, readonly (Carried | Error)[]>>) {
  const clock = new ManualClock();
  const logged: LogEntry[] = [];
  const attempts: [string, Attempt][] = [];
  const handler = workerHandler({
    clock,
    log: (entry) => logged.push(entry),
    async carryOut({ id }, attempt) {
      attempts.push([id, attempt]);
      const said = outcomes[id]?.[attempts.filter(([other]) => other === id).length - 1] ?? 'done';
      if (said instanceof Error) throw said;
      return said;
    },
  });
  return { handler, clock, logged, attempts };
}

const failures = (...ids: readonly string[]) => ({
  batchItemFailures: ids.map((id) => ({ itemIdentifier: `message-${id}` })),
});

describe('the worker', () => {
  test('names those records, and only those, that are to be delivered again', async () => {
    const { handler, clock } = workerWith({ b: ['again', 'again'], d: ['again', 'done'] });
    const result = handler({ Records: ['a', 'b', 'c', 'd'].map(workRecord) });
    await clock.turn(5_000);
    expect(await result).toEqual(failures('b'));
  });

  test('tries again once, after five seconds, and says that it is the last time', async () => {
    const { handler, clock, attempts } = workerWith({ a: ['again', 'done'] });
    const result = handler({ Records: [workRecord('a')] });
    await clock.turn(4_999);
    expect(attempts).toEqual([['a', {}]]);
    await clock.turn(1);
    expect([await result, attempts]).toEqual([
      failures(),
      [
        ['a', {}],
        ['a', { last: true }],
      ],
    ]);
  });

  test('does not wait if all is done', async () => {
    const { handler, clock } = workerWith({});
    expect(await handler({ Records: [workRecord('a'), workRecord('b')] })).toEqual(failures());
    expect(clock.pending).toBe(0);
  });

  test('leaves the others alone where one breaks, and logs no more of it than its name', async () => {
    const { handler, logged, attempts } = workerWith({ a: [new TypeError('canary')] });
    expect(await handler({ Records: [workRecord('a'), workRecord('b')] })).toEqual(failures('a'));
    expect(attempts.map(([id]) => id)).toEqual(['a', 'b']);
    expect(logged).toEqual([
      { level: 'error', event: 'slack_task_failed', request_id: 'request', error: 'TypeError' },
    ]);
  });

  test('drops what is no work, whatever it is, and carries out the rest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.string(), fc.json()), { maxLength: 5 }), async (bodies) => {
        const { handler, logged, attempts } = workerWith({});
        const records = bodies.map((body, index) => recordOf(`${index}`, body));
        expect(await handler({ Records: [...records, workRecord('a')] })).toEqual(failures());
        expect(attempts).toEqual([['a', {}]]);
        expect(logged).toEqual(bodies.map(() => ({ level: 'error', event: 'slack_task_malformed' })));
      }),
    );
  });

  test.each([[{}], [{ Records: 'none' }], [{ Records: [{ body: '{}' }] }]])(
    'breaks on %j, which is no event of a queue',
    async (event) => {
      await expect(workerWith({}).handler(event)).rejects.toThrow();
    },
  );
});
