import { personAtClient } from '../access/confirmation/approvals.ts';
import type {
  ConfirmationFault,
  ConfirmedHow,
  JobName,
  JobShown,
  Offer,
} from '../access/confirmation/types.ts';
import type { Outcome } from '../contract/answers/outcome-schema.ts';
import type { JobRefusal } from '../engine/attempt-history.ts';
import type { Target } from '../engine/connection.ts';
import {
  confirmationMessages,
  confirmationNeededMessage,
  confirmationNextSteps,
  unconfirmableStep,
} from '../messages/confirmation.ts';
import { consentQuestion, consentRefusals, consentSteps } from '../messages/consent.ts';
import { recordRequest } from './record-request.ts';
import {
  type ConsentAnswer,
  type RequestContext,
  requesterOf,
  type ServiceParts,
} from './request-context.ts';
import { countsOf, tellWaiting } from './tell-waiting.ts';

/** An offered confirmation, and why the person at the client has not given it. */
export interface OfferMade extends Offer {
  readonly jobs: number;
  readonly lead?: string | undefined;
}

/** What needs a confirmation, besides the jobs. */
export interface ToConfirm {
  /** The requested jobs, with their outcomes so far: the same request finds the confirmation again. */
  readonly asked: readonly (readonly [Target, Outcome | undefined])[];
  /** The jobs that would be sent a cancel. */
  readonly live: readonly Outcome[];
  readonly how: ConfirmedHow;
  /** The number of jobs above which the caller needs a confirmation; `undefined` if this request always needs one. */
  readonly confirmAbove: number | undefined;
}

/** The result: the confirmation was given, or why the jobs are refused and how it can be given. */
export type Consent =
  | { readonly ok: true; readonly id: string | undefined }
  | {
      readonly ok: false;
      readonly id: string | undefined;
      readonly refusal: JobRefusal;
      readonly offer?: OfferMade | undefined;
    };

/** Offers a confirmation, and asks the person behind the client for it. Without their yes it can be given in other ways. */
export async function requireConfirmation(
  { asked, live, how, confirmAbove }: ToConfirm,
  parts: ServiceParts,
  context: RequestContext,
): Promise<Consent> {
  const confirmations = parts.access?.confirmations;
  const shown = asked.map(([target, seen]) => shownAs(target, seen));
  const made = await confirmations?.offer(requesterOf(context), shown, how);
  const offer = made && { ...made, jobs: asked.length };
  const id = offer?.id;
  const question = consentQuestion(live, context.caller.kind, { ...how, now: parts.clock.wallTime() });
  const answer = await askAtClient(id, question, parts, context);
  if (answer === 'unavailable' || answer === 'no_answer' || answer === 'failed')
    await tellWaiting(made, { counts: countsOf(shown) }, parts, context);
  if (answer === 'unavailable') return unconsented(neededBecause(confirmAbove, how), offer);
  if (typeof answer === 'object')
    return answer.fault === undefined
      ? { ok: true, id }
      : { ok: false, id, refusal: refusalOf(answer.fault) };
  const place = placeOf(context);
  return unconsented(consentRefusals[place][answer], offer, consentSteps[place][answer]);
}

/**
 * Asks the person behind the client, if there is one. After a yes the confirmation is used, or there is a fault; any other
 * answer is returned. A yes that comes after the call has ended approves the confirmation.
 */
export async function askAtClient(
  id: string | undefined,
  question: string,
  parts: ServiceParts,
  context: RequestContext,
): Promise<Exclude<ConsentAnswer, 'agreed'> | { readonly fault?: ConfirmationFault | undefined }> {
  const answer =
    (await context.askPerson?.(question, () => approveLate(id, parts, context))) ?? 'unavailable';
  if (answer === 'unavailable') return answer;
  // The person took time to answer, so the call gets its full budget again.
  parts.time.restart();
  if (answer !== 'agreed') return answer;
  return { fault: id === undefined ? undefined : await parts.access?.approvals.useAtClient(id) };
}

function placeOf({ surface }: RequestContext): keyof typeof consentRefusals {
  return surface === 'cli' ? 'terminal' : 'client';
}

function neededBecause(confirmAbove: number | undefined, { selector }: ConfirmedHow): string {
  return confirmationNeededMessage(confirmAbove, selector !== undefined);
}

/** The refusal of jobs whose confirmation is not valid. */
export function refusalOf(fault: ConfirmationFault): JobRefusal {
  return unconfirmed(confirmationMessages[fault], confirmationNextSteps[fault]);
}

/** The provider and id of each job, as confirmations hold them. */
export function namesOf(targets: readonly Target[]): JobName[] {
  return targets.map(({ connection, jobId }) => ({ provider: connection.name, job_id: jobId }));
}

/** Approves the confirmation if the person at the client agrees after the call has ended: a repeated request then succeeds. */
async function approveLate(
  confirmation: string | undefined,
  parts: ServiceParts,
  context: RequestContext,
): Promise<void> {
  if (confirmation === undefined) return;
  // The call has ended, but its confirmation has not expired.
  parts.time.reopen();
  const fault = await parts.access?.approvals.approveAtClient(confirmation);
  const noted = { action: 'confirm', step: 'approve', confirmation, confirmed_by: personAtClient } as const;
  await recordRequest(noted, fault === undefined ? 'allowed' : 'refused', parts, context);
}

/** Refuses jobs until they are confirmed in another way, if there is one. */
function unconsented(message: string, offer: OfferMade | undefined, lead?: string): Consent {
  const step = offer === undefined ? (lead ?? unconfirmableStep) : undefined;
  return {
    ok: false,
    id: offer?.id,
    refusal: unconfirmed(message, step),
    offer: offer && { ...offer, lead },
  };
}

function unconfirmed(message: string, nextStep?: string): JobRefusal {
  return { code: 'confirmation_required', message, nextStep };
}

/** A job, as the person who is asked to confirm sees it. */
function shownAs({ connection, jobId }: Target, seen: Outcome | undefined): JobShown {
  const created_at = seen?.details?.created_at;
  const called = { state: seen?.state, name: seen?.name, owner: seen?.owner };
  return { provider: connection.name, job_id: jobId, ...called, created_at };
}
