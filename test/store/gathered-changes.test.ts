import { beforeEach, expect, test } from 'vitest';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
import { GatheredChanges } from '../../shared/store/gathered-changes.ts';
import type { Store } from '../../shared/store/store.ts';
import { withDeadline } from '../../shared/store/with-deadline.ts';
import { ManualClock } from '../support/time/manual-clock.ts';
import { type Memory, memoryStore } from './memory-store.ts';

let clock: ManualClock;
let memory: Memory;
let store: Store;
let puts: number;
/** What each put waits for. */
let gate: Promise<unknown>;
let gathered: GatheredChanges<string>;
beforeEach(() => {
  clock = new ManualClock();
  memory = { values: new Map(), records: [], lastVersion: 0 };
  puts = 0;
  gate = Promise.resolve();
  gathered = new GatheredChanges();
  const kept = memoryStore(memory, clock);
  store = {
    ...kept,
    async put(key, value, terms) {
      puts += 1;
      await gate;
      return kept.put(key, value, terms);
    },
  };
});

const append = (changes: readonly string[], value = '') => ({
  value: value + changes.join(''),
  expiresAt: clock.wallTime() + 60_000,
});
const add = (change: string, to = store) => gathered.make({ store: to, clock, key: 'word' }, change, append);
const word = () => memory.values.get('word')?.value;
const callThatEndsIn = (ms: number) => {
  const end = clock.now() + ms;
  return withDeadline(store, clock, { over: () => end });
};

test('makes the changes that come together by one write, in their order', async () => {
  await Promise.all([...'gather'].map((letter) => add(letter)));
  expect([word(), puts]).toEqual(['gather', 1]);
});

test('makes those that come while a write is under way by one write after it', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  gate = promise;
  const first = add('a');
  await clock.until(Promise.resolve());
  const others = [...'bcde'].map((letter) => add(letter));
  resolve();
  await Promise.all([first, ...others]);
  expect([word(), puts]).toEqual(['abcde', 2]);
});

test('makes them all again if another process was faster', async () => {
  await add('a');
  const replaced = { value: 'other ', version: 1_000, expiresAt: clock.wallTime() + 60_000 };
  memory.values.set('word', replaced);
  await Promise.all([add('b'), add('c')]);
  expect(word()).toBe('other bc');
});

test('leaves out a change whose call ended while it waited, and keeps the others waiting', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  gate = promise;
  const first = add('a');
  await clock.until(Promise.resolve());
  const late = add('b', callThatEndsIn(100));
  const patient = add('c', callThatEndsIn(5_000));
  await expect(clock.until(late)).rejects.toThrow(StoreUnavailableError);
  resolve();
  await Promise.all([first, clock.until(patient)]);
  expect(word()).toBe('ac');
});

test('rejects every call of a write that failed, and none after it', async () => {
  gate = Promise.reject(new StoreUnavailableError('it is gone', 'gone'));
  gate.catch(() => undefined);
  const results = await Promise.allSettled([add('a'), add('b')]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  gate = Promise.resolve();
  await add('c');
  expect(word()).toBe('c');
});

test('rejects every call of a reading that failed, and none after it', async () => {
  const reading = store.get;
  store.get = () => Promise.reject(new StoreUnavailableError('it is gone', 'gone'));
  const results = await Promise.allSettled([add('a'), add('b')]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  store.get = reading;
  await add('c');
  expect(word()).toBe('c');
});

test.each(['get', 'put'] as const)('goes on after a %s that never ends', async (operation) => {
  const whole = { [operation]: store[operation] };
  Object.assign(store, { [operation]: () => new Promise(() => undefined) });
  const held = ['a', 'b'].map((letter) => add(letter));
  const results = Promise.allSettled(held);
  const late = add('c', callThatEndsIn(100));
  await expect(clock.until(late)).rejects.toThrow(StoreUnavailableError);
  Object.assign(store, whole);
  expect((await clock.until(results)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await clock.until(add('d'));
  expect(word()).toBe('d');
});
