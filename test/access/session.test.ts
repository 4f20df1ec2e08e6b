import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { createToken, hmacOf } from '../../shared/access/api-token.ts';
import {
  type Authenticator,
  callerOfOneToken,
  callerOfTheOneToken,
  callersByToken,
  type Identity,
  type KnownToken,
} from '../../shared/access/authenticator.ts';
import { type Caller, unrestrictedRights } from '../../shared/access/caller.ts';
import { claimOf, isSealed, sealSession, sessionMs } from '../../shared/access/session.ts';
import { type Sessions, sessionsByToken, sessionsOfOneToken } from '../../shared/access/sessions.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const ada: Caller = { id: 'ada', kind: 'person', rights: unrestrictedRights };
const bob: Caller = { id: 'bob', kind: 'person', rights: { ...unrestrictedRights, actions: ['list'] } };
const theToken = 'a-token-of-16-characters';

let clock: ManualClock;
let pepper: string | undefined;
let tokens: Map<string, KnownToken> | undefined;
let oneToken: string | undefined;
let own: Authenticator & Sessions;
let one: Authenticator & Sessions;

beforeEach(() => {
  clock = new ManualClock();
  pepper = 'a-pepper-of-more-than-32-characters';
  tokens = new Map();
  oneToken = theToken;
  const parts = { tokens: async () => tokens, pepper: async () => pepper, clock };
  own = { ...callersByToken(parts), ...sessionsByToken(parts) };
  const source = async () => oneToken;
  one = { ...callerOfOneToken(source), ...sessionsOfOneToken(source, clock) };
});

/** A caller's token: what to present, and its id. */
function give(caller: Caller, expiresAt?: number) {
  const { token, id } = createToken();
  tokens?.set(id, { hmac: hmacOf(token, pepper ?? ''), caller, expiresAt });
  return { token, id };
}

async function openedBy(callers: Sessions, token: string) {
  const opened = await callers.openSession(`Bearer ${token}`);
  if (typeof opened === 'string') throw new Error(opened);
  return opened;
}

/** Both kinds of installation, with a session of theirs and its caller. */
const kinds = [
  [
    'callers with tokens of their own',
    async () => ({ callers: own, ...(await openedBy(own, give(ada).token)) }),
  ],
  ['the one token', async () => ({ callers: one, ...(await openedBy(one, theToken)) })],
] as const;

