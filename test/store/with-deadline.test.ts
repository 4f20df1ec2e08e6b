import { beforeEach, expect, test } from 'vitest';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
import type { Store } from '../../shared/store/store.ts';
import { withDeadline } from '../../shared/store/with-deadline.ts';
import { ManualClock } from '../support/time/manual-clock.ts';
import { everything, request } from './law.ts';

let clock: ManualClock;
let asked: string[];
let over: number;
beforeEach(() => {
  clock = new ManualClock();
  asked = [];
  over = clock.now() + 1_000;
});

/** A store that answers when `answered` does. */
function storeThat(answered: () => Promise<unknown>): Store {
  const answer = async <T>(name: string, value: T): Promise<T> => {
    asked.push(name);
    await answered();
    return value;
  };
  return {
    get: () => answer('get', undefined),
    put: () => answer('put', 1),
    list: () => answer('list', { entries: [] }),
    append: () => answer('append', undefined),
    scan: () => answer('scan', []),
    close: async () => undefined,
  };
}
const open = (answered: () => Promise<unknown>) =>
  withDeadline(storeThat(answered), clock, { over: () => over });
const never = () => new Promise<void>(() => undefined);
const operations = [
  ['get', (store: Store) => store.get('key')],
  ['put', (store: Store) => store.put('key', 'x', { version: 0, expiresAt: 1 })],
  ['list', (store: Store) => store.list('folder', { limit: 1 })],
  ['append', (store: Store) => store.append(request(0, 'r'))],
  ['scan', (store: Store) => store.scan(everything)],
] as const;

/** After how many milliseconds it was refused. */
async function refusedAfter(work: Promise<unknown>): Promise<number> {
  const startedAt = clock.now();
  const error = await clock.until(work).catch((reason: unknown) => reason);
  if (error instanceof StoreUnavailableError && error.cause === 'store_slow') return clock.now() - startedAt;
  throw new Error('it was not refused');
}

test.each(operations)(
  '%s is answered as by the store itself, and leaves no timer behind',
  async (name, run) => {
    await clock.until(Promise.resolve(run(open(async () => undefined))));
    expect(asked).toEqual([name]);
    expect(clock.pending).toBe(0);
  },
);

test.each(operations)('%s rejects as the store does', async (_name, run) => {
  const store = open(() => Promise.reject(new RangeError('ours')));
  await expect(run(store)).rejects.toThrow('ours');
  expect(clock.pending).toBe(0);
});

test.each(operations)('no wait for %s goes beyond the end of the call', async (_name, run) => {
  expect(await refusedAfter(run(open(never)))).toBe(1_000);
});

test('the end is the one that is in force when the store is asked', async () => {
  const store = open(never);
  over += 5_000;
  expect(await refusedAfter(store.get('key'))).toBe(6_000);
});

test('when the time is over nothing is asked, but a record is still tried to be kept', async () => {
  over = clock.now() - 1;
  const refused = await Promise.all(operations.map(([, run]) => refusedAfter(run(open(never)))));
  expect(refused).toEqual([0, 0, 0, 250, 0].map((ms) => expect.closeTo(ms, -3)));
  expect(asked).toEqual(['append']);
  await open(async () => undefined).append(request(0, 'r'));
});

test('what is given up may end as it likes', async () => {
  let end = (_error: Error) => {};
  const work = new Promise((_, reject) => {
    end = reject;
  });
  expect(await refusedAfter(open(() => work).get('key'))).toBe(1_000);
  end(new Error('too late to matter'));
});
