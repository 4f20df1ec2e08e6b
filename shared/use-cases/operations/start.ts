import type { RequestContext, ServiceParts } from '../../cancellation/request-context.ts';
import type { OperationView } from '../../contract/answers/operation-schema.ts';
import { startOperationRequest } from '../../contract/operation-requests.ts';
import { mostOperationJobs } from '../../contract/operations.ts';
import { invalid, type Result } from '../../contract/result.ts';
import { tooManyInOperationMessage } from '../../messages/operation-request.ts';
import { type FrozenSet, freeze } from '../../operations/freeze.ts';
import type { OperationRecord } from '../../operations/operation.ts';
import { claimIn, readInput } from '../validate.ts';
import { type Begun, beginAt, beginRound, remind, runNow } from './begin-round.ts';
import { connectionsToList } from './selector.ts';
import { showOperation } from './show.ts';
import { findOwn, pagesOf, type Stored, storedIn, wrongState } from './stored.ts';

/** How often a start is tried while other requests change the same draft. */
const mostAttempts = 3;

/** Starts a draft: freezes its jobs, and cancels them from then on, or offers the confirmation that they need. */
export async function startOperation(
  parts: ServiceParts,
  input: unknown,
  context: RequestContext,
): Promise<Result<OperationView>> {
  const read = readInput(startOperationRequest, input);
  if (!read.ok) return read;
  const claim = claimIn(read.value);
  if (!claim.ok) return claim;
  const stored = storedIn(parts);
  if (!stored.ok) return stored;
  const found = await findOwn(stored.value, read.value.operation_id, context);
  return found.ok ? startAndShow(parts, stored.value, found.value, context, claim.value) : found;
}

/** Starts an operation of the caller's own that was found, and shows it. */
export async function startAndShow(
  parts: ServiceParts,
  stored: Stored,
  found: OperationRecord,
  context: RequestContext,
  claim?: string,
): Promise<Result<OperationView>> {
  const started = await startFound(parts, stored, found, context, claim);
  if (!started.ok) return started;
  const { record, offer } = started.value;
  return { ok: true, value: await showOperation(parts, stored, record, context, offer) };
}

/** One that was started already is shown, so that a start whose answer was lost can be repeated. */
async function startFound(
  parts: ServiceParts,
  stored: Stored,
  found: OperationRecord,
  context: RequestContext,
  claim: string | undefined,
): Promise<Result<Begun>> {
  let seen: OperationRecord | undefined = found;
  for (let attempt = 0; attempt < mostAttempts && seen !== undefined; attempt += 1) {
    if (seen.wanted === 'run') return { ok: true, value: await remind(parts, stored, seen) };
    if (seen.wanted !== 'draft') return wrongState(seen.wanted === 'pause' ? 'paused' : 'following');
    const started = await startDraft(parts, stored, seen, context, claim);
    if (started !== 'changed') return started;
    seen = await stored.records.get(found.id);
  }
  return wrongState('changed');
}

async function startDraft(
  parts: ServiceParts,
  stored: Stored,
  seen: OperationRecord,
  context: RequestContext,
  claim: string | undefined,
): Promise<Result<Begun> | 'changed'> {
  if (seen.selector !== undefined && seen.listing !== 'done')
    return startListing(parts, stored, seen, context);
  const frozen = seen.set === undefined ? await freezePages(stored, seen) : { ok: true as const, value: {} };
  if (!frozen.ok) return frozen;
  const { shares } = { ...seen, ...frozen.value };
  const counts = Object.fromEntries(shares.map(({ connection, jobs }) => [connection, jobs]));
  return beginRound(parts, stored, { seen, change: frozen.value, counts, claim }, context);
}

/** A selector is resolved by a worker: the request only says that it is due. */
async function startListing(
  parts: ServiceParts,
  stored: Stored,
  seen: OperationRecord,
  context: RequestContext,
): Promise<Result<Begun> | 'changed'> {
  const connections = connectionsToList(seen, parts, context);
  const { round } = seen;
  // The round begins when its jobs are known.
  const change = () => ({ ...runNow(parts, seen, context), round, listing: 'due' as const });
  const record = await beginAt(parts, stored, connections.slice(0, 1), seen, change);
  return record === undefined ? 'changed' : { ok: true, value: { record } };
}

async function freezePages(stored: Stored, seen: OperationRecord): Promise<Result<FrozenSet>> {
  if (seen.pages.length === 0) return wrongState('empty');
  return frozenOrFault(await freeze(stored.records, seen, pagesOf(stored, seen)));
}

/** A frozen set, or that it has more jobs than any operation may have. */
export function frozenOrFault(frozen: FrozenSet | 'too_many'): Result<FrozenSet> {
  if (frozen !== 'too_many') return { ok: true, value: frozen };
  return invalid('jobs', tooManyInOperationMessage(mostOperationJobs));
}
