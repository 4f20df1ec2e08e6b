import * as z from 'zod';
import type { Approvals } from '../access/confirmation/approvals.ts';
import {
  type Confirmation,
  type ConfirmationFault,
  connectionsOf,
  type OperationConfirmed,
} from '../access/confirmation/types.ts';
import { waitingNamePattern } from '../access/confirmation/waiting.ts';
import { can } from '../access/policy.ts';
import { recordRequest } from '../cancellation/record-request.ts';
import { type RequestContext, requesterOf, type ServiceParts } from '../cancellation/request-context.ts';
import type { ConfirmationView, WaitingList } from '../contract/answers/responses.ts';
import { word } from '../contract/requests.ts';
import { faulty, invalidCursor, type Result } from '../contract/result.ts';
import { timestamp } from '../lib/clock.ts';
import { omitUndefined } from '../lib/collections.ts';
import { fromCursor, toCursor } from '../lib/json.ts';
import { approvalMessages } from '../messages/confirmation.ts';
import { operationConfirmationNote } from '../messages/operation-request.ts';
import { OperationRecords } from '../operations/operation-records.ts';
import { withStatesNow } from './check-confirmed-jobs.ts';
import { confirmationRequest, showConfirmationRequest, waitingRequest } from './confirmation-requests.ts';
import { denied, readInput } from './validate.ts';

/** So many confirmations stand on a page at most, because each is read from the store. */
const mostListed = 100;

/** So many of the jobs of each confirmation stand in a list. */
const mostListedJobs = 20;

/** Lists what waits for the caller's consent. */
export async function listConfirmations(
  { access }: ServiceParts,
  input: unknown,
  { caller }: RequestContext,
): Promise<Result<WaitingList>> {
  const read = readInput(waitingRequest, input);
  if (!read.ok) return read;
  const { limit, cursor } = read.value;
  const after = cursor === undefined ? undefined : cursorSchema.safeParse(fromCursor(cursor)).data;
  if (cursor !== undefined && after === undefined) return invalidCursor();
  if (!can(caller, 'confirm')) return denied('confirm');
  const { confirmations, next } = (await access?.approvals.waitingFor(caller, {
    limit: Math.min(limit, mostListed),
    after,
  })) ?? {
    confirmations: [],
  };
  const listed = confirmations.map((each) => ({
    ...viewOf({ ...each, jobs: each.jobs.slice(0, mostListedJobs) }),
    jobs_total: each.jobsTotal,
  }));
  return {
    ok: true,
    value: { confirmations: listed, next_cursor: next === undefined ? null : toCursor(next) },
  };
}

const cursorSchema = z.string().regex(waitingNamePattern);

/** Shows what a confirmation is for. */
export async function showConfirmation(
  parts: ServiceParts,
  input: unknown,
  context: RequestContext,
): Promise<Result<ConfirmationView>> {
  const read = readInput(showConfirmationRequest, input);
  if (!read.ok) return read;
  const { check, ...named } = read.value;
  const shown = await settle(parts, named, context, async () => ({}));
  if (!shown.ok || check !== true) return shown;
  return { ok: true, value: await withStatesNow(shown.value, parts, context) };
}

/** Lets the caller cancel exactly the jobs of the confirmation, once. */
export function approveConfirmation(parts: ServiceParts, input: unknown, context: RequestContext) {
  const { caller } = context;
  return settle(parts, input, context, async (id, approvals) => {
    const fault = await approvals.approve(id, caller);
    return fault ?? { state: 'approved', approvedBy: (await approvals.show(id))?.approvedBy ?? caller.id };
  });
}

/** Closes a confirmation without using it. */
export function closeConfirmation(parts: ServiceParts, input: unknown, context: RequestContext) {
  return settle(parts, input, context, async (id, approvals, { operation }) => {
    const fault = await approvals.close(id);
    if (fault === undefined && operation !== undefined) await forgetConfirmation(parts, operation.id, id);
    return fault ?? { state: 'closed' };
  });
}

