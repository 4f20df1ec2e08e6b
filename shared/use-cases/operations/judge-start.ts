import { createHash } from 'node:crypto';
import { personAtClient } from '../../access/confirmation/approvals.ts';
import type { JobShown, Offer, OperationToConfirm } from '../../access/confirmation/types.ts';
import { can } from '../../access/policy.ts';
import { countConfirmed, countUnasked } from '../../cancellation/operation-quota.ts';
import { type RequestContext, requesterOf, type ServiceParts } from '../../cancellation/request-context.ts';
import { askAtClient } from '../../cancellation/require-confirmation.ts';
import { tellWaiting } from '../../cancellation/tell-waiting.ts';
import type { Resumable } from '../../contract/operations.ts';
import { type Fault, faulty, type Result } from '../../contract/result.ts';
import { confirmationNeededMessage, unconfirmableStep } from '../../messages/confirmation.ts';
import { consentRefusals, consentSteps, operationQuestion } from '../../messages/consent.ts';
import { tooManyJobsStep, tooManyOperationJobsMessage } from '../../messages/faults.ts';
import type { OperationRecord } from '../../operations/operation.ts';
import type { OperationRecords } from '../../operations/operation-records.ts';
import { confirmationFaultOf, denied } from '../validate.ts';
import type { Stored } from './stored.ts';

/** What is to be started or resumed: the frozen operation, and what this round would do. */
export interface RoundAsked {
  readonly record: OperationRecord;
  /** How many jobs this round does at each connection. */
  readonly counts: Readonly<Record<string, number>>;
  readonly redo?: readonly Resumable[] | undefined;
  /** The presented confirmation: its token, or its id after an approval. */
  readonly claim?: string | undefined;
}

/** An offered confirmation. `lead`: why the person at the client has not given it. */
export interface OfferTold extends Offer {
  readonly lead?: string | undefined;
}

/** Whether an operation may be started or resumed: yes, after a confirmation, or not. */
export type Judgement =
  | { readonly kind: 'go'; readonly confirmation?: string; readonly confirmedBy?: string }
  | { readonly kind: 'confirm'; readonly offer: OfferTold }
  | { readonly kind: 'fault'; readonly faults: readonly Fault[] };

/** How many jobs the person who may confirm an operation is shown. */
const mostShown = 20;

/**
 * Judges the start or the resume of a frozen operation by the rules of every cancel: what the caller may do, how many jobs an
 * operation of it may have, and whether so many need a confirmation. Every job counts. What may not be cancelled is refused
 * job by job when its turn comes, by the rules in force then. Rejects if the store does.
 */
export async function judgeStart(
  parts: ServiceParts,
  stored: Stored,
  start: RoundAsked,
  context: RequestContext,
): Promise<Judgement> {
  const { caller } = context;
  const { record, counts, claim } = start;
  const jobs = jobsIn(counts);
  const fault = sizeFault(record, context);
  if (!fault.ok) return { kind: 'fault', faults: fault.faults };
  const { confirmations, rateLimiter } = stored.access;
  const isUnasked = claim === undefined && !needsConfirmation(record, jobs, context);
  if (isUnasked && (await countUnasked(rateLimiter, caller, jobs))) return { kind: 'go' };
  const toConfirm = await operationToConfirm(stored.records, start);
  const use = await confirmations.useOperation(claim, requesterOf(context), toConfirm);
  if (use.ok) {
    await countConfirmed(rateLimiter, caller, jobs);
    return { kind: 'go', confirmation: use.id, confirmedBy: use.confirmedBy };
  }
  if (claim !== undefined) return { kind: 'fault', faults: [confirmationFaultOf(use.fault)] };
  const offer = await confirmations.offerOperation(requesterOf(context), toConfirm);
  return offer === undefined
    ? { kind: 'fault', faults: [unconfirmable(record, context)] }
    : askForStart(offer, toConfirm, record, { parts, stored, context });
}

