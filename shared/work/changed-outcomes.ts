import type { AuditedRequest } from '../access/audit/body.ts';
import { reportOutcomes, reportUnwritten } from '../access/audit/report.ts';
import { type AuditedOutcome, AuditWriter } from '../access/audit/writer.ts';
import type { ServiceParts } from '../cancellation/request-context.ts';
import type { OperationRecord } from '../operations/operation.ts';

/** By what outcomes changed: a check of the jobs, or a round that sends no cancel for them. */
interface ChangeSource {
  readonly operation: OperationRecord;
  readonly requestId: string;
  readonly action?: 'list' | 'cancel';
}

/** Records outcomes that changed, and counts those of a cancel. The results are kept already, so a failure is only logged. */
export async function recordChanges(
  { operation, requestId, action = 'list' }: ChangeSource,
  changed: readonly AuditedOutcome[],
  { access, clock, log, meter }: ServiceParts,
): Promise<void> {
  const { surface } = operation;
  if (action === 'cancel') reportOutcomes({ log, meter }, { surface, requestId }, changed);
  if (access === undefined || changed.length === 0) return;
  const request: AuditedRequest = {
    caller: operation.started_by ?? operation.caller,
    ...{ kind: operation.kind, surface, action, operation: operation.id },
    ...(action === 'cancel' && operation.reason !== undefined && { reason: operation.reason }),
  };
  await new AuditWriter(access.store, clock, requestId)
    .recordOutcomes(request, changed)
    .catch((error: unknown) => reportUnwritten({ log, meter }, requestId, error));
}
