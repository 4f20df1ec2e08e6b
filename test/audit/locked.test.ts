import { expect, test } from 'vitest';
import { AuditWriter } from '../../shared/access/audit/writer.ts';
import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import { folderUnavailable } from '../../shared/store/errors.ts';
import type { LogRecord, Store } from '../../shared/store/store.ts';
import { memoryStore } from '../store/memory-store.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const request = { caller: 'robin', kind: 'program', surface: 'http', action: 'cancel' } as const;
const outcome: Outcome = {
  ...{ provider: 'sutro', job_id: 'job-1', outcome: 'cancelled', state: 'cancelled', retryable: false },
  ...{ evidence: { source: 'none', provider_status: null, observed_at: null }, message: '' },
};

/** A auditWriter whose store cannot be written to for so long, and what got into it. */
function trailBehind(reason: string, lockedMs: number) {
  const clock = new ManualClock();
  const kept: LogRecord[] = [];
  const store: Store = {
    ...memoryStore({ values: new Map(), records: [], lastVersion: 0 }, clock),
    async append(records) {
      if (clock.now() < lockedMs) throw folderUnavailable('/data', reason);
      kept.push(...records);
    },
  };
  return { clock, kept, auditWriter: new AuditWriter(store, clock, 'request-1') };
}

test.each([0, 1, 4_900, 7_900])(
  'the outcome of a cancel is recorded if the store is locked for %i ms',
  async (ms) => {
    const { clock, kept, auditWriter } = trailBehind('SQLITE_BUSY', ms);
    await clock.until(auditWriter.recordOutcomes(request, [outcome]));
    expect(kept.map(({ body }) => JSON.parse(body).is)).toEqual(['outcomes']);
    expect(clock.now()).toBeLessThan(ms + 1_000);
  },
);

test.each([
  ['a store that is locked for longer', 'SQLITE_BUSY', 8_250],
  ['a store that is full', 'SQLITE_FULL', 0],
])('%s is not waited for any longer', async (_what, reason, longestMs) => {
  const { clock, kept, auditWriter } = trailBehind(reason, 60_000);
  await expect(clock.until(auditWriter.recordOutcomes(request, [outcome]))).rejects.toThrow(
    'calloff cannot keep its data',
  );
  expect([kept, clock.now() <= longestMs]).toEqual([[], true]);
});

test('the record of outcomes without a sent cancel waits no longer than the store does', async () => {
  const { clock, auditWriter } = trailBehind('SQLITE_BUSY', 5_000);
  await expect(auditWriter.recordOutcomes(request, [outcome], 0)).rejects.toThrow('locked');
  expect(clock.now()).toBe(0);
});

test('nothing that is to be sent waits for a lock beyond the patience of the store', async () => {
  const { clock, auditWriter } = trailBehind('SQLITE_BUSY', 5_000);
  await expect(auditWriter.recordIntent(request, 'sutro', ['job-1'], 0)).rejects.toThrow('locked');
  expect(clock.now()).toBe(0);
});
