import { createHash } from 'node:crypto';
import type { RequestContext, ServiceParts } from '../../cancellation/request-context.ts';
import type { OperationView } from '../../contract/answers/operation-schema.ts';
import type { JobEntry } from '../../contract/job-entries.ts';
import { type CreateOperation, createOperationRequest } from '../../contract/operation-requests.ts';
import { mostUnfinished } from '../../contract/operations.ts';
import { selectorWords } from '../../contract/requests.ts';
import { faulty, invalid, type Result } from '../../contract/result.ts';
import { omitUndefined } from '../../lib/collections.ts';
import { operationFaults, tooManyUnfinishedMessage } from '../../messages/operation-request.ts';
import { progressOf } from '../../operations/end.ts';
import { freeze } from '../../operations/freeze.ts';
import type { OperationRecord } from '../../operations/operation.ts';
import { newOperationId, operationIdFor } from '../../operations/operation-id.ts';
import { stateOf } from '../../operations/state.ts';
import { claimIn, readJobsRequest } from '../validate.ts';
import { sizeFault } from './judge-start.ts';
import { checkSelector } from './selector.ts';
import { showOperation } from './show.ts';
import { frozenOrFault, startAndShow } from './start.ts';
import { type Stored, storedIn } from './stored.ts';

/** How long the jobs of an operation are followed by default, in hours. */
const defaultFollowHours = 24;
/** How long an operation may take to be stored after it was counted, in milliseconds. */
const creatingMs = 120_000;
const keyPattern = /^[\x21-\x7e]{1,200}$/;

/** A request to create an operation that was checked. */
interface Asked {
  readonly request: CreateOperation;
  readonly jobs: readonly JobEntry[];
  readonly claim: string | undefined;
}

/**
 * Creates an operation and starts it, unless it is to be a draft. The same idempotency key of the same caller finds the
 * operation again, and a start that broke off is then made up for.
 */
export async function createOperation(
  parts: ServiceParts,
  input: unknown,
  context: RequestContext,
): Promise<Result<OperationView>> {
  const asked = readAsked(parts, input, context);
  if (!asked.ok) return asked;
  const stored = storedIn(parts);
  if (!stored.ok) return stored;
  const id = await idFor(stored.value, context);
  if (!id.ok) return id;
  const record = newRecord(id.value, asked.value, parts, context);
  const known = context.idempotencyKey === undefined ? undefined : await stored.value.records.get(record.id);
  const kept =
    known === undefined
      ? await keep(stored.value, record, asked.value, parts, context)
      : keptBy(known, record);
  if (!kept.ok) return kept;
  const { operation, isNew } = kept.value;
  if (asked.value.request.draft || operation.wanted !== 'draft')
    return { ok: true, value: await showOperation(parts, stored.value, operation, context) };
  const started = await startAndShow(parts, stored.value, operation, context, asked.value.claim);
  // A draft that no answer names would only take the place of another.
  if (!started.ok && isNew) await discard(stored.value, operation);
  return started;
}

function readAsked(parts: ServiceParts, input: unknown, context: RequestContext): Result<Asked> {
  const read = readJobsRequest(createOperationRequest, input, { ...parts, ...context });
  if (!read.ok) return read;
  const { request, targets } = read.value;
  const { selector, draft = false } = request;
  const claim = claimIn(request);
  if (!claim.ok) return claim;
  if (request.jobs !== undefined && selector !== undefined)
    return invalid('selector', 'cannot be combined with jobs; give either jobs or a selector');
  if (request.jobs === undefined && selector === undefined && !draft)
    return invalid('jobs', 'must name the jobs to cancel; give jobs, a selector, or draft');
  const checked = selector && checkSelector(selector, parts, context);
  if (checked?.ok === false) return checked;
  const jobs = targets.map(({ connection, jobId }) => ({ provider: connection.name, job_id: jobId }));
  return { ok: true, value: { request, jobs, claim: claim.value } };
}

async function idFor(
  { access }: Stored,
  { caller, idempotencyKey: key }: RequestContext,
): Promise<Result<string>> {
  if (key === undefined) return { ok: true, value: newOperationId() };
  if (keyPattern.test(key)) return { ok: true, value: await operationIdFor(access.store, caller.id, key) };
  return invalid('Idempotency-Key', 'must be 1 to 200 visible ASCII characters without spaces');
}

