import { type AuditedRequest, Trail } from '../access/audit.ts';
import type { Action } from '../access/caller.ts';
import { mayDo } from '../access/policy.ts';
import type { CallContext, ServiceParts } from './call-context.ts';
import { type Checked, deniedFault } from './check.ts';
import { tooOftenMessage } from './wording.ts';

const minuteMs = 60_000;

/** What is asked for, and under which confirmation. `refuses`: what it does is to say no. */
export interface Watched {
  readonly action: Exclude<Action, 'cancel'>;
  readonly confirmation?: string | undefined;
  readonly refuses?: boolean;
}

/**
 * Lets through a request that cancels nothing, where its caller has the right to it and does not ask too often, and writes
 * it down either way. What cannot be written down is carried out all the same: nothing comes of it but an answer.
 */
export async function watched<T>(
  { action, confirmation, refuses = false }: Watched,
  parts: ServiceParts,
  context: CallContext,
  work: () => Promise<Checked<T>>,
): Promise<Checked<T>> {
  const result = await admitted(action, parts, context).then((refused) => refused ?? work());
  const decision = result.ok && !refuses ? 'allowed' : 'refused';
  await noteRequest({ action, ...(confirmation && { confirmation }) }, decision, parts, context);
  return result;
}

async function admitted(
  action: Action,
  { access }: ServiceParts,
  { caller }: CallContext,
): Promise<Checked<never> | undefined> {
  if (!mayDo(caller, action)) return { ok: false, faults: [deniedFault(action)] };
  const { readsPerMinute: most } = caller.rights;
  if (most === undefined || access === undefined) return undefined;
  const { granted, retryAfterMs } = await access.allowance.take(`${caller.id}/reads`, 1, [
    { most, windowMs: minuteMs },
  ]);
  if (granted === 1) return undefined;
  const retryAfterSeconds = Math.ceil(retryAfterMs / 1_000);
  return {
    ok: false,
    faults: [{ path: '', kind: 'rate_limited', message: tooOftenMessage, retryAfterSeconds }],
  };
}

/** Writes down a request that is not about single jobs. Never rejects: nothing comes of such a request but its answer. */
export async function noteRequest(
  noted: Pick<AuditedRequest, 'action' | 'confirmation'>,
  decision: 'allowed' | 'refused',
  { access, clock, log }: ServiceParts,
  { caller, surface, requestId }: CallContext,
): Promise<void> {
  if (access === undefined) return;
  const request: AuditedRequest = { caller: caller.id, kind: caller.kind, surface, ...noted };
  await new Trail(access.store, clock, requestId).note(request, decision).catch((error: unknown) => {
    const name = error instanceof Error ? error.name : 'unknown';
    log({ level: 'error', event: 'audit_unwritable', request_id: requestId, error: name });
  });
}