/**
 * Asks the person at the client about an operation whose caller may not confirm for itself. After a yes the caller's right is
 * judged again, by the rules in force then.
 */
async function askForStart(
  offer: Offer,
  toConfirm: OperationToConfirm,
  record: OperationRecord,
  {
    parts,
    stored,
    context,
  }: { readonly parts: ServiceParts; readonly stored: Stored; readonly context: RequestContext },
): Promise<Judgement> {
  if (offer.token !== undefined) return { kind: 'confirm', offer };
  const question = operationQuestion(toConfirm, context.caller.kind);
  const answer = await askAtClient(offer.id, question, parts, context);
  if (answer === 'unavailable' || answer === 'no_answer' || answer === 'failed')
    await tellWaiting(offer, { counts: toConfirm.counts, operation: toConfirm.id }, parts, context);
  if (answer === 'unavailable') return { kind: 'confirm', offer };
  if (typeof answer !== 'object') return { kind: 'confirm', offer: { ...offer, lead: leadOf(answer) } };
  if (answer.fault !== undefined) return { kind: 'fault', faults: [confirmationFaultOf(answer.fault)] };
  const caller = (await context.callerNow?.()) ?? context.caller;
  const fault = sizeFault(record, { ...context, caller });
  if (!fault.ok) return { kind: 'fault', faults: fault.faults };
  await countConfirmed(stored.access.rateLimiter, caller, toConfirm.jobs);
  return { kind: 'go', confirmation: offer.id, confirmedBy: personAtClient };
}

function leadOf(answer: keyof typeof consentRefusals.client): string {
  return [consentRefusals.client[answer], consentSteps.client[answer]].filter(Boolean).join(' ');
}

/** What of an operation is a fault before its jobs are judged: the caller's right, and how many jobs it has. */
export function sizeFault({ jobs }: Pick<OperationRecord, 'jobs'>, { caller }: RequestContext): Result<true> {
  if (!can(caller, 'cancel')) return denied('cancel');
  const { maxOperationJobs: most } = caller.rights;
  if (jobs <= most) return { ok: true, value: true };
  const message = tooManyOperationJobsMessage(most);
  return faulty({ path: 'jobs', kind: 'denied', message, step: tooManyJobsStep });
}

function needsConfirmation(
  { selector }: OperationRecord,
  jobs: number,
  { confirmFirst = false }: RequestContext,
): boolean {
  return jobs > 0 && (selector !== undefined || (confirmFirst && jobs > 1));
}

function jobsIn(counts: RoundAsked['counts']): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** What the confirmation is bound to. A round happens once, so a confirmation of it can do nothing else. */
async function operationToConfirm(
  records: OperationRecords,
  { record, counts, redo }: RoundAsked,
): Promise<OperationToConfirm> {
  const { id, digest = '', round, reason, selector, send_if_status_unknown } = record;
  const bound = JSON.stringify([id, digest, round, redo ?? null]);
  return {
    ...{ id, jobs: jobsIn(counts), counts },
    digest: `operation ${createHash('sha256').update(bound).digest('base64url')}`,
    shown: await firstJobs(records, record),
    how: { sendIfStatusUnknown: send_if_status_unknown === true, reason, selector },
  };
}

async function firstJobs(records: OperationRecords, operation: OperationRecord): Promise<JobShown[]> {
  const shown: JobShown[] = [];
  for (const { connection, chunks } of operation.shares) {
    if (shown.length >= mostShown || chunks === 0) break;
    const ids = await records.ids({ operation, connection, chunk: 0 });
    for (const job_id of ids.slice(0, mostShown - shown.length)) shown.push({ provider: connection, job_id });
  }
  return shown;
}

function unconfirmable({ selector }: OperationRecord, { caller }: RequestContext): Fault {
  const why = confirmationNeededMessage(caller.rights.confirmAbove, selector !== undefined);
  return { path: '', kind: 'confirmation', message: `${why} ${unconfirmableStep}`, step: unconfirmableStep };
}
