import { describe, expect, test } from 'vitest';
import type { Exchange, ProviderName, TrueJob } from '../../sandbox/sandbox.ts';
import { createToken } from '../../shared/access/api-token.ts';
import {
  type Answered,
  blindRepeats,
  falsehoods,
  growth,
  leakIn,
  lostInAudit,
  lostInOperation,
  ownFailures,
  type Said,
  secretMark,
  type Trouble,
} from '../support/torture/judge.ts';

/** One IonQ job that ran, was cancelled by calloff, and was seen as cancelled. */
const events = {
  running: { operation: 'status', served: { a: 'started' } },
  cancel: { operation: 'cancel', jobIds: ['a'], effective: ['a'] },
  idle: { operation: 'cancel', jobIds: ['a'] },
  limited: { operation: 'cancel', jobIds: ['a'], status: 429 },
  failed: { operation: 'status', jobIds: ['a'], status: 503 },
  cancelled: { operation: 'list', served: { a: 'canceled' } },
  completed: { operation: 'status', served: { a: 'completed' } },
  refusedWhole: { operation: 'cancelMany', jobIds: ['a', 'b'], status: 404 },
  actedWhole: { operation: 'cancelMany', jobIds: ['a', 'b'], status: 404, effective: ['b'] },
  unseen: { operation: 'status', served: { a: 'A NEW WORD' }, fault: 'unseen_status' },
} as const satisfies Record<string, Partial<Exchange>>;
type Event = keyof typeof events;

const rest = { at: 0, method: 'GET', path: '/', status: 200, jobIds: [], served: {}, effective: [] } as const;
const exchangesOf = (names: readonly Event[]): Exchange[] =>
  names.map((name, index) => ({
    ...{ ...rest, keyAccepted: true, keySeen: 'k', ...events[name] },
    sequence: index + 1,
  }));

function lies(
  names: readonly Event[],
  said: Partial<Said>,
  state: TrueJob['state'] = 'cancelled',
  provider: ProviderName = 'ionq',
): string[] {
  const exchanges = exchangesOf(names);
  const truth = { id: 'a', state, createdAt: 0, cancelRequests: 1 };
  const honest: Said = {
    ...{ surface: 'http', outcome: 'cancelled', state: 'cancelled' },
    ...{ heardAfter: exchanges.length, isAlone: true },
  };
  return falsehoods({ ...honest, ...said }, { provider, id: 'a', exchanges, truth });
}

describe('of words about a job', () => {
  test.each<[string, readonly Event[], Partial<Said>, TrueJob['state']?]>([
    ['cancelled', ['running', 'cancel', 'cancelled'], {}],
    ['already cancelled', ['cancelled'], { outcome: 'already_cancelled' }],
    [
      'cancelled by another caller',
      ['cancel', 'cancelled'],
      { outcome: 'already_cancelled', isAlone: false },
    ],
    ['finished', ['running', 'idle', 'completed'], { outcome: 'already_finished' }, 'completed'],
    ['unknown', ['cancel', 'failed'], { outcome: 'unknown' }],
    ['unknown, by a process that died', ['running'], { outcome: 'unknown', mayBeUnsent: true }, 'running'],
    [
      'not attempted, and then done by the next slice',
      ['cancel'],
      { outcome: 'not_attempted', mayBeRetried: true },
    ],
    ['under way', ['cancel', 'running'], { outcome: 'cancelling' }, 'running'],
  ])('an honest one is left alone: %s', (_what, names, said, state) => {
    expect(lies(names, said, state)).toEqual([]);
  });

  test.each<[string, readonly Event[], Partial<Said>, TrueJob['state']?]>([
    ['a 2xx is taken for a cancel', ['running', 'cancel', 'running'], {}],
    ['the job runs on', ['running', 'cancel', 'cancelled'], {}, 'running'],
    ['the status came before the cancel', ['cancelled', 'cancel'], {}],
    ['the status came after the word', ['running', 'cancel', 'cancelled'], { heardAfter: 2 }],
    ['only a refused cancel had arrived', ['running', 'limited', 'cancelled'], {}],
    ['no other request can have cancelled it', ['cancel', 'cancelled'], { outcome: 'already_cancelled' }],
    ['no status showed its end', ['running', 'cancel'], { outcome: 'already_finished' }, 'completed'],
    ['it is there', ['running'], { outcome: 'not_found' }, 'running'],
    ['a cancel took effect, and it failed', ['cancel', 'failed'], { outcome: 'failed' }],
    ['a cancel took effect, and it was refused', ['cancel'], { outcome: 'refused' }],
    ['a cancel was sent, and it was not attempted', ['idle'], { outcome: 'not_attempted' }, 'running'],
    ['a dry run sent a cancel', ['cancel'], { outcome: 'would_cancel' }],
    ['nothing was sent, and it is unknown', ['running'], { outcome: 'unknown' }, 'running'],
    ['nothing was sent, and it is under way', ['running'], { outcome: 'cancelling' }, 'running'],
  ])('a false one is found: %s', (_what, names, said, state) => {
    expect(lies(names, said, state)).not.toEqual([]);
  });
});

