import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { OperationStep } from '../../access/audit/steps.ts';
import { confirmationIdIn } from '../../access/confirmation/token.ts';
import { can } from '../../access/policy.ts';
import { recordRequest } from '../../cancellation/record-request.ts';
import type { RequestContext, ServiceParts } from '../../cancellation/request-context.ts';
import { operationIdPattern } from '../../contract/operations.ts';
import { cancelJobBody } from '../../contract/requests.ts';
import type { Result } from '../../contract/result.ts';
import { omitUndefined } from '../../lib/collections.ts';
import { loggable } from '../../store/errors.ts';
import { denied } from '../validate.ts';
import { orStoreFault, type UseCase } from '../with-audit.ts';

const { reason, confirmation_id, confirmation_token } = cancelJobBody.shape;
const operationId = z.string().regex(operationIdPattern).optional().catch(undefined);
/** The part of a request that the audit records. The rest may be anything. */
const recorded = z.object({
  operation_id: operationId,
  reason: reason.catch(undefined),
  confirmation_id: confirmation_id.catch(undefined),
  confirmation_token: confirmation_token.catch(undefined),
});
/** Where an answer says which operation it is about. */
const answered = z.object({ id: operationId });

/** How long it is remembered that a caller has read an operation, in milliseconds: as long as any lives. */
const rememberedMs = 120 * 86_400_000;

/**
 * A use case that changes an operation, for callers with the right to cancel, with an audit entry either way. To pause needs
 * no right beyond those that the use case itself asks for, because it only says no.
 */
export function auditedOperation<T extends object>(
  step: Exclude<OperationStep, 'read'>,
  useCase: UseCase<T>,
): UseCase<T> {
  const allowed = orStoreFault<T>(async (parts, request, context) =>
    step === 'pause' || can(context.caller, 'cancel') ? useCase(parts, request, context) : denied('cancel'),
  );
  return async (parts, request, context) => {
    const result = await allowed(parts, request, context);
    await recordRequest(
      { action: 'cancel', step, ...notedOf(request, result) },
      result.ok ? 'allowed' : 'refused',
      parts,
      context,
    );
    return result;
  };
}

/** A use case that reads operations. The audit records it once for each caller and operation, not once a poll. */
export function auditedOperationRead<T extends object>(useCase: UseCase<T>): UseCase<T> {
  const read = orStoreFault(useCase);
  return async (parts, request, context) => {
    const result = await read(parts, request, context);
    const { operation } = notedOf(request, result);
    if (result.ok && !(await isFirstRead(operation ?? 'list', parts, context))) return result;
    const noted = { action: 'list', step: 'read', ...omitUndefined({ operation }) } as const;
    await recordRequest(noted, result.ok ? 'allowed' : 'refused', parts, context);
    return result;
  };
}

function notedOf<T extends object>(request: unknown, result: Result<T>) {
  const { data } = recorded.safeParse(request);
  const named = answered.safeParse(result.ok ? result.value : {}).data?.id;
  return omitUndefined({
    operation: named ?? data?.operation_id,
    reason: data?.reason,
    confirmation: confirmationIdIn(data?.confirmation_token ?? data?.confirmation_id ?? ''),
  });
}

/** Whether this caller reads the operation for the first time. If the store cannot say, the read is recorded once more. */
async function isFirstRead(
  what: string,
  { access, clock, log }: ServiceParts,
  { caller, requestId }: RequestContext,
): Promise<boolean> {
  const reader = createHash('sha256').update(caller.id).digest('base64url');
  const key = `operation-read/${what}/${reader}`;
  try {
    if (access === undefined || (await access.store.get(key)) !== undefined) return false;
    const expiresAt = clock.wallTime() + rememberedMs;
    return (await access.store.put(key, '{}', { version: 0, expiresAt })) !== 0;
  } catch (error) {
    log({ level: 'error', event: 'audit_unwritable', request_id: requestId, ...loggable(error) });
    return true;
  }
}
