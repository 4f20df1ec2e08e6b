import { type AuditedOutcome, type AuditedRequest, AuditWriter } from '../access/audit/writer.ts';
import type { ServiceParts } from '../cancellation/request-context.ts';
import type { OutcomeName } from '../contract/outcome.ts';
import { type Connection, inChunks } from '../engine/connection.ts';
import { fetchStatus } from '../engine/fetch-status.ts';
import { FailureLimit } from '../http/failure-limit.ts';
import { type JobResult, mergeResults } from '../operations/job-result.ts';
import type { OperationRecord, SharePlan, ShareRecord } from '../operations/operation.ts';
import type { ChunkPlace, OperationRecords } from '../operations/operation-records.ts';
import { chunkSize, countResults } from '../operations/state.ts';
import { loggable } from '../store/errors.ts';
import { auditedOf, resultAfterLook } from './job-history.ts';
import type { ChunkAfter } from './slice.ts';

/** What a pass over jobs is carried out with. */
export interface LookWork {
  readonly records: OperationRecords;
  readonly operation: OperationRecord;
  readonly connection: Connection;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

/**
 * The chunks after a pass, the jobs that it could not look at, and those that it found alive again, with the outcome that they
 * had and the state that they have.
 */
export interface LookReport {
  readonly chunks: readonly ChunkAfter[];
  readonly unseen: number;
  readonly cameBack: readonly AuditedOutcome[];
}

/** How many chunks are looked at together. */
const chunksAtOnce = 10;

interface Looked {
  readonly place: ChunkPlace;
  readonly size: number;
  readonly jobs: readonly { readonly id: string; readonly index: number; readonly known: JobResult }[];
}

/** Looks once more at the jobs of a share that have one of these outcomes, keeps what changed, and records it in the audit. */
export async function lookAgain(
  work: LookWork,
  plan: SharePlan,
  share: ShareRecord,
  outcomes: readonly OutcomeName[],
  parts: ServiceParts,
): Promise<LookReport> {
  const chunks: ChunkAfter[] = [];
  const cameBack: AuditedOutcome[] = [];
  let unseen = 0;
  const due = share.counts.flatMap((counts, chunk) =>
    outcomes.some((outcome) => (counts[outcome] ?? 0) > 0) ? [chunk] : [],
  );
  for (const group of inChunks(due, chunksAtOnce)) {
    if (work.signal.aborted || parts.clock.now() >= parts.time.sendBy) break;
    const looked = await Promise.all(group.map((chunk) => readChunk(work, plan, chunk, outcomes)));
    const ids = looked.flatMap(({ jobs }) => jobs.map(({ id }) => id));
    const checks = await fetchStatus(ids, work.connection, limitsOf(parts, work.signal));
    const changed: AuditedOutcome[] = [];
    for (const { place, size, jobs } of looked) {
      const results: (JobResult | undefined)[] = Array.from({ length: size }, () => undefined);
      for (const { id, index, known } of jobs) {
        const seen = resultAfterLook(known, id, checks.get(id), work.connection);
        if (seen === undefined) unseen += 1;
        else {
          results[index] = seen;
          const next = mergeResults(known, seen);
          const outcome = auditedOf(next, id, work.connection);
          if (next.outcome !== known.outcome || next.came_back !== known.came_back) changed.push(outcome);
          if (next.came_back && !known.came_back)
            cameBack.push(auditedOf({ ...seen, outcome: known.outcome }, id, work.connection));
        }
      }
      const merged = await work.records.merge(place, size, { results });
      chunks.push({ chunk: place.chunk, counts: countResults(merged.results), left: 0 });
    }
    await recordChanges(work, changed, parts);
  }
  return { chunks, unseen, cameBack };
}

async function readChunk(
  { records, operation }: LookWork,
  plan: SharePlan,
  chunk: number,
  outcomes: readonly OutcomeName[],
): Promise<Looked> {
  const place = { operation, connection: plan.connection, chunk };
  const size = chunkSize(plan, chunk);
  const [ids, { results }] = await Promise.all([records.ids(place), records.known(place, size)]);
  const jobs = ids.flatMap((id, index) => {
    const known = results[index];
    return known !== undefined && !known.came_back && outcomes.includes(known.outcome)
      ? [{ id, index, known }]
      : [];
  });
  return { place, size, jobs };
}

function limitsOf({ time, turn }: ServiceParts, signal: AbortSignal) {
  const { sendBy, answerBy } = time;
  const patience = (ms: number) => time.patience(ms);
  return { sendBy, answerBy, signal, patience, failureLimit: new FailureLimit(), turn };
}

/** Records outcomes that changed. The results are kept already, so a failure is only logged. */
async function recordChanges(
  { operation, requestId }: LookWork,
  changed: readonly AuditedOutcome[],
  { access, clock, log }: ServiceParts,
): Promise<void> {
  if (access === undefined || changed.length === 0) return;
  const request: AuditedRequest = {
    caller: operation.started_by ?? operation.caller,
    ...{ kind: operation.kind, surface: operation.surface, action: 'list', operation: operation.id },
  };
  await new AuditWriter(access.store, clock, requestId)
    .recordOutcomes(request, changed)
    .catch((error: unknown) =>
      log({ level: 'error', event: 'audit_unwritable', request_id: requestId, ...loggable(error) }),
    );
}
