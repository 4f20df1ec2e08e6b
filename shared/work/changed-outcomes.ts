import { type AuditedOutcome, type AuditedRequest, AuditWriter } from '../access/audit/writer.ts';
import type { ServiceParts } from '../cancellation/request-context.ts';
import type { OperationRecord } from '../operations/operation.ts';
import { loggable } from '../store/errors.ts';

/** Records outcomes that changed. The results are kept already, so a failure is only logged. */
export async function recordChanges(
  { operation, requestId }: { readonly operation: OperationRecord; readonly requestId: string },
  changed: readonly AuditedOutcome[],
  { access, clock, log }: ServiceParts,
): Promise<void> {
  if (access === undefined || changed.length === 0) return;
  const request: AuditedRequest = {
    caller: operation.started_by ?? operation.caller,
    ...{ kind: operation.kind, surface: operation.surface, action: 'list', operation: operation.id },
  };
  await new AuditWriter(access.store, clock, requestId)
    .recordOutcomes(request, changed)
    .catch((error: unknown) =>
      log({ level: 'error', event: 'audit_unwritable', request_id: requestId, ...loggable(error) }),
    );
}
