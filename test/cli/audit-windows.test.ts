import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditWindows, type ReadPage } from '../../cli/audit-export/audit-windows.ts';
import type { AuditEntry } from '../../shared/access/audit/entry.ts';
import { timestamp } from '../../shared/lib/clock.ts';
import { runs } from '../support/thorough.ts';

const now = Date.parse('2026-11-29T12:00:00Z');

function entryAt(at: number, request: number, job: number): AuditEntry {
  return {
    ...{ at: timestamp(at), request_id: `r-${String(request).padStart(4, '0')}`, caller: 'ada' },
    ...{ kind: 'person', surface: 'cli', action: 'cancel', decision: 'allowed', job_id: `job-${job}` },
  };
}

/** Reads pages of an audit, of which each has at most so many entries, as a gateway does. */
function pagesOf(audit: readonly AuditEntry[], most: number) {
  let pages = 0;
  const groups = Object.groupBy(audit, ({ at, request_id }) => `${at} ${request_id}`);
  const all = Object.values(groups)
    .toReversed()
    .flatMap((entries = []) => entries);
  const times = all.map(({ at }) => Date.parse(at));
  const read: ReadPage = async ({ since, until, limit, cursor = '0' }) => {
    pages += 1;
    const begin = Date.parse(since);
    const end = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until);
    const newestFirst = all.filter((_, index) => begin <= (times[index] ?? 0) && (times[index] ?? 0) <= end);
    const place = Number(cursor);
    const next = place + Math.min(most, limit);
    return {
      entries: newestFirst.slice(place, next),
      unreadable: 0,
      next_cursor: next < newestFirst.length ? `${next}` : null,
    };
  };
  return { read, pages: () => pages };
}

async function readAll(read: ReadPage, from: number) {
  const found: AuditEntry[] = [];
  const windows = auditWindows(read, from, now);
  for (;;) {
    const { value, done } = await windows.next();
    if (done) return { found, isWhole: value };
    found.push(...value.entries);
  }
}

describe('the windows of an export', () => {
  it('hold each entry once, the oldest request first and its jobs in their order, wherever the audit is dense', async () => {
    const gap = fc.oneof(fc.constant(0), fc.nat(5), fc.nat(3_600_000), fc.nat(40 * 86_400_000));
    const requests = fc.array(fc.tuple(gap, fc.integer({ min: 1, max: 4 })), { maxLength: 150 });
    await fc.assert(
      fc.asyncProperty(requests, fc.integer({ min: 1, max: 9 }), async (shape, most) => {
        let at = now + 60_000;
        const audit = shape
          .map(([before, jobs], request) => {
            at = Math.max(0, at - before);
            return Array.from({ length: jobs }, (_, job) => entryAt(at, shape.length - request, job));
          })
          .toReversed()
          .flat();
        const { found, isWhole } = await readAll(pagesOf(audit, most).read, 0);
        expect(isWhole).toBe(true);
        expect(found).toEqual(audit);
      }),
      { numRuns: runs(2_000, 60) },
    );
  });

  it('are few where the audit is short, and not many more than its pages where it is long', async () => {
    const short = pagesOf([entryAt(now - 5, 1, 1)], 1_000);
    await readAll(short.read, 0);
    expect(short.pages()).toBe(1);
    const audit = Array.from({ length: 5_000 }, (_, index) =>
      entryAt(now - (5_000 - index) * 60_000, index, 0),
    );
    const long = pagesOf(audit, 10);
    expect((await readAll(long.read, 0)).found).toEqual(audit);
    expect(long.pages()).toBeLessThan(1.6 * 500);
  });

  it('end where a page cannot be read', async () => {
    const audit = Array.from({ length: 100 }, (_, index) => entryAt(now - 100 + index, index, 0));
    const { read } = pagesOf(audit, 1);
    let left = 30;
    const { isWhole } = await readAll(async (request) => {
      left -= 1;
      return left < 0 ? undefined : read(request);
    }, 0);
    expect(isWhole).toBe(false);
  });
});
