import type { RequestContext, ServiceParts } from '../../cancellation/request-context.ts';
import type { OperationView } from '../../contract/answers/operation-schema.ts';
import { operationRequest, resumeOperationRequest } from '../../contract/operation-requests.ts';
import type { Result } from '../../contract/result.ts';
import { progressOf } from '../../operations/end.ts';
import { resumableMs } from '../../operations/lifetime.ts';
import type { OperationRecord, ShareRecord } from '../../operations/operation.ts';
import { stateOf } from '../../operations/state.ts';
import { jobsToDo } from '../../operations/view.ts';
import { claimIn, readInput } from '../validate.ts';
import { type Begun, beginAt, beginRound, remind, runNow } from './begin-round.ts';
import type { RoundAsked } from './judge-start.ts';
import { connectionsToList } from './selector.ts';
import { showOperation } from './show.ts';
import { findActable, type Stored, storedIn, wrongState } from './stored.ts';

/**
 * Pauses an operation: no cancel leaves more than a second after the answer. It may be paused by its own caller, and by every
 * caller that may cancel at all its connections.
 */
export async function pauseOperation(
  parts: ServiceParts,
  input: unknown,
  context: RequestContext,
): Promise<Result<OperationView>> {
  const read = readInput(operationRequest, input);
  if (!read.ok) return read;
  const stored = storedIn(parts);
  if (!stored.ok) return stored;
  const found = await findActable(stored.value, read.value.operation_id, context);
  if (!found.ok) return found;
  if (found.value.wanted === 'draft') return wrongState('notStarted');
  const kept = await stored.value.records.change(found.value.id, (known) =>
    known.wanted === 'run' ? { ...known, wanted: 'pause', paused_because: undefined } : undefined,
  );
  return { ok: true, value: await showOperation(parts, stored.value, kept ?? found.value, context) };
}

/**
 * Resumes an operation, in the name of the caller who resumes it: does what has no outcome and what is `not_attempted`,
 * `unknown` or `failed`, or only the outcomes named. It is judged like a start.
 */
export async function resumeOperation(
  parts: ServiceParts,
  input: unknown,
  context: RequestContext,
): Promise<Result<OperationView>> {
  const read = readInput(resumeOperationRequest, input);
  if (!read.ok) return read;
  const claim = claimIn(read.value);
  if (!claim.ok) return claim;
  const stored = storedIn(parts);
  if (!stored.ok) return stored;
  const found = await findActable(stored.value, read.value.operation_id, context);
  if (!found.ok) return found;
  const asked = { redo: read.value.outcome, claim: claim.value };
  const resumed = await resumeFound(parts, stored.value, found.value, asked, context);
  if (resumed === 'changed') return wrongState('changed');
  if (!resumed.ok) return resumed;
  const { record, offer } = resumed.value;
  return { ok: true, value: await showOperation(parts, stored.value, record, context, offer) };
}

/** One that is running is shown, so that a resume whose answer was lost can be repeated. */
async function resumeFound(
  parts: ServiceParts,
  stored: Stored,
  seen: OperationRecord,
  asked: Pick<RoundAsked, 'redo' | 'claim'>,
  context: RequestContext,
): Promise<Result<Begun> | 'changed'> {
  const now = parts.clock.wallTime();
  if (seen.wanted === 'draft') return wrongState('notStarted');
  const shares = await progressOf(stored.records, seen);
  const state = stateOf({ record: seen, shares }, now);
  if (state === 'running') return { ok: true, value: await remind(parts, stored, seen) };
  if (state === 'listing') return { ok: true, value: { record: seen } };
  if (now > seen.created_at + resumableMs) return wrongState('tooOld');
  if (seen.listing === 'due') return resumeListing(parts, stored, seen, context);
  const counts = countsToDo(seen, shares, asked.redo);
  // To accept the host that a connection leads to now may be all that a resume is for.
  const isHeld = [...shares.values()].some((share) => share?.other_host !== undefined);
  // One that is paused has places to go through before it is finished, even if each of its jobs has an outcome.
  if (Object.keys(counts).length === 0 && !isHeld && state !== 'paused') return wrongState('nothingToDo');
  return beginRound(parts, stored, { seen, change: {}, counts, ...asked }, context);
}

async function resumeListing(
  parts: ServiceParts,
  stored: Stored,
  seen: OperationRecord,
  context: RequestContext,
): Promise<Result<Begun> | 'changed'> {
  const [connection] = connectionsToList(seen, parts, context);
  const change = () => ({ ...runNow(parts, seen, context), round: seen.round });
  const record = await beginAt(parts, stored, connection === undefined ? [] : [connection], seen, change);
  return record === undefined ? 'changed' : { ok: true, value: { record } };
}

/** How many jobs the round would do at each connection, without those that have none. */
function countsToDo(
  record: OperationRecord,
  shares: ReadonlyMap<string, ShareRecord | undefined>,
  redo: RoundAsked['redo'],
): Record<string, number> {
  const counts = record.shares.map((plan): [string, number] => {
    const alone = { record: { ...record, shares: [plan] }, shares };
    return [plan.connection, jobsToDo(alone, redo)];
  });
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
