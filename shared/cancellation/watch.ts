import * as z from 'zod';
import type { Grant } from '../access/allowance.ts';
import { type AuditedRequest, type ConfirmationStep, Trail } from '../access/audit.ts';
import type { Action } from '../access/caller.ts';
import { confirmationIdIn } from '../access/confirmation.ts';
import { mayDo } from '../access/policy.ts';
import { within } from '../clock.ts';
import { loggable, StoreUnavailableError } from '../store/store-error.ts';
import type { CallContext, ServiceParts } from './call-context.ts';
import type { BulkResult, OneResult } from './cancel-jobs.ts';
import { type Checked, denied, faulty } from './check.ts';
import { cancelJobBody } from './requests.ts';
import { takeReads } from './spending.ts';
import { secondsToPass, storeMessage } from './store-wording.ts';
import { tooOftenMessage } from './wording.ts';

/** So long an answer that cancels nothing waits for its record. */
const soonMs = 500;

/** What is asked for; with `confirm`, what of which confirmation. */
export interface Watched {
  readonly action: Exclude<Action, 'cancel'>;
  /** Whether the work counts its reads itself. */
  readonly countsItself?: boolean | undefined;
  readonly step?: ConfirmationStep | undefined;
  readonly confirmation?: string | undefined;
}

/**
 * Lets through a request that cancels nothing, where its caller has the right to it and does not ask too often, and writes
 * it down either way. What cannot be written down is carried out all the same: nothing comes of it but an answer.
 */
export async function watched<T>(
  { action, countsItself = action === 'confirm', step, confirmation }: Watched,
  parts: ServiceParts,
  context: CallContext,
  work: () => Promise<Checked<T>>,
): Promise<Checked<T>> {
  const admit = () => admitted(action, countsItself, parts, context).then((refused) => refused ?? work());
  const result = await orStoreFault(parts, context, admit);
  const noted = { action, ...(step && { step }), ...(confirmation && { confirmation }) };
  await noteRequest(noted, result.ok ? 'allowed' : 'refused', parts, context);
  return result;
}

const { reason, confirmation_id, confirmation_token } = cancelJobBody.shape;
/** What a record tells of a request that may be anything. */
const notable = z.object({
  reason: reason.catch(undefined),
  confirmation_id: confirmation_id.catch(undefined),
  confirmation_token: confirmation_token.catch(undefined),
});

/**
 * Carries out a cancel, and writes it down where no job of it was: its faults refused it, or it found nothing to cancel.
 * Every other is written down job by job.
 */
export async function notedCancel<T extends OneResult | BulkResult>(
  request: unknown,
  parts: ServiceParts,
  context: CallContext,
  work: () => Promise<Checked<T>>,
): Promise<Checked<T>> {
  const result = await orStoreFault(parts, context, work);
  const isEmpty = result.ok && 'outcomes' in result.value && result.value.outcomes.length === 0;
  if (result.ok && !isEmpty) return result;
  const { data } = notable.safeParse(request);
  const confirmation = confirmationIdIn(data?.confirmation_token ?? data?.confirmation_id ?? '');
  const why = data?.reason;
  const noted = {
    action: 'cancel',
    ...(why && { reason: why }),
    ...(confirmation && { confirmation }),
  } as const;
  await noteRequest(noted, result.ok ? 'allowed' : 'refused', parts, context);
  return result;
}

/** What `work` comes to; where it cannot do without the store, and that cannot be used, a fault that says so. */
export async function orStoreFault<T>(
  { log }: Pick<ServiceParts, 'log'>,
  { requestId }: CallContext,
  work: () => Promise<Checked<T>>,
): Promise<Checked<T>> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    log({ level: 'error', event: 'store_broke', request_id: requestId, ...loggable(error) });
    const { cause } = error;
    const retryAfterSeconds = secondsToPass(cause);
    return faulty({ path: '', kind: 'unavailable', message: storeMessage(cause), cause, retryAfterSeconds });
  }
}

async function admitted(
  action: Action,
  countsItself: boolean,
  parts: ServiceParts,
  context: CallContext,
): Promise<Checked<never> | undefined> {
  if (!mayDo(context.caller, action)) return denied(action);
  return countsItself ? undefined : readTooOften(parts, context);
}

/** Counts a read of the caller's minute; says so where there is none left. Rejects when the store does. */
export async function readTooOften(
  { access }: ServiceParts,
  { caller }: CallContext,
): Promise<Checked<never> | undefined> {
  const grant = await takeReads(access?.allowance, caller, 1);
  return grant.granted === 1 ? undefined : tooOften(grant);
}

/** What somebody is told who has no read left. */
export function tooOften({ retryAfterMs }: Grant): Checked<never> {
  const retryAfterSeconds = Math.ceil(retryAfterMs / 1_000);
  const message = tooOftenMessage(retryAfterSeconds);
  return faulty({ path: '', kind: 'rate_limited', message, retryAfterSeconds });
}

/**
 * Writes down a request that is not about single jobs. Never rejects, nor holds its answer up where the store is slow and
 * the process lives on: nothing comes of such a request but its answer.
 */
export async function noteRequest(
  noted: Omit<AuditedRequest, 'caller' | 'kind' | 'surface'>,
  decision: 'allowed' | 'refused',
  { access, clock, log }: ServiceParts,
  { caller, surface, requestId }: CallContext,
): Promise<void> {
  if (access === undefined) return;
  const request: AuditedRequest = { caller: caller.id, kind: caller.kind, surface, ...noted };
  const written = new Trail(access.store, clock, requestId)
    .note(request, decision)
    .catch((error: unknown) => {
      log({ level: 'error', event: 'audit_unwritable', request_id: requestId, ...loggable(error) });
    });
  await (access.outlivesAnswers ? within(clock, soonMs, written) : written);
}
