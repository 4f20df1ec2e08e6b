import { createHash, randomBytes } from 'node:crypto';
import type { JobEntry } from '../contract/job-entries.ts';
import { mostOperationJobs } from '../contract/operations.ts';
import { inPool } from '../lib/concurrency.ts';
import { yieldIfBusy } from '../lib/event-loop.ts';
import { chunkJobs, type OperationRecord, type PageRecord, type SharePlan } from './operation.ts';
import type { OperationRecords } from './operation-records.ts';

/** A frozen set: its jobs are stored in chunks by connection, in the order in which they were asked for. */
export type FrozenSet = Required<Pick<OperationRecord, 'set' | 'digest' | 'jobs' | 'duplicates' | 'shares'>>;

/** How many values are written at the same time. */
const writesAtOnce = 4;

/**
 * Stores the set of an operation under a new name, so that a freeze that broke off leaves nothing behind that counts.
 * `pages` hold canonical ids. Returns `too_many` for more than {@link mostOperationJobs} distinct jobs. Rejects if the store does.
 */
export async function freeze(
  records: OperationRecords,
  operation: OperationRecord,
  pages: AsyncIterable<readonly JobEntry[]>,
): Promise<FrozenSet | 'too_many'> {
  const ids = new Map<string, Set<string>>();
  const digest = createHash('sha256').update(JSON.stringify(howOf(operation)));
  let entries = 0;
  for await (const page of pages) {
    await yieldIfBusy();
    collect(ids, page);
    entries += page.length;
    digest.update(JSON.stringify(page.map(({ provider, job_id }) => [provider, job_id])));
    if (sizeOf(ids) > mostOperationJobs) return 'too_many';
  }
  const set = randomBytes(9).toString('base64url');
  const shares = [...ids].map(([connection, share]) => planOf(connection, share.size));
  for (const [connection, share] of ids)
    await putChunks(records, { ...operation, set }, connection, [...share]);
  const jobs = sizeOf(ids);
  return { set, digest: digest.digest('base64url'), jobs, duplicates: entries - jobs, shares };
}

/**
 * Whether pages hold more than {@link mostOperationJobs} distinct jobs. Reads their `jobs` only if the numbers of jobs allow for it.
 * Rejects if the store does.
 */
export async function hasTooMany(
  pages: readonly Pick<PageRecord, 'jobs'>[],
  jobs: AsyncIterable<readonly JobEntry[]>,
): Promise<boolean> {
  if (pages.reduce((sum, page) => sum + page.jobs, 0) <= mostOperationJobs) return false;
  const ids = new Map<string, Set<string>>();
  for await (const page of jobs) {
    await yieldIfBusy();
    collect(ids, page);
    if (sizeOf(ids) > mostOperationJobs) return true;
  }
  return false;
}

function collect(ids: Map<string, Set<string>>, page: readonly JobEntry[]): void {
  for (const { provider, job_id } of page) {
    const share = ids.get(provider) ?? new Set();
    ids.set(provider, share.add(job_id));
  }
}

function sizeOf(ids: ReadonlyMap<string, ReadonlySet<string>>): number {
  return [...ids.values()].reduce((sum, { size }) => sum + size, 0);
}

function planOf(connection: string, jobs: number): SharePlan {
  return { connection, jobs, chunks: Math.ceil(jobs / chunkJobs) };
}

async function putChunks(
  records: OperationRecords,
  operation: OperationRecord,
  connection: string,
  ids: readonly string[],
): Promise<void> {
  const chunks = Array.from({ length: Math.ceil(ids.length / chunkJobs) }, (_, chunk) => chunk);
  await inPool(chunks, writesAtOnce, (chunk) =>
    records.putIds({ operation, connection, chunk }, ids.slice(chunk * chunkJobs, (chunk + 1) * chunkJobs)),
  );
}

/** What a confirmation of an operation is bound to, besides its jobs. */
function howOf({ id, send_if_status_unknown, follow_hours, max_per_second, reason }: OperationRecord) {
  return [id, send_if_status_unknown ?? false, follow_hours, max_per_second ?? null, reason ?? null];
}
