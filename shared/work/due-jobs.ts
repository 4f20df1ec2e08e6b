import type { Resumable } from '../contract/operations.ts';
import { type AttemptHistory, historyInAir, newHistory } from '../engine/attempt-history.ts';
import type { JobResult } from '../operations/job-result.ts';
import type { ChunkCounts, OperationRecord, SharePlan, ShareRecord } from '../operations/operation.ts';
import type { ChunkPlace, OperationRecords } from '../operations/operation-records.ts';
import { chunkSize, countResults } from '../operations/state.ts';

/** A job that a slice works on: where it is kept, and what may have been sent before. */
export interface DueJob {
  readonly id: string;
  readonly place: ChunkPlace;
  /** Its place in the chunk. */
  readonly index: number;
  readonly history: AttemptHistory;
  /** Whether a cancel for it may have been sent before this slice. */
  readonly inAir: boolean;
}

/** A chunk as a slice finds it. */
export interface DueChunk {
  readonly place: ChunkPlace;
  readonly size: number;
  /** The attempt of the mark that it has. */
  readonly marked: number;
  /** The attempt that a mark of this slice has. */
  readonly attempt: number;
  /** The places of the jobs that a worker that died may have sent a cancel, whether this slice takes them or not. */
  readonly lost: ReadonlySet<number>;
  readonly jobs: readonly DueJob[];
  /** How many more jobs it has that this slice does not take. */
  readonly left: number;
}

/** How much one slice may take. */
export interface SliceSize {
  readonly chunks: number;
  readonly jobs: number;
  /** How many due jobs of a chunk it passes over, from the first one again after the last: a few bad jobs must not be every probe. */
  readonly skip?: number;
}

/** A chunk with how many of its jobs have each outcome. */
export interface CountedChunk {
  readonly chunk: number;
  readonly counts: ChunkCounts;
}

/** The chunks that a slice works on. `done`: those that have nothing to do. `end`: the first chunk that was not read. */
export interface DueChunks {
  readonly chunks: readonly DueChunk[];
  readonly done: readonly CountedChunk[];
  readonly end: number;
}

/** Reads the next chunks of a share that have jobs to do, as many as a slice may take. */
export async function readDueChunks(
  records: OperationRecords,
  operation: OperationRecord,
  plan: SharePlan,
  share: ShareRecord,
  size: SliceSize,
): Promise<DueChunks> {
  const found: DueChunk[] = [];
  const done: CountedChunk[] = [];
  let jobs = 0;
  let chunk = share.next;
  for (; chunk < plan.chunks && found.length < size.chunks && jobs < size.jobs; chunk += 1) {
    if (isDone(operation, plan, share, chunk)) continue;
    const { counts, ...due } = await readChunk(records, operation, plan, chunk);
    // Its worker may have died before it counted them.
    if (due.jobs.length === 0) {
      done.push({ chunk, counts });
      continue;
    }
    const taken = startingAt(due.jobs, size.skip ?? 0).slice(0, size.jobs - jobs);
    found.push({ ...due, jobs: taken, left: due.jobs.length - taken.length });
    jobs += taken.length;
  }
  return { chunks: found, done, end: chunk };
}

function startingAt<Item>(items: readonly Item[], skip: number): readonly Item[] {
  const start = skip % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

/** Whether the counts alone show that a chunk has nothing to do, so that it need not be read. */
function isDone(operation: OperationRecord, plan: SharePlan, share: ShareRecord, chunk: number): boolean {
  const counts = share.counts[chunk];
  if (counts === undefined) return false;
  const done = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return (
    done === chunkSize(plan, chunk) && redoneIn(operation).every((outcome) => (counts[outcome] ?? 0) === 0)
  );
}

/** The outcomes that are done again in this round: none in the first, where each job has at most one. */
function redoneIn({ round, redo }: OperationRecord): readonly Resumable[] {
  return round <= 1 ? [] : (redo ?? ['not_attempted', 'unknown', 'failed']);
}

async function readChunk(
  records: OperationRecords,
  operation: OperationRecord,
  plan: SharePlan,
  chunk: number,
): Promise<DueChunk & Pick<CountedChunk, 'counts'>> {
  const place = { operation, connection: plan.connection, chunk };
  const size = chunkSize(plan, chunk);
  const [ids, { results, lost, marked, attempts }] = await Promise.all([
    records.ids(place),
    records.known(place, size),
  ]);
  const jobs = ids.flatMap((id, index) => {
    const result = results[index];
    if (!isDue(result, operation) && !lost.has(index)) return [];
    const inAir = lost.has(index) || result?.ours === true;
    return [{ id, place, index, inAir, history: inAir ? historyInAir(id) : newHistory(id) }];
  });
  return { place, size, marked, attempt: attempts + 1, lost, jobs, left: 0, counts: countResults(results) };
}

/** A result of this round counts; one of an earlier round is done again if its outcome is one of those that are. */
function isDue(result: JobResult | undefined, operation: OperationRecord): boolean {
  if (result === undefined) return true;
  const isOfThisRound = (result.round ?? 1) >= operation.round;
  return !isOfThisRound && redoneIn(operation).some((outcome) => outcome === result.outcome);
}
