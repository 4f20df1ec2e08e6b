import type { CallerView } from '../access/caller-view.ts';
import type { RequestContext, ServiceParts } from '../cancellation/request-context.ts';
import type { Result } from '../contract/result.ts';
import { omitUndefined } from '../lib/collections.ts';

/** Shows a caller who it is and what it may do. It needs no right. */
export async function getCaller(
  _parts: ServiceParts,
  _request: unknown,
  { caller: { id, kind, rights } }: RequestContext,
): Promise<Result<CallerView>> {
  const { cancelsPerMinute, readsPerMinute, confirmAbove } = rights;
  const may = {
    connections: [...rights.connections],
    actions: [...rights.actions],
    max_jobs: rights.maxJobs,
    max_operation_jobs: rights.maxOperationJobs,
    ...omitUndefined({
      cancels_per_minute: cancelsPerMinute,
      reads_per_minute: readsPerMinute,
      confirm_above: confirmAbove,
    }),
    self_confirm: rights.selfConfirm,
  };
  return { ok: true, value: { id, kind, may } };
}
