import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { createToken, hmacOf } from '../../shared/access/api-token.ts';
import {
  type Authenticator,
  callerOfOneToken,
  callersByToken,
  type KnownToken,
} from '../../shared/access/authenticator.ts';
import { type Caller, unrestrictedRights } from '../../shared/access/caller.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const ada: Caller = { id: 'ada', kind: 'person', rights: unrestrictedRights };
const agent: Caller = {
  id: 'night-agent',
  kind: 'agent',
  rights: { ...unrestrictedRights, actions: ['list'] },
};

let clock: ManualClock;
let pepper: string | undefined;
let tokens: Map<string, KnownToken> | undefined;
let callers: Authenticator;

/** Gives a caller a token, and says what to present. */
function give(caller: Caller, expiresAt?: number): string {
  const { token, id } = createToken();
  tokens?.set(id, {
    hmac: hmacOf(token, pepper ?? ''),
    caller,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });
  return `Bearer ${token}`;
}

beforeEach(() => {
  clock = new ManualClock();
  pepper = 'a-pepper-of-more-than-32-characters';
  tokens = new Map();
  callers = callersByToken({ tokens: async () => tokens, pepper: async () => pepper, clock });
});

describe('callers with tokens of their own', () => {
  test('are told apart', async () => {
    const [first, second] = [give(ada), give(agent)];
    expect(await callers.identify(first)).toBe(ada);
    expect(await callers.identify(second)).toBe(agent);
  });

  test('may have several, so that one can be replaced without a gap', async () => {
    const [old, next] = [give(ada), give(ada)];
    expect(await callers.identify(old)).toBe(ada);
    tokens?.delete(old.slice(15, 23));
    expect(await callers.identify(old)).toBe('rejected');
    expect(await callers.identify(next)).toBe(ada);
  });

  test('are refused from the moment when a token expires', async () => {
    const presented = give(ada, clock.wallTime() + 1_000);
    await clock.turn(999);
    expect(await callers.identify(presented)).toBe(ada);
    await clock.turn(1);
    expect(await callers.identify(presented)).toBe('rejected');
  });

  test('are refused the same with an unknown, a wrong, a mistyped and no token', async () => {
    const known = give(ada);
    const { token } = createToken();
    const stolenId = createToken(() => new Uint8Array(32).fill(7));
    tokens?.set(stolenId.id, { hmac: hmacOf(token, pepper ?? ''), caller: ada });
    for (const presented of [
      `Bearer ${token}`,
      `Bearer ${stolenId.token}`,
      `${known}x`,
      known.slice(7),
      `Basic ${known.slice(7)}`,
      `Bearer ${'0'.repeat(600)}`,
      'Bearer ',
      '',
      undefined,
    ])
      expect(await callers.identify(presented)).toBe('rejected');
  });

  test('are refused after any change of one character', async () => {
    const presented = give(ada);
    const character = fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_ ');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 7, max: presented.length - 1 }), character, async (at, other) => {
        const changed = presented.slice(0, at) + other + presented.slice(at + 1);
        if (changed !== presented) expect(await callers.identify(changed)).toBe('rejected');
      }),
      { numRuns: 1_000 },
    );
  });

  test('are refused with another pepper, and without one no caller is admitted', async () => {
    const presented = give(ada);
    pepper = 'another-pepper-of-more-than-32-characters';
    expect(await callers.identify(presented)).toBe('rejected');
    pepper = undefined;
    expect(await callers.identify(presented)).toBe('unconfigured');
  });

  test('are not admitted if the callers are unknown', async () => {
    const presented = give(ada);
    tokens = undefined;
    expect(await callers.identify(presented)).toBe('unconfigured');
  });
});

describe('the one token', () => {
  test('makes its holder a program with every right, without confirmations', async () => {
    const one = callerOfOneToken(async () => 'a-token-of-16-characters');
    expect(await one.identify('Bearer a-token-of-16-characters')).toEqual({
      id: 'token',
      kind: 'program',
      rights: unrestrictedRights,
    });
    expect(unrestrictedRights.confirmAbove).toBeUndefined();
    expect(await one.identify('Bearer a-token-of-16-characterz')).toBe('rejected');
    expect(await callerOfOneToken(async () => undefined).identify('Bearer x')).toBe('unconfigured');
  });
});
