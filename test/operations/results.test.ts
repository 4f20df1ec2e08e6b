import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { causes, codeNames, outcomeNames, states } from '../../shared/contract/outcome.ts';
import { timestamp } from '../../shared/lib/clock.ts';
import { type JobResult, mergeResults } from '../../shared/operations/job-result.ts';
import { packMark, unpackMark } from '../../shared/operations/mark.ts';
import { packedFlags, packResults, unpackResults } from '../../shared/operations/packed-results.ts';

const flags = Object.fromEntries(packedFlags.map((flag) => [flag, fc.constant(true as const)]));
const results: fc.Arbitrary<JobResult> = fc.record(
  {
    outcome: fc.constantFrom(...outcomeNames),
    state: fc.constantFrom(...states),
    code: fc.constantFrom(...codeNames),
    cause: fc.constantFrom(...causes),
    source: fc.constantFrom('status' as const, 'reply' as const),
    word: fc.string(),
    at: fc.integer({ min: 1, max: 2 ** 45 }),
    details: fc.constant({ job_cost: 1 }),
    round: fc.integer({ min: 2, max: 99 }),
    ...flags,
  },
  { requiredKeys: ['outcome', 'state'] },
);
const finals = new Set(['cancelled', 'already_cancelled', 'already_finished', 'not_found']);

describe('results of a chunk', () => {
  it('are read as they were written', () => {
    const chunks = fc.array(fc.option(results, { nil: undefined }), { maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(chunks, fc.nat(), (list, closes) => {
        expect(unpackResults(packResults({ closes, results: list }), list.length)).toEqual({
          closes,
          results: list,
        });
      }),
      { numRuns: 50 },
    );
  });

  it('keep for good that a cancel was sent, or may have been', () => {
    fc.assert(
      fc.property(results, results, (known, seen) => {
        const wasSent = known.sent === true || seen.sent === true;
        expect(mergeResults(known, seen).sent === true).toBe(wasSent);
      }),
    );
  });

  it('are missing where they cannot be read, whatever is stored', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.nat({ max: 50 }), (text, size) => {
        expect(unpackResults(text, size).results).toHaveLength(size);
      }),
    );
  });

  it('take about twenty bytes a job, because each check rewrites all of a chunk', () => {
    const at = Date.parse('2026-01-01T00:00:00Z');
    const one = { outcome: 'cancelled', state: 'cancelled', source: 'status', word: 'canceled' } as const;
    const list = Array.from({ length: 500 }, (_, index): JobResult => {
      const created_at = timestamp(at - ((index * 7_919_333) % 86_400_000));
      return {
        ...one,
        at: at + ((index * 7_919) % 60_000),
        accepted: true,
        ours: true,
        details: { created_at },
      };
    });
    expect(packResults({ closes: 1, results: list }).length).toBeLessThan(500 * 25);
  });

  it('that were stored before they were compressed are read, and few are not compressed', () => {
    const row = ['refused', 'running', '', 0, null, 'protected_job'];
    const list = [{ outcome: 'refused', state: 'running', code: 'protected_job' } as const];
    expect(packResults({ closes: 3, results: list })).toBe(JSON.stringify({ closes: 3, rows: [row] }));
    const text = JSON.stringify({ closes: 3, rows: Array.from({ length: 500 }, () => row) });
    expect(unpackResults(text, 500).results).toEqual(Array.from({ length: 500 }, () => list[0]));
  });
});

describe('a result', () => {
  it('is never replaced by a less final one, in whatever order it is heard', () => {
    fc.assert(
      fc.property(results, results, (one, other) => {
        const merged = mergeResults(one, other);
        if (finals.has(one.outcome)) expect(merged.outcome).toBe(one.outcome);
        if (finals.has(other.outcome)) expect(finals.has(merged.outcome)).toBe(true);
        expect(mergeResults(merged, other)).toEqual(merged);
      }),
    );
  });

  it('of a job that is seen alive later says that it came back', () => {
    const cancelled = { outcome: 'cancelled', state: 'cancelled', source: 'status', at: 1 } as const;
    const alive = { outcome: 'cancelling', state: 'running', source: 'status', at: 2 } as const;
    expect(mergeResults(cancelled, alive)).toEqual({ ...cancelled, came_back: true });
    expect(mergeResults(cancelled, { ...alive, at: 1 })).toEqual(cancelled);
  });
});

describe('a mark', () => {
  it('is read as it was written', () => {
    const places = fc
      .uniqueArray(fc.nat({ max: 499 }))
      .map((list) => list.toSorted((one, other) => one - other));
    fc.assert(
      fc.property(fc.nat(), places, (attempt, due) => {
        expect(unpackMark(packMark({ attempt, due }))).toEqual({ attempt, due });
      }),
    );
  });
});
