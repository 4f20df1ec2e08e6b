import type { State } from '../../contract/outcome.ts';
import type { Caller } from '../caller.ts';

/** A job by name. */
export interface JobName {
  readonly provider: string;
  readonly job_id: string;
}

/** A job as it was seen when a confirmation was offered for it, as far as it was seen. */
export interface JobShown extends JobName {
  readonly state?: State | undefined;
  /** Foreign text, fit to be shown. */
  readonly name?: string | undefined;
  /** RFC 3339 */
  readonly created_at?: string | undefined;
}

/** How the jobs of a confirmation are to be cancelled, and in what words they were selected. */
export interface ConfirmedHow {
  /** Whether the cancel is sent also if the status before it cannot be read. */
  readonly sendIfStatusUnknown: boolean;
  readonly waitSeconds?: number | undefined;
  readonly reason?: string | undefined;
  /** The filters of the selector that picked the jobs, such as `state: 'running'`. */
  readonly selector?: Readonly<Record<string, string>> | undefined;
}

/** Who asks, and where: what is offered in a scope serves in the same scope only. */
export interface Requester extends Caller {
  readonly scope?: string | undefined;
}

/** What somebody is told whose request must be confirmed. */
export interface Offer {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Confirms in a second call; only for those who may confirm for themselves. */
  readonly token?: string;
}

/** A confirmation as a person sees it who is to give it. */
export interface Confirmation {
  readonly id: string;
  readonly caller: string;
  readonly jobs: readonly JobShown[];
  readonly how: ConfirmedHow;
  readonly expiresAt: number;
  readonly state: 'pending' | 'approved' | 'used' | 'closed';
  readonly approvedBy?: string | undefined;
}

/**
 * Why a confirmation does not serve. `unknown`: there is none, it is over, or it is somebody else's. `other_how`: it is
 * for a cancel that checks the status first, and the request is for one that does not, or the other way round.
 */
export type ConfirmationFault =
  | 'unknown'
  | 'not_confirmed'
  | 'used'
  | 'other_jobs'
  | 'other_how'
  | 'not_allowed';

/** What a request that presents a confirmation says of its own. What it leaves out is as it was confirmed. */
export interface Restated {
  readonly jobs?: readonly JobName[] | undefined;
  readonly sendIfStatusUnknown?: boolean | undefined;
}

/** Which confirmation serves, who gave it, and how they were told that the jobs would be cancelled; or why none does. */
export type Use =
  | {
      readonly ok: true;
      readonly id: string;
      readonly confirmedBy: string;
      readonly how: ConfirmedHow;
    }
  | { readonly ok: false; readonly fault: ConfirmationFault };

/** The jobs of a confirmation that serves; or why none does. */
export type Peek =
  | { readonly ok: true; readonly jobs: readonly JobName[] }
  | { readonly ok: false; readonly fault: ConfirmationFault };
