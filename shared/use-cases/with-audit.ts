import * as z from 'zod';
import type { ConfirmationStep } from '../access/audit/writer.ts';
import type { Action } from '../access/caller.ts';
import { confirmationIdIn } from '../access/confirmation/token.ts';
import { can } from '../access/policy.ts';
import type { Grant } from '../access/rate-limiter.ts';
import { takeReads } from '../cancellation/cancel-quota.ts';
import { recordRequest } from '../cancellation/record-request.ts';
import type { RequestContext, ServiceParts } from '../cancellation/request-context.ts';
import { cancelJobBody } from '../contract/requests.ts';
import type { BulkResult, OneResult } from '../contract/responses.ts';
import { tooOftenMessage } from '../messages/faults.ts';
import { secondsToPass, storeMessage } from '../messages/store.ts';
import { loggable, StoreUnavailableError } from '../store/errors.ts';
import { denied, faulty, type Result } from './validate.ts';

/** What is asked for; with `confirm`, what of which confirmation. */
export interface AuditedAction {
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
export async function withAudit<T>(
  { action, countsItself = action === 'confirm', step, confirmation }: AuditedAction,
  parts: ServiceParts,
  context: RequestContext,
  work: () => Promise<Result<T>>,
): Promise<Result<T>> {
  const admit = () => admitted(action, countsItself, parts, context).then((refused) => refused ?? work());
  const result = await orStoreFault(parts, context, admit);
  const noted = { action, ...(step && { step }), ...(confirmation && { confirmation }) };
  await recordRequest(noted, result.ok ? 'allowed' : 'refused', parts, context);
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
export async function auditedCancel<T extends OneResult | BulkResult>(
  request: unknown,
  parts: ServiceParts,
  context: RequestContext,
  work: () => Promise<Result<T>>,
): Promise<Result<T>> {
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
  await recordRequest(noted, result.ok ? 'allowed' : 'refused', parts, context);
  return result;
}

/** What `work` comes to; where it cannot do without the store, and that cannot be used, a fault that says so. */
export async function orStoreFault<T>(
  { log }: Pick<ServiceParts, 'log'>,
  { requestId }: RequestContext,
  work: () => Promise<Result<T>>,
): Promise<Result<T>> {
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
  context: RequestContext,
): Promise<Result<never> | undefined> {
  if (!can(context.caller, action)) return denied(action);
  return countsItself ? undefined : readTooOften(parts, context);
}

/** Counts a read of the caller's minute; says so where there is none left. Rejects when the store does. */
export async function readTooOften(
  { access }: ServiceParts,
  { caller }: RequestContext,
): Promise<Result<never> | undefined> {
  const grant = await takeReads(access?.rateLimiter, caller, 1);
  return grant.granted === 1 ? undefined : tooOften(grant);
}

/** What somebody is told who has no read left. */
export function tooOften({ retryAfterMs }: Grant): Result<never> {
  const retryAfterSeconds = Math.ceil(retryAfterMs / 1_000);
  const message = tooOftenMessage(retryAfterSeconds);
  return faulty({ path: '', kind: 'rate_limited', message, retryAfterSeconds });
}