/** The operation of a closed confirmation waits for it no more. */
async function forgetConfirmation(
  { access }: ServiceParts,
  operation: string,
  confirmation: string,
): Promise<void> {
  if (access === undefined) return;
  await new OperationRecords(access.store).change(operation, (known) =>
    known.confirmation === confirmation && known.confirm_until !== undefined
      ? { ...known, confirmation: undefined, confirm_until: undefined }
      : undefined,
  );
}

const withdrawal = z.strictObject({ confirmation_token: word.max(200) });

/** Lets the caller withdraw its own confirmation with the offered token. It needs no right, because it only says no. */
export async function withdrawConfirmation(
  parts: ServiceParts,
  input: unknown,
  context: RequestContext,
): Promise<Result<{ readonly withdrawn: true }>> {
  const read = readInput(withdrawal, input);
  if (!read.ok) return read;
  const { confirmation_token: token } = read.value;
  const withdrawn = parts.access?.confirmations.withdraw(token, requesterOf(context));
  const fault = withdrawn === undefined ? 'unknown' : await withdrawn;
  const [confirmation = ''] = token.split('.', 1);
  if (fault === undefined) await forgetOperation(parts, confirmation);
  const known = fault === undefined ? { confirmation } : {};
  await recordRequest({ action: 'cancel', ...known }, 'refused', parts, context);
  return fault === undefined ? { ok: true, value: { withdrawn: true } } : useless(fault);
}

/** The operation of a confirmation that its own caller closed waits for it no more. */
async function forgetOperation(parts: ServiceParts, confirmation: string): Promise<void> {
  const operation = (await parts.access?.approvals.show(confirmation))?.operation;
  if (operation !== undefined) await forgetConfirmation(parts, operation.id, confirmation);
}

/** The changes to a confirmation, so that it need not be read again afterwards. */
type Change = Partial<Pick<Confirmation, 'state' | 'approvedBy'>>;

async function settle(
  { access }: ServiceParts,
  input: unknown,
  { caller }: RequestContext,
  change: (id: string, approvals: Approvals, known: Confirmation) => Promise<ConfirmationFault | Change>,
): Promise<Result<ConfirmationView>> {
  const read = readInput(confirmationRequest, input);
  if (!read.ok) return read;
  const { confirmation_id: id } = read.value;
  const known = await access?.approvals.show(id);
  if (known !== undefined && !connectionsOf(known).every((name) => can(caller, 'confirm', name)))
    return denied('confirm');
  if (access === undefined || known === undefined) return useless('unknown');
  const changed = await change(id, access.approvals, known);
  if (typeof changed === 'object') return { ok: true, value: viewOf({ ...known, ...changed }) };
  return changed === 'not_allowed'
    ? faulty({ path: '', kind: 'denied', message: approvalMessages[changed] })
    : useless(changed);
}

function useless(fault: ConfirmationFault): Result<never> {
  const message = approvalMessages[fault];
  return faulty({ path: 'confirmation_id', kind: 'confirmation', message });
}

function viewOf({
  id,
  caller,
  state,
  jobs,
  how,
  requestedAt,
  expiresAt,
  approvedBy,
  operation,
}: Confirmation): ConfirmationView {
  const { sendIfStatusUnknown, waitSeconds, reason, selector } = how;
  return {
    ...{ id, caller, state, requested_at: timestamp(requestedAt), expires_at: timestamp(expiresAt) },
    ...omitUndefined({ reason, wait_seconds: waitSeconds, approved_by: approvedBy }),
    ...(sendIfStatusUnknown ? { send_if_status_unknown: true } : {}),
    ...(selector === undefined ? {} : { selector: { ...selector } }),
    ...(operation && { operation: operationOf(operation) }),
    jobs: jobs.map(({ provider, job_id, state: seen, name, owner, created_at }) => ({
      ...{ provider, job_id },
      ...omitUndefined({ state: seen, name, owner, created_at }),
    })),
  };
}

function operationOf({ id, jobs, counts }: OperationConfirmed): NonNullable<ConfirmationView['operation']> {
  const providers = Object.entries(counts).map(([provider, share]) => ({ provider, jobs: share }));
  return { id, jobs, providers, note: operationConfirmationNote(jobs) };
}
