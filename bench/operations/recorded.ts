import * as z from 'zod';
import { auditBodySchema } from '../../shared/access/audit/body.ts';
import { parseJson } from '../../shared/lib/json.ts';
import { latestTime } from '../../shared/store/limits.ts';
import type { LogRecord, Store } from '../../shared/store/store.ts';

/** Jobs, each with the time at which its last outcome was recorded, in milliseconds since the epoch. */
export const recordedSchema = z.array(z.tuple([z.string(), z.number()]));

/** When the last outcome of each job of a connection was recorded. `appendedAt`: when a record of the audit was. */
export async function recordedOutcomes(
  store: Store,
  connection: string,
  appendedAt: (record: LogRecord) => number | undefined,
): Promise<z.infer<typeof recordedSchema>> {
  const latest = new Map<string, number>();
  for await (const record of recordsIn(store)) {
    const { data: body } = auditBodySchema.safeParse(parseJson(record.body));
    const at = appendedAt(record);
    if (body?.is !== 'outcomes' || at === undefined) continue;
    for (const job of body.jobs)
      if (job.connection === connection) latest.set(job.job_id, Math.max(at, latest.get(job.job_id) ?? 0));
  }
  return [...latest];
}

async function* recordsIn(store: Store): AsyncGenerator<LogRecord> {
  for (let after: LogRecord | undefined; ; ) {
    const records = await store.scan({ from: 0, to: latestTime, after, limit: 500 });
    yield* records;
    after = records.at(-1);
    if (after === undefined) return;
  }
}