describe.each(kinds)('a session of %s', (_kind, open) => {
  test('stands for the caller who opened it, and holds nothing of the token', async () => {
    const { callers, caller, cookie } = await open();
    expect([ada, callerOfTheOneToken]).toContain(caller);
    expect(await callers.identifySession(cookie)).toBe(caller);
    expect(cookie).not.toContain(theToken);
    for (const { hmac } of tokens?.values() ?? []) expect(cookie).not.toContain(hmac);
    expect(cookie).toMatch(/^[\w.-]{1,80}$/);
  });

  test('ends after eight hours, to the millisecond', async () => {
    const { callers, caller, cookie, endsAt } = await open();
    expect(sessionMs).toBe(8 * 3_600_000);
    expect(endsAt).toBe(clock.wallTime() + sessionMs);
    await clock.turn(sessionMs - 1);
    expect(await callers.identifySession(cookie)).toBe(caller);
    await clock.turn(1);
    expect(await callers.identifySession(cookie)).toBe('rejected');
  });

  test('is refused after any change of its cookie', async () => {
    const { callers, cookie } = await open();
    const text = fc.string({ unit: anyCharacter, maxLength: 3 });
    expect(await callers.identifySession(cookie.replace('.', '.0'))).toBe('rejected');
    const digit = fc.constantFrom(...'0123456789.-_AZaz= ');
    await fc.assert(
      fc.asyncProperty(
        fc.nat(cookie.length),
        fc.nat(2),
        fc.oneof(text, digit),
        async (at, removed, inserted) => {
          const changed = cookie.slice(0, at) + inserted + cookie.slice(at + removed);
          if (changed !== cookie) expect(await callers.identifySession(changed)).toBe('rejected');
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('is none whatever else a cookie holds', async () => {
    const { callers, cookie } = await open();
    const [id = '', end = '', mac = ''] = cookie.split('.');
    const later = String(Number(end) + 1);
    const pieces = fc.constantFrom(id, end, mac, later, '.', 'token', '__proto__', '0', '9'.repeat(14), '\0');
    const hostile = fc.oneof(
      fc.string(),
      fc.string({ unit: anyCharacter }),
      fc.array(pieces, { maxLength: 7 }).map((all) => all.join('')),
      fc.tuple(pieces, pieces, pieces).map((all) => all.join('.')),
    );
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        if (text !== cookie) expect(await callers.identifySession(text)).toBe('rejected');
      }),
      { numRuns: 1_000 },
    );
  });

  test('is none of another installation, and neither kind takes a session of the other', async () => {
    const { callers, cookie } = await open();
    const other = callers === own ? one : own;
    expect(await other.identifySession(cookie)).toBe('rejected');
    pepper = 'another-pepper-of-more-than-32-characters';
    oneToken = 'another-token-of-16-characters';
    expect(await callers.identifySession(cookie)).toBe('rejected');
  });

  test('admits no one where what it is checked with cannot be read', async () => {
    const { callers, cookie } = await open();
    pepper = undefined;
    oneToken = undefined;
    expect(await callers.identifySession(cookie)).toBe('unconfigured');
    expect(await callers.openSession(`Bearer ${theToken}`)).toBe('unconfigured');
  });

  test('is opened by no header but one with a valid token', async () => {
    const { callers, cookie } = await open();
    for (const header of [`Bearer ${cookie}`, `Bearer ${theToken}x`, theToken, 'Bearer ', '', 'Basic x'])
      expect(await callers.openSession(header)).toBe('rejected');
  });

  test('is no token: a header with the cookie is refused', async () => {
    const { callers, cookie } = await open();
    expect(await callers.identify(`Bearer ${cookie}`)).toBe('rejected');
  });
});

describe('the session of a token', () => {
  test('ends with the token if that expires before', async () => {
    const { token } = give(ada, clock.wallTime() + 60_000);
    const { cookie, endsAt } = await openedBy(own, token);
    expect(endsAt).toBe(clock.wallTime() + 60_000);
    await clock.turn(59_999);
    expect(await own.identifySession(cookie)).toBe(ada);
    await clock.turn(1);
    expect(await own.identifySession(cookie)).toBe('rejected');
  });

  const changes: readonly (readonly [string, (id: string) => void])[] = [
    ['is revoked', (id) => tokens?.delete(id)],
    [
      'is replaced by another under its id',
      (id) => {
        tokens?.set(id, { hmac: hmacOf(createToken().token, pepper ?? ''), caller: ada });
      },
    ],
    [
      'is made to expire at once',
      (id) => {
        const known = tokens?.get(id);
        if (known !== undefined) tokens?.set(id, { ...known, expiresAt: clock.wallTime() });
      },
    ],
  ];
  test.each(changes)('ends when the token %s, and no other session does', async (_how, change) => {
    const [mine, other] = [give(ada), give(ada)];
    const [ends, stays] = [await openedBy(own, mine.token), await openedBy(own, other.token)];
    change(mine.id);
    expect(await own.identifySession(ends.cookie)).toBe('rejected');
    expect(await own.identifySession(stays.cookie)).toBe(ada);
  });

  test('has the rights that its caller has now', async () => {
    const { token, id } = give(ada);
    const { cookie } = await openedBy(own, token);
    const known = tokens?.get(id);
    const less: Caller = { ...ada, rights: bob.rights };
    if (known !== undefined) tokens?.set(id, { ...known, caller: less });
    expect(await own.identifySession(cookie)).toBe(less);
  });

  test('cannot be made into one of another token', async () => {
    const [mine, other] = [give(bob), give(ada)];
    const { cookie } = await openedBy(own, mine.token);
    expect(await own.identifySession(cookie.replace(mine.id, other.id))).toBe('rejected');
  });

  test('takes as long to refuse if its token is unknown as if it is wrong', async () => {
    const { token, id } = give(ada);
    const { cookie } = await openedBy(own, token);
    const wrong = `${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'B' : 'A'}`;
    const unknown = cookie.replace(id, 'AAAAAAAA');
    const [forWrong, forUnknown] = [
      await quickest(() => own.identifySession(wrong)),
      await quickest(() => own.identifySession(unknown)),
    ];
    expect(forUnknown / forWrong).toBeGreaterThan(0.5);
    expect(forUnknown / forWrong).toBeLessThan(2);
  });
});

/** The time of the quickest of many hundreds, which the load of the machine hardly touches. */
async function quickest(identify: () => Promise<Identity>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < 40; batch += 1) {
    const startedAt = performance.now();
    for (let count = 0; count < 50; count += 1) expect(await identify()).toBe('rejected');
    best = Math.min(best, performance.now() - startedAt);
  }
  return best;
}

describe('the seal of a session', () => {
  const terms = fc.record({
    tokenId: fc.stringMatching(/^[0-9A-Za-z]{1,8}$/),
    proof: fc.string(),
    endsAt: fc.integer({ min: 1_000_000_000, max: 99_999_999_999_999 }),
  });

  test('is good for its own terms and secret, and for no others', () => {
    fc.assert(
      fc.property(terms, terms, fc.string(), fc.string(), (mine, other, secret, otherSecret) => {
        const cookie = sealSession(mine, secret);
        const { tokenId, endsAt } = mine;
        expect(claimOf(cookie)).toEqual({ tokenId, endsAt });
        expect(isSealed(cookie, mine, secret)).toBe(true);
        for (const name of ['tokenId', 'proof', 'endsAt'] as const) {
          const changed = { ...mine, [name]: other[name] };
          expect(isSealed(cookie, changed, secret)).toBe(mine[name] === other[name]);
        }
        expect(isSealed(cookie, mine, otherSecret)).toBe(secret === otherSecret);
      }),
    );
  });
});
