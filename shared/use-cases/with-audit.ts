import * as z from 'zod';
import { RepeatedReads } from '../access/audit/repeated-reads.ts';
import type { ConfirmationStep } from '../access/audit/steps.ts';
import type { Action } from '../access/caller.ts';
import type { Grant } from '../access/caller-rate-limiter.ts';
import { confirmationIdIn } from '../access/confirmation/token.ts';
import { can } from '../access/policy.ts';
import { takeReads } from '../cancellation/cancel-quota.ts';
import { recordRequest } from '../cancellation/record-request.ts';
import type { RequestContext, ServiceParts } from '../cancellation/request-context.ts';
import type { BulkResult, OneResult } from '../contract/answers/responses.ts';
import { cancelJobBody } from '../contract/requests.ts';
import { faulty, type Result } from '../contract/result.ts';
import { omitUndefined } from '../lib/collections.ts';
import { tooOftenMessage, tooOftenStep } from '../messages/faults.ts';
import { secondsToPass, storeMessage, storeStep } from '../messages/store.ts';
import { loggable, StoreUnavailableError } from '../store/errors.ts';
import { showConfirmationRequest } from './confirmation-requests.ts';
import { denied } from './validate.ts';

/** One kind of request to calloff: it checks the input, and returns an answer or every fault. */
export type UseCase<T> = (
  parts: ServiceParts,
  request: unknown,
  context: RequestContext,
) => Promise<Result<T>>;

/** A read as the audit records it: the right it needs, and what it does with a confirmation. */
interface AuditedAction {
  readonly action: Exclude<Action, 'cancel'>;
  readonly step?: ConfirmationStep;
  /** Whether the use case counts its reads itself. Default: only if it is about a confirmation. */
  readonly countsItself?: boolean;
}

/**
 * A use case that cancels nothing, for callers that have the right to it and reads left, with an audit entry either way. If
 * the entry cannot be written, the caller gets the answer.
 */
export function auditedRead<T>(
  { action, step, countsItself = action === 'confirm' }: AuditedAction,
  useCase: UseCase<T>,
): UseCase<T> {
  const allowed = orStoreFault<T>(
    async (parts, request, context) =>
      (await admitted(action, countsItself, parts, context)) ?? useCase(parts, request, context),
  );
  const repeated = new RepeatedReads();
  return async (parts, request, context) => {
    const result = await allowed(parts, request, context);
    if (result.ok && step === undefined && repeated.isRepeated(action, context, parts.clock)) return result;
    const { confirmation_id: confirmation } = showConfirmationRequest.safeParse(request).data ?? {};
    const entry = { action, ...omitUndefined({ step, confirmation }) };
    await recordRequest(entry, result.ok ? 'allowed' : 'refused', parts, context);
    return result;
  };
}

const { reason, confirmation_id, confirmation_token } = cancelJobBody.shape;
/** The part of a request that the audit records. The rest may be anything. */
const recorded = z.object({
  reason: reason.catch(undefined),
  confirmation_id: confirmation_id.catch(undefined),
  confirmation_token: confirmation_token.catch(undefined),
});

/**
 * A use case that cancels, with an audit entry for the whole request if none of its jobs has one: it was refused for its
 * faults, or it found nothing to cancel.
 */
export function auditedCancel<T extends OneResult | BulkResult>(useCase: UseCase<T>): UseCase<T> {
  const cancel = orStoreFault(useCase);
  return async (parts, request, context) => {
    const result = await cancel(parts, request, context);
    const isEmpty = result.ok && 'outcomes' in result.value && result.value.outcomes.length === 0;
    if (result.ok && !isEmpty) return result;
    const { data } = recorded.safeParse(request);
    const confirmation = confirmationIdIn(data?.confirmation_token ?? data?.confirmation_id ?? '');
    const entry = { action: 'cancel', ...omitUndefined({ reason: data?.reason, confirmation }) } as const;
    await recordRequest(entry, result.ok ? 'allowed' : 'refused', parts, context);
    return result;
  };
}

/** A use case that answers with a fault if it needs the store and the store is unavailable. */
export function orStoreFault<T>(useCase: UseCase<T>): UseCase<T> {
  return async (parts, request, context) => {
    try {
      return await useCase(parts, request, context);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      const { requestId } = context;
      parts.log({ level: 'error', event: 'store_failed', request_id: requestId, ...loggable(error) });
      const { cause } = error;
      const retryAfterSeconds = secondsToPass(cause);
      const told = { message: storeMessage(cause), step: storeStep(cause) };
      return faulty({ path: '', kind: 'unavailable', ...told, cause, retryAfterSeconds });
    }
  };
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

/** Counts a read of the caller's minute; returns a fault if none is left. Rejects if the store does. */
export async function readTooOften(
  { access }: ServiceParts,
  { caller }: RequestContext,
): Promise<Result<never> | undefined> {
  const grant = await takeReads(access?.rateLimiter, caller, 1);
  return grant.granted === 1 ? undefined : tooOften(grant);
}

/** The fault of a caller with no reads left. */
export function tooOften({ retryAfterMs }: Grant): Result<never> {
  const retryAfterSeconds = Math.ceil(retryAfterMs / 1_000);
  const message = tooOftenMessage(retryAfterSeconds);
  const step = tooOftenStep(retryAfterSeconds);
  return faulty({ path: '', kind: 'rate_limited', message, step, retryAfterSeconds });
}
