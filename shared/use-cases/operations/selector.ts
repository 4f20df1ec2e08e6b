import { can } from '../../access/policy.ts';
import type { RequestContext, ServiceParts } from '../../cancellation/request-context.ts';
import type { Selector } from '../../contract/requests.ts';
import type { Result } from '../../contract/result.ts';
import type { OperationRecord } from '../../operations/operation.ts';
import { checkList } from '../list-jobs.ts';

/** Checks at once whether the caller may list what a selector picks, because it is resolved later. */
export function checkSelector(
  selector: Selector,
  parts: ServiceParts,
  context: RequestContext,
): Result<Selector> {
  const checked = checkList(selector, parts, context);
  if (checked.ok) return { ok: true, value: selector };
  const faults = checked.faults.map((fault) => ({ ...fault, path: `selector.${fault.path}` }));
  return { ok: false, faults };
}

/** The connections at which the jobs of a selector are listed. */
export function connectionsToList(
  { selector }: OperationRecord,
  { connections }: ServiceParts,
  { caller }: RequestContext,
): readonly string[] {
  const { provider } = selector ?? {};
  const names = provider === undefined ? [...connections.keys()] : [provider];
  return names.filter((name) => can(caller, 'list', name));
}
