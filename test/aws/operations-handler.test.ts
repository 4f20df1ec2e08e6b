import { describe, expect, test } from 'vitest';
import { operationsHandler } from '../../functions/aws/operations-handler.ts';
import type { LogEntry } from '../../shared/lib/log.ts';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
import type { Visit } from '../../shared/work/worker.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const limitMs = 900_000;
const call = (connection: string) => ({ Records: [{ body: JSON.stringify({ connection }) }] });
const minute = { ring: 'due' };

/** The function over a worker that has `due` connections; `visit` is what a visit does, with the time at which it is to end. */
function functionWith(
  due: ReadonlySet<string>,
  visit: (until: number, clock: ManualClock, stopped: AbortSignal) => Promise<Visit> = async () => 'done',
) {
  const clock = new ManualClock();
  const logged: LogEntry[] = [];
  const visited: [string, number][] = [];
  const rung: string[][] = [];
  const flushed: number[] = [];
  let [delivered, watched] = [0, 0];
  const startedAt = clock.now();
  const handler = operationsHandler({
    clock,
    log: (entry) => void logged.push(entry),
    newWorker() {
      const stopped = new AbortController();
      return {
        connections: async () => ['ionq', 'ionworks', 'sutro'],
        async isDue(connection) {
          if (connection === 'ionworks') throw new StoreUnavailableError('not now', 'ECONNRESET');
          return due.has(connection);
        },
        visit(connection, until = 0) {
          visited.push([connection, clock.now() - startedAt]);
          return visit(until, clock, stopped.signal);
        },
        stop: () => stopped.abort(),
      };
    },
    async ring(connections) {
      rung.push([...connections]);
    },
    async deliver() {
      delivered += 1;
    },
    async watchConfirmations() {
      watched += 1;
    },
    flush: () => void flushed.push(visited.length),
  });
  const context = { getRemainingTimeInMillis: () => limitMs - (clock.now() - startedAt) };
  const run = (event: unknown) => handler(event, context);
  return {
    run,
    clock,
    logged,
    visited,
    rung,
    startedAt,
    flushed,
    delivered: () => delivered,
    watched: () => watched,
  };
}

describe('a wake-up call', () => {
  test('is worked off at its connection, and nothing rings', async () => {
    const own = functionWith(new Set(['ionq', 'sutro']));
    await own.run(call('sutro'));
    expect([own.visited, own.rung, own.clock.pending]).toEqual([[['sutro', 0]], [], 0]);
  });

  test('hands on what was counted, after the work and also if that fails', async () => {
    const own = functionWith(new Set(['sutro']));
    await own.run(call('sutro'));
    expect(own.flushed).toEqual([1]);
    const failing = functionWith(new Set(['sutro']), () => Promise.reject(new Error('x')));
    await expect(failing.run(call('sutro'))).rejects.toThrow('x');
    expect(failing.flushed).toEqual([1]);
  });

  test('that comes late, when nothing is due any more, does not take the lease', async () => {
    const own = functionWith(new Set());
    await own.run(call('sutro'));
    expect([own.visited, own.rung]).toEqual([[], []]);
  });

  test('leaves if another worker has the connection', async () => {
    const own = functionWith(new Set(['sutro']), async () => 'busy');
    await own.run(call('sutro'));
    expect([own.visited, own.rung, own.clock.pending]).toEqual([[['sutro', 0]], [], 0]);
  });

  test('looks each second at a lease that is not renewed, and leaves once it is', async () => {
    const own = functionWith(new Set(['sutro']), async () => (own.visited.length < 4 ? 'watched' : 'busy'));
    await own.clock.until(own.run(call('sutro')));
    expect(own.visited.map(([, at]) => at)).toEqual([0, 1_000, 2_000, 3_000]);
  });

  test('looks for sixteen seconds at most, so that it sees a holder dead that has not renewed for fifteen', async () => {
    const own = functionWith(new Set(['sutro']), async () => 'watched');
    await own.clock.until(own.run(call('sutro')));
    expect(own.visited.at(-1)).toEqual(['sutro', 16_000]);
    expect(own.clock.pending).toBe(0);
  });

  test('ends its turns 90 s before the run does, and rings for what is left', async () => {
    let until = 0;
    const own = functionWith(new Set(['sutro']), async (end, clock) => {
      until = end;
      await clock.turn(end - clock.now());
      return 'done';
    });
    await own.run(call('sutro'));
    expect([until - own.startedAt, own.rung]).toEqual([limitMs - 90_000, [['sutro']]]);
  });

  test('does not ring if its work was done when its time ended', async () => {
    const due = new Set(['sutro']);
    const own = functionWith(due, async (end, clock) => {
      await clock.turn(end - clock.now());
      due.clear();
      return 'done';
    });
    await own.run(call('sutro'));
    expect(own.rung).toEqual([]);
  });

  test('stops what is still under way 15 s before the run ends', async () => {
    const own = functionWith(
      new Set(['sutro']),
      (_end, _clock, stopped) =>
        new Promise((resolve) => stopped.addEventListener('abort', () => resolve('done'))),
    );
    await own.clock.until(own.run(call('sutro')));
    expect([own.clock.now() - own.startedAt, own.rung]).toEqual([limitMs - 15_000, [['sutro']]]);
  });

  test('is left to the next minute if the agenda cannot be read, and says so in the log', async () => {
    const own = functionWith(new Set());
    await own.run(call('ionworks'));
    expect(own.logged).toEqual([
      {
        ...{ level: 'error', event: 'operation_agenda_unreadable', connection: 'ionworks' },
        ...{ error: 'StoreUnavailableError', reason: 'ECONNRESET' },
      },
    ]);
  });

  test.each(['', 'junk', '{}', '[]', 'null', '{"connection":7}'])(
    'that is malformed, such as %j, is logged and dropped',
    async (body) => {
      const own = functionWith(new Set(['sutro']));
      await own.run({ Records: [{ body }] });
      expect([own.visited, own.logged]).toEqual([
        [],
        [{ level: 'error', event: 'operation_ring_malformed' }],
      ]);
    },
  );
});

describe('the minute', () => {
  test('rings each connection that has something due once, sends the events of the webhook, and looks for what waits', async () => {
    const own = functionWith(new Set(['ionq', 'sutro']));
    await own.run(minute);
    expect([own.rung, own.visited, own.delivered(), own.watched()]).toEqual([[['ionq', 'sutro']], [], 1, 1]);
  });

  test('rings the others if one agenda cannot be read', async () => {
    const own = functionWith(new Set(['sutro']));
    await own.run(minute);
    expect(own.rung).toEqual([['sutro']]);
    expect(own.logged).toMatchObject([{ event: 'operation_agenda_unreadable', connection: 'ionworks' }]);
  });
});

test('an event that is neither fails as a whole, so that an alarm is raised', async () => {
  const own = functionWith(new Set(['sutro']));
  for (const event of [{}, null, { Records: 1 }, { ring: 'all' }, { Records: [{}] }])
    await expect(own.run(event)).rejects.toThrow();
  expect([own.visited, own.rung]).toEqual([[], []]);
});