function newRecord(
  id: string,
  { request, jobs }: Asked,
  { clock }: ServiceParts,
  { caller, surface, scope }: RequestContext,
): OperationRecord {
  const {
    reason,
    send_if_status_unknown,
    follow_hours = defaultFollowHours,
    max_per_second,
    selector,
  } = request;
  const how = {
    ...omitUndefined({ scope, reason, max_per_second, selector: selector && selectorWords(selector) }),
    ...(send_if_status_unknown && { send_if_status_unknown }),
    follow_hours,
  };
  const digest = createHash('sha256').update(JSON.stringify([how, request.draft ?? false, jobs]));
  return {
    ...{ id, caller: caller.id, kind: caller.kind, surface, created_at: clock.wallTime(), wanted: 'draft' },
    ...how,
    ...{ pages: [], shares: [], jobs: 0, duplicates: 0, round: 0, request: digest.digest('base64url') },
  };
}

/** A stored operation, and whether this call made it. */
interface Kept {
  readonly operation: OperationRecord;
  readonly isNew: boolean;
}

/** The operation that an idempotency key found, if it was created by the same request as the one that was asked for. */
function keptBy(known: OperationRecord, asked: OperationRecord): Result<Kept> {
  if (known.request === asked.request)
    return { ok: true, value: { operation: known, isNew: known === asked } };
  const message = operationFaults.otherRequest;
  return faulty({ path: 'Idempotency-Key', kind: 'other_request', message });
}

/** Stores a new operation: its jobs, then its place in the lists, which counts only with the head, then that. */
async function keep(
  stored: Stored,
  draft: OperationRecord,
  { request, jobs }: Asked,
  parts: ServiceParts,
  context: RequestContext,
): Promise<Result<Kept>> {
  const room = await takePlace(stored, draft, parts);
  if (!room.ok) return room;
  const withJobs = request.draft
    ? await paged(stored, draft, jobs)
    : await frozen(stored, draft, jobs, context);
  if (!withJobs.ok) {
    await givePlaceUp(stored, draft);
    return withJobs;
  }
  await stored.index.add(draft);
  const kept = await stored.records.create(withJobs.value);
  if (kept === withJobs.value) await stored.index.keepPlace(kept);
  return keptBy(kept, withJobs.value);
}

/** Gives up the place of an operation that was not stored, unless another create under its idempotency key has stored it. */
async function givePlaceUp({ index, records }: Stored, { id, caller }: OperationRecord): Promise<void> {
  await index.end({ id, caller });
  const known = await records.get(id);
  if (known !== undefined) await index.keepPlace(known);
}

async function paged(
  { records }: Stored,
  draft: OperationRecord,
  jobs: readonly JobEntry[],
): Promise<Result<OperationRecord>> {
  const pages = jobs.length === 0 ? [] : [await records.putPage(draft, 1, jobs)];
  return { ok: true, value: { ...draft, pages, jobs: jobs.length } };
}

async function frozen(
  { records }: Stored,
  draft: OperationRecord,
  jobs: readonly JobEntry[],
  context: RequestContext,
): Promise<Result<OperationRecord>> {
  if (draft.selector !== undefined) return { ok: true, value: draft };
  const set = frozenOrFault(await freeze(records, draft, inOnePage(jobs)));
  if (!set.ok) return set;
  const fault = sizeFault(set.value, context);
  return fault.ok ? { ok: true, value: { ...draft, ...set.value } } : fault;
}

async function* inOnePage(jobs: readonly JobEntry[]): AsyncGenerator<readonly JobEntry[]> {
  yield jobs;
}

/** Counts the operation among the unfinished ones of its caller. Of too many at once each is refused, so that none is too many. */
async function takePlace(
  stored: Stored,
  record: OperationRecord,
  { clock }: ServiceParts,
): Promise<Result<true>> {
  const { index, records } = stored;
  await index.begin(record);
  const counted = await index.unfinished(record.caller, mostUnfinished * 2);
  if (counted.length <= mostUnfinished) return { ok: true, value: true };
  const states = await Promise.all(counted.map(isUnfinished));
  if (states.filter(Boolean).length <= mostUnfinished) return { ok: true, value: true };
  await givePlaceUp(stored, record);
  return faulty({ path: '', kind: 'state', message: tooManyUnfinishedMessage(mostUnfinished) });

  async function isUnfinished({ id, at }: { readonly id: string; readonly at: number }): Promise<boolean> {
    const known = await records.get(id);
    if (known === undefined && clock.wallTime() - at < creatingMs) return true;
    const shares = known && (await progressOf(records, known));
    const isOpen =
      known !== undefined &&
      shares !== undefined &&
      stateOf({ record: known, shares }, clock.wallTime()) !== 'finished';
    if (!isOpen) await index.end({ id, caller: record.caller });
    return isOpen;
  }
}

async function discard(stored: Stored, draft: OperationRecord): Promise<void> {
  // With a confirmation, the answer to another create under the same idempotency key has named it.
  const isUnnamed = ({ confirmation }: OperationRecord) => confirmation === undefined;
  if (await stored.records.removeDraft(draft.id, isUnnamed)) await givePlaceUp(stored, draft);
}