test.each<[ProviderName, number]>([
  ['ionworks', 0],
  ['ionq', 1],
])('flags of %s tell of an end although its word is new, or do not', (provider, count) => {
  const finished = { outcome: 'already_finished', state: 'failed' } as const;
  expect(lies(['unseen'], finished, 'failed', provider)).toHaveLength(count);
  expect(lies(['unseen'], { outcome: 'already_cancelled' }, 'cancelled', provider)).toHaveLength(1);
});

test.each<[number, readonly Event[]]>([
  [0, ['running', 'cancel', 'cancelled']],
  [0, ['cancel', 'failed', 'cancel', 'running']],
  [0, ['limited', 'cancel', 'limited']],
  [1, ['cancel', 'cancel', 'running']],
  [2, ['cancel', 'idle', 'limited', 'cancel']],
  [0, ['refusedWhole', 'cancel', 'running']],
  [0, ['refusedWhole', 'refusedWhole', 'running']],
  [1, ['cancel', 'refusedWhole', 'cancel']],
  [1, ['actedWhole', 'cancel', 'running']],
])('it counts %i cancels that were sent again without a look: %j', (repeats, names) => {
  expect(blindRepeats({ exchanges: exchangesOf(names) })).toBe(repeats);
});

describe('of answers', () => {
  const answered: Answered = {
    what: 'a cancel',
    server: 'A',
    from: 5_000,
    to: 6_000,
    status: 503,
    reasons: [],
  };
  const none = { status: undefined };
  const locked: Trouble = { place: 'store', from: 5_500, to: 9_000 };
  const killed: Trouble = { place: 'A', from: 5_900, to: 8_000 };
  const stopped: Trouble = { ...killed, isOrderly: true };

  test.each<[string, Partial<Answered>, readonly Trouble[]]>([
    ['a fault of the caller', { status: 400 }, []],
    ['a provider that is down', { reasons: ['provider_unavailable'] }, []],
    ['a store that is locked, meanwhile', { status: 500, reasons: ['internal', 'store_locked'] }, [locked]],
    ['none, of a server that was killed', none, [killed]],
    ['none to what came while the server stopped', { ...none, from: 5_800 }, [stopped]],
    [
      'none to what was not sent whole when the server stopped',
      { ...none, from: 1_000, sentAt: 5_950 },
      [stopped],
    ],
  ])('one is left alone: %s', (_what, more, troubles) => {
    expect(ownFailures({ ...answered, ...more }, troubles)).toEqual([]);
  });

  test.each<[string, Partial<Answered>, readonly Trouble[]]>([
    ['a bug', { status: 500, reasons: ['internal'] }, []],
    ['a bug while the store is locked', { status: 500, reasons: ['internal'] }, [locked]],
    ['a store that was not locked', { status: 500, reasons: ['internal', 'store_locked'] }, [killed]],
    ['none', none, []],
    ['none, while another server was killed', none, [{ ...killed, place: 'B' }]],
    ['none, of a server that had time to answer before its end', { ...none, from: 1_000 }, [stopped]],
    [
      'none to what took long to send, of a server that had time',
      { ...none, from: 500, sentAt: 1_000 },
      [stopped],
    ],
  ])('one is found: %s', (_what, more, troubles) => {
    expect(ownFailures({ ...answered, ...more }, troubles)).toHaveLength(1);
  });
});

test('it finds what the audit lost: a cancel without an entry, an attempt without an outcome, an outcome that a caller was told', () => {
  const audited = [
    { job: 'ionq/a', outcome: 'cancelled' },
    { job: 'ionq/b', outcome: undefined },
    { job: 'ionq/c', outcome: 'unknown' },
  ] as const;
  const told = [
    { job: 'ionq/a', outcome: 'cancelled' },
    { job: 'ionq/c', outcome: 'cancelled' },
    { job: 'ionq/d', outcome: 'failed' },
  ] as const;
  const found = lostInAudit(audited, ['ionq/a', 'ionq/e'], told);
  expect(found.map((line) => line.slice(0, 6))).toEqual(['ionq/e', 'ionq/b', 'ionq/c', 'ionq/d']);
});

test('it finds what an operation lost: a job that was forgotten, one with two outcomes, one that is of another', () => {
  expect(lostInOperation(['a', 'b', 'c'], ['c', 'b', 'a'])).toEqual([]);
  const found = lostInOperation(['a', 'b', 'a'], ['b', 'b', 'c']);
  expect(found.map((line) => line.slice(0, 1))).toEqual(['a', 'b', 'c']);
});

test('it finds tokens and keys anywhere in a text, and does not repeat them', () => {
  const { token, id } = createToken();
  expect(leakIn(`{"message":"the id ${id} is no secret"}`)).toBeUndefined();
  for (const secret of [token, `${secretMark}ionq-1`]) {
    const leak = leakIn(`x${secret}y`);
    expect(secret).toContain(leak);
    expect(leak).not.toBe(secret);
  }
});

test('it takes memory for flat until a quarter and 8 MB more are in use', () => {
  expect(growth(40_000_000, 58_000_000)).toEqual([]);
  expect(growth(40_000_000, 58_100_000)).toHaveLength(1);
});
