import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createToken, hmacOf, keyFor, tokenIdOf } from '../../shared/access/api-token.ts';

const pepper = 'a pepper of at least 32 characters';

describe('a token', () => {
  test('says what it is, and names its id', () => {
    const { token, id } = createToken();
    expect(token).toMatch(/^calloff_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}$/);
    expect(token.slice(8, 16)).toBe(id);
    expect(tokenIdOf(token)).toBe(id);
  });

  test('is another each time', () => {
    expect(new Set(Array.from({ length: 1_000 }, () => createToken().token)).size).toBe(1_000);
  });

  test('is of characters that are all equally likely', () => {
    let next = 0;
    const everyByte = (size: number) => Uint8Array.from({ length: size }, () => next++ % 256);
    const counts = new Map<string, number>();
    for (let each = 0; each < 62 * 4; each += 1) {
      const { token } = createToken(everyByte);
      for (const character of token.slice(8, 16) + token.slice(17, 49))
        counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    expect(counts.size).toBe(62);
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
  });

  test('has a checksum over what precedes it, the same for ever', () => {
    const zeros = (size: number) => new Uint8Array(size);
    expect(createToken(zeros).token).toBe('calloff_00000000_0000000000000000000000000000000036027o');
  });

  test('is refused offline after any change of one character', () => {
    const { token } = createToken();
    const character = fc.oneof(
      fc.constantFrom(...'0123456789ABCabc_-'),
      fc.string({ minLength: 0, maxLength: 2 }),
    );
    fc.assert(
      fc.property(fc.nat(token.length - 1), character, (at, other) => {
        const changed = token.slice(0, at) + other + token.slice(at + 1);
        if (changed !== token) expect(tokenIdOf(changed)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  test('is no other text', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string().map((text) => `calloff_${text}`),
    );
    fc.assert(fc.property(texts, (text) => tokenIdOf(text) === undefined));
    const { token } = createToken();
    for (const text of ['', `${token}\n`, ` ${token}`, token.toUpperCase(), `${token}${token}`])
      expect(tokenIdOf(text)).toBeUndefined();
  });
});

describe('what is kept of a token', () => {
  test('depends on every character of it, and on the pepper', () => {
    const { token } = createToken();
    const kept = hmacOf(token, pepper);
    expect(kept).toMatch(/^[0-9a-f]{64}$/);
    expect(hmacOf(token, pepper)).toBe(kept);
    expect(hmacOf(token, `${pepper}!`)).not.toBe(kept);
    expect(hmacOf(`${token}0`, pepper)).not.toBe(kept);
    expect(hmacOf('calloff_k3T9sXw2_a', 'p'.repeat(32))).toBe(
      'c7b706625e5d9df138171fa031cb41f8c084931fdeffc7af3a9ecbc550b30a26',
    );
  });

  test('is made with a key that serves no other use', () => {
    expect(keyFor('token', pepper)).not.toEqual(keyFor('confirmation', pepper));
  });
});
