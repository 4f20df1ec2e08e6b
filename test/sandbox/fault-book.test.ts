import { describe, expect, test } from 'vitest';
import { FaultBook } from '../../sandbox/faults/fault-book.ts';
import type { Fault } from '../../sandbox/sandbox.ts';

const broken = { kind: 'status', status: 500 } as const;

/** Which of these requests a fault strikes; a request is a list of job ids. */
function struck(
  fault: Fault,
  requests: readonly string[][],
  operation: 'cancel' | 'status' = 'cancel',
): boolean[] {
  const book = new FaultBook();
  book.add(fault);
  return requests.map((jobIds) => book.strikes(operation, jobIds).answer() !== undefined);
}

describe('a fault', () => {
  test('strikes every request where nothing narrows it', () => {
    expect(struck(broken, [['a'], ['b'], []])).toEqual([true, true, true]);
  });

  test('strikes only its operations', () => {
    expect(struck({ ...broken, operations: ['status'] }, [['a']])).toEqual([false]);
    expect(struck({ ...broken, operations: ['status'] }, [['a']], 'status')).toEqual([true]);
  });

  test('strikes only its jobs, also within a bulk', () => {
    expect(struck({ ...broken, jobIds: ['b'] }, [['a'], ['b'], ['a', 'b'], []])).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test('strikes so many times', () => {
    expect(struck({ ...broken, times: 2 }, [['a'], ['a'], ['b'], ['c']])).toEqual([true, true, false, false]);
  });

  test('strikes every job so many times, each on its own', () => {
    const requests = [['a'], ['b'], ['a'], ['b'], ['a', 'c'], ['c']];
    expect(struck({ ...broken, times: 1, perJob: true }, requests)).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
    ]);
  });

  test('strikes a share of requests that is the same in every run', () => {
    const requests = Array.from({ length: 1000 }, () => ['a']);
    const fault = { ...broken, probability: 0.3, seed: 7 };
    const strikes = struck(fault, requests);
    expect(strikes.filter(Boolean).length).toBeGreaterThan(250);
    expect(strikes.filter(Boolean).length).toBeLessThan(350);
    expect(struck(fault, requests)).toEqual(strikes);
    expect(struck({ ...fault, seed: 8 }, requests)).not.toEqual(strikes);
  });

  test('counts once for a request, however many of its jobs it shows', () => {
    const book = new FaultBook();
    book.add({ kind: 'stale_look', ms: 5, times: 1 });
    const first = book.strikes('list', []);
    expect([first.on('stale_look', 'a'), first.on('stale_look', 'b')]).toEqual([
      expect.anything(),
      expect.anything(),
    ]);
    expect(book.strikes('list', []).on('stale_look', 'a')).toBeUndefined();
  });

  test('yields to the one set before it, and is cleared with the others', () => {
    const book = new FaultBook();
    book.add({ kind: 'hang' });
    book.add(broken);
    expect(book.strikes('status', ['a']).answer()).toMatchObject({ kind: 'hang' });
    book.clear();
    expect(book.strikes('status', ['a']).answer()).toBeUndefined();
  });

  test('adds its delay to others', () => {
    const book = new FaultBook();
    book.add({ kind: 'delay', ms: 5 });
    book.add({ kind: 'delay', ms: 7, operations: ['status'] });
    expect([book.strikes('status', []).delayMs(), book.strikes('cancel', []).delayMs()]).toEqual([12, 5]);
  });
});
