import { beforeEach, describe, expect, test } from 'vitest';
import { accessDenied, SecretCache, unreadable } from '../../shared/config/secrets/cache.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

let clock: ManualClock;
let cache: SecretCache;
let reads: string[];
/** What a read gives: a text, nothing, or a failure; after `delayMs`. */
let answer: string | undefined | typeof accessDenied | Error;
let delayMs: number;

beforeEach(() => {
  clock = new ManualClock(0);
  reads = [];
  answer = 'first';
  delayMs = 0;
  cache = new SecretCache({
    async fetchSecret(name) {
      reads.push(name);
      const given = answer;
      if (delayMs > 0) await new Promise<void>((resolve) => clock.after(delayMs, resolve));
      if (given instanceof Error) throw given;
      return given;
    },
    clock,
    maxAgeMs: 300_000,
  });
});

describe('a kept secret', () => {
  test('is read once by all who ask first together, each name for itself', async () => {
    delayMs = 100;
    const texts = Promise.all([cache.get('a'), cache.get('a'), cache.reread('a'), cache.get('b')]);
    expect(await clock.until(texts)).toEqual(['first', 'first', 'first', 'first']);
    expect(reads).toEqual(['a', 'b']);
  });

  test('is read again when it is too old, and not before', async () => {
    await cache.get('a');
    answer = 'second';
    await clock.turn(299_999);
    expect(await cache.get('a')).toBe('first');
    await clock.turn(1);
    expect(await cache.get('a')).toBe('second');
    expect(reads).toHaveLength(2);
  });

  test('is remembered as missing, too', async () => {
    answer = undefined;
    expect(await cache.get('a')).toBeUndefined();
    expect(await cache.get('a')).toBeUndefined();
    expect(reads).toHaveLength(1);
  });
});

describe('one whom the known secret did not serve', () => {
  test('has it read again, at most once a minute', async () => {
    await cache.get('a');
    answer = 'second';
    await clock.turn(59_999);
    expect(await cache.reread('a')).toBe('first');
    await clock.turn(1);
    expect(await Promise.all([cache.reread('a'), cache.reread('a'), cache.get('a')])).toEqual([
      'second',
      'second',
      'second',
    ]);
    await clock.turn(59_999);
    await cache.reread('a');
    expect(reads).toHaveLength(2);
  });

  test('does not wait a minute where secrets are kept for less', async () => {
    const brief = new SecretCache({ fetchSecret: async () => `${reads.push('a')}`, clock, maxAgeMs: 1_000 });
    await brief.get('a');
    await clock.turn(1_000);
    expect(await brief.reread('a')).toBe('2');
  });
});

describe('a read that fails', () => {
  test('leaves what was known in force, and is tried again after five seconds', async () => {
    await cache.get('a');
    await clock.turn(300_000);
    answer = new Error('throttled');
    expect(await cache.get('a')).toBe('first');
    answer = 'second';
    await clock.turn(4_999);
    expect(await cache.get('a')).toBe('first');
    expect(reads).toHaveLength(2);
    await clock.turn(1);
    expect(await cache.get('a'), 'nobody waits for the new try').toBe('first');
    expect(await cache.get('a')).toBe('second');
  });

  test('leaves nothing in force where nothing was known', async () => {
    answer = new Error('throttled');
    expect(await cache.get('a')).toBeUndefined();
    answer = 'second';
    await clock.turn(5_000);
    expect(await cache.get('a')).toBe('second');
  });

  test('again and again still leaves what was once known', async () => {
    await cache.get('a');
    await clock.turn(300_000);
    answer = new Error('throttled');
    for (let each = 0; each < 5; each += 1) {
      expect(await cache.get('a')).toBe('first');
      await clock.turn(5_000);
    }
    expect(reads).toHaveLength(6);
  });

  test('is not tried again at once by those whom the known secret did not serve', async () => {
    await cache.get('a');
    await clock.turn(60_000);
    answer = new Error('throttled');
    for (let each = 0; each < 5; each += 1) expect(await cache.reread('a')).toBe('first');
    expect(reads).toHaveLength(2);
    await clock.turn(5_000);
    await cache.reread('a');
    expect(reads).toHaveLength(3);
  });

  test('is counted from its end, however long it took', async () => {
    answer = new Error('timed out');
    delayMs = 9_000;
    await clock.until(cache.get('a'));
    await clock.turn(4_999);
    await cache.get('a');
    expect(reads).toHaveLength(1);
  });
});

describe('a secret that may not be read', () => {
  test('counts as missing, and is told from one that is not there and one that cannot be read now', async () => {
    answer = accessDenied;
    expect([await cache.get('a'), await cache.readOrUnknown('a')]).toEqual([undefined, accessDenied]);
    answer = undefined;
    expect(await cache.readOrUnknown('b')).toBeUndefined();
    answer = new Error('throttled');
    expect(await cache.readOrUnknown('c')).toBe(unreadable);
  });

  test('and could be before, stays in force, however long that lasts', async () => {
    await cache.get('a');
    answer = accessDenied;
    for (let each = 0; each < 5; each += 1) {
      await clock.turn(300_000);
      expect(await cache.get('a')).toBe('first');
      answer = each % 2 === 0 ? new Error('throttled') : accessDenied;
    }
    answer = 'second';
    await clock.turn(300_000);
    await cache.get('a');
    expect(await cache.get('a')).toBe('second');
  });

  test('is read once it may be', async () => {
    answer = accessDenied;
    await cache.get('a');
    answer = 'first';
    await clock.turn(300_000);
    expect(await cache.get('a')).toBe('first');
  });
});
