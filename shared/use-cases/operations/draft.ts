import type { RequestContext, ServiceParts } from '../../cancellation/request-context.ts';
import type { OperationView } from '../../contract/answers/operation-schema.ts';
import { operationRequest, uploadPageRequest } from '../../contract/operation-requests.ts';
import type { Result } from '../../contract/result.ts';
import type { OperationRecord, PageRecord } from '../../operations/operation.ts';
import { readInput, readJobsRequest } from '../validate.ts';
import { showOperation } from './show.ts';
import { findOwn, storedIn, wrongState } from './stored.ts';

/** Adds a page of jobs to a draft. The same page again replaces it. */
export async function uploadPage(
  parts: ServiceParts,
  input: unknown,
  context: RequestContext,
): Promise<Result<OperationView>> {
  const read = readJobsRequest(uploadPageRequest, input, { ...parts, ...context });
  if (!read.ok) return read;
  const { request, targets } = read.value;
  const stored = storedIn(parts);
  if (!stored.ok) return stored;
  const { records } = stored.value;
  const found = await findOwn(stored.value, request.operation_id, context);
  if (!found.ok) return found;
  const fault = pageFault(found.value);
  if (fault !== undefined) return wrongState(fault);
  const jobs = targets.map(({ connection, jobId }) => ({ provider: connection.name, job_id: jobId }));
  const page = await records.putPage(found.value, request.page, jobs);
  // It may have been started while the page was written.
  const kept = await records.change(found.value.id, (known) =>
    pageFault(known) === undefined ? withPage(known, page) : undefined,
  );
  const isKept = kept?.pages.some(({ upload }) => upload === page.upload) === true;
  if (kept === undefined || !isKept) return wrongState('notDraft');
  return { ok: true, value: await showOperation(parts, stored.value, kept, context) };
}

/** Deletes a draft. */
export async function deleteOperation(
  parts: ServiceParts,
  input: unknown,
  context: RequestContext,
): Promise<Result<{ readonly id: string; readonly deleted: true }>> {
  const read = readInput(operationRequest, input);
  if (!read.ok) return read;
  const stored = storedIn(parts);
  if (!stored.ok) return stored;
  const found = await findOwn(stored.value, read.value.operation_id, context);
  if (!found.ok) return found;
  const { records, index } = stored.value;
  if (!(await records.removeDraft(found.value.id))) return wrongState('notDraft');
  await index.end(found.value);
  return { ok: true, value: { id: found.value.id, deleted: true } };
}

function pageFault({ wanted, pages, set, selector }: OperationRecord): 'notDraft' | 'whole' | undefined {
  if (wanted !== 'draft') return 'notDraft';
  const isWhole = selector !== undefined || (set !== undefined && pages.length === 0);
  return isWhole ? 'whole' : undefined;
}

/** A set that was frozen for a confirmation does not hold the new page, so it and the confirmation count no more. */
function withPage(known: OperationRecord, page: PageRecord): OperationRecord {
  const others = known.pages.filter((other) => other.page !== page.page);
  const pages = [...others, page].toSorted((one, other) => one.page - other.page);
  const { set: _, digest: __, confirmation: ___, confirm_until: ____, ...rest } = known;
  const jobs = pages.reduce((sum, each) => sum + each.jobs, 0);
  return { ...rest, pages, jobs, duplicates: 0, shares: [] };
}
