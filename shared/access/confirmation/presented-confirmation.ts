import { type ConfirmationRecord, isOpen } from './record.ts';
import { confirmationIdIn, constantTimeEqual, digestOf, idOf, macOf } from './token.ts';
import type { ConfirmationFault, Requester, Restated } from './types.ts';

/** A confirmation as a caller presents it, and the request's own details. */
export interface Presented {
  readonly id: string;
  readonly mac: string | undefined;
  readonly caller: Requester;
  readonly digest: string | undefined;
  readonly sendIfStatusUnknown: boolean | undefined;
  readonly pepper: string | undefined;
  /** Whether a used one is accepted again, because what it is for happens only once. */
  readonly isRepeatable?: boolean;
}

/** Reads a claim: the token or the id of a confirmation. `undefined` if it is neither. */
export function presentedBy(
  caller: Requester,
  claim: string,
  { jobs, sendIfStatusUnknown }: Restated,
  pepper: string | undefined,
): Presented | undefined {
  const id = confirmationIdIn(claim);
  if (id === undefined) return undefined;
  const mac = claim === id ? undefined : claim.slice(id.length + 1);
  const digest = jobs === undefined ? undefined : digestOf(jobs);
  return { id, mac, caller, digest, sendIfStatusUnknown, pepper };
}

/** Why a confirmation cannot be used. Its owner is checked first: for any other caller it does not exist. */
export function faultOf(
  known: ConfirmationRecord | undefined,
  { id, mac, caller, digest, sendIfStatusUnknown, pepper, isRepeatable = false }: Presented,
): ConfirmationFault | undefined {
  if (known?.caller !== caller.id || known.scope !== caller.scope) return 'unknown';
  const offered = { digest: known.digest, sendIfStatusUnknown: known.send_if_status_unknown ?? false };
  if (pepper === undefined || id !== idOf(caller, offered, pepper)) return 'unknown';
  if (mac !== undefined && !constantTimeEqual(mac, macOf(id, known, pepper))) return 'unknown';
  if (digest !== undefined && digest !== known.digest) return 'other_jobs';
  if (sendIfStatusUnknown !== undefined && sendIfStatusUnknown !== offered.sendIfStatusUnknown)
    return 'other_how';
  if (isRepeatable && known.state === 'used') return undefined;
  if (!isOpen(known)) return 'used';
  const confirmsItself = mac !== undefined && caller.rights.selfConfirm;
  return known.state === 'approved' || confirmsItself ? undefined : 'not_confirmed';
}
