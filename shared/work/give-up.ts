import type { Code } from '../contract/outcome.ts';
import { inChunks } from '../engine/connection.ts';
import type { JobResult } from '../operations/job-result.ts';
import type { ShareRecord } from '../operations/operation.ts';
import type { KnownChunk } from '../operations/operation-records.ts';
import { chunkSize, countResults, restOutcome } from '../operations/state.ts';
import { recordChanges } from './changed-outcomes.ts';
import type { CountedChunk } from './due-jobs.ts';
import { auditedOf } from './job-history.ts';
import { withCounts } from './share-progress.ts';
import type { ShareTurn, TurnParts } from './turn-parts.ts';

/** A job that may have been sent a cancel, and that nothing has shown since. */
const maybeSent: JobResult = { outcome: 'unknown', state: 'unknown', ours: true, in_air: true };
/** How many chunks are read at the same time. */
const chunksAtOnce = 10;
/** How long the audit of these jobs may take, in milliseconds. */
const auditMs = 10_000;

/**
 * The share after this round gave up its remaining jobs: each ends with this code until it is resumed, but for those that may
 * have been sent a cancel. The audit has each of them. A worker that dies before the share is kept records them once more.
 */
export async function giveUp(
  parts: TurnParts,
  turn: ShareTurn,
  share: ShareRecord,
  code: Code,
): Promise<ShareRecord> {
  const { parked: _, ...settled } = await settleLost(parts, turn, share, code);
  return { ...settled, rest: { code, at: parts.clock.wallTime() } };
}

/**
 * The share once the jobs read `unknown` that a worker may have sent a cancel before it died: they are followed from now on.
 * With a code, the audit has under it the other jobs without an outcome.
 */
export async function settleLost(
  parts: TurnParts,
  turn: ShareTurn,
  { working: _, ...share }: ShareRecord,
  code?: Code,
): Promise<ShareRecord> {
  const left = Array.from({ length: turn.plan.chunks - share.next }, (_, index) => share.next + index);
  let settled: ShareRecord = share;
  for (const group of inChunks(left, chunksAtOnce)) {
    const chunks = await Promise.all(group.map((chunk) => settleChunk(parts, turn, chunk, code)));
    settled = withCounts(
      settled,
      chunks.filter((chunk) => chunk !== undefined),
    );
  }
  return settled;
}

async function settleChunk(
  parts: TurnParts,
  turn: ShareTurn,
  chunk: number,
  code: Code | undefined,
): Promise<CountedChunk | undefined> {
  const { operation, plan } = turn;
  const { records } = parts;
  const place = { operation, connection: plan.connection, chunk };
  const size = chunkSize(plan, chunk);
  const known = await records.known(place, size);
  const { lost, marked } = known;
  if (lost.size === 0 && code === undefined) return undefined;
  const ids = await records.ids(place);
  if (lost.size === 0) {
    await recordRest(parts, turn, ids, known, code);
    return undefined;
  }
  const unknown = { ...maybeSent, ...(operation.round > 1 && { round: operation.round }) };
  const results = Array.from({ length: size }, (_, index) => (lost.has(index) ? unknown : undefined));
  const merged = await records.merge(place, size, { closes: marked, results });
  const changed = [...lost].flatMap((index) => {
    const id = ids[index];
    return id === undefined ? [] : [auditedOf(merged.results[index] ?? unknown, id, plan.connection)];
  });
  const work = { operation, requestId: parts.newRequestId() };
  await parts.during('follow', auditMs, (services) => recordChanges(work, changed, services));
  await recordRest(parts, turn, ids, merged, code);
  return { chunk, counts: countResults(merged.results) };
}

/** Records the jobs without an outcome under the code with which the round gave them up. */
async function recordRest(
  parts: TurnParts,
  { operation, plan }: ShareTurn,
  ids: readonly string[],
  { results }: Pick<KnownChunk, 'results'>,
  code: Code | undefined,
): Promise<void> {
  if (code === undefined) return;
  const result: JobResult = { outcome: restOutcome(code), state: 'unknown', code };
  const rest = ids.filter((_, index) => results[index] === undefined);
  const given = rest.map((id) => auditedOf(result, id, plan.connection));
  const work = { operation, requestId: parts.newRequestId(), action: 'cancel' } as const;
  await parts.during('follow', auditMs, (services) => recordChanges(work, given, services));
}
