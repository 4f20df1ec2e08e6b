import type { State } from '../../contract/outcome.ts';
import type { Caller } from '../caller.ts';

/** The provider and id of a job. */
export interface JobName {
  readonly provider: string;
  readonly job_id: string;
}

/** A job with its details from when a confirmation was offered for it, as far as they are known. */
export interface JobShown extends JobName {
  readonly state?: State | undefined;
  /** Text from others, safe to show. */
  readonly name?: string | undefined;
  readonly owner?: string | undefined;
  /** RFC 3339 */
  readonly created_at?: string | undefined;
}

/** How the jobs of a confirmation are cancelled, and the filters that picked them. */
export interface ConfirmedHow {
  /** Whether the cancel is sent even if the status cannot be read first. */
  readonly sendIfStatusUnknown: boolean;
  readonly waitSeconds?: number | undefined;
  readonly reason?: string | undefined;
  /** The filters of the selector that picked the jobs, such as `state: 'running'`. */
  readonly selector?: Readonly<Record<string, string>> | undefined;
}

/** What a confirmation of an operation is for, instead of a copy of its jobs. */
export interface OperationConfirmed {
  readonly id: string;
  readonly jobs: number;
  /** How many jobs it has at each connection. */
  readonly counts: Readonly<Record<string, number>>;
}

/** An operation that needs a confirmation. */
export interface OperationToConfirm extends OperationConfirmed {
  /** Covers the operation, its jobs and options, and this start or resume of it. */
  readonly digest: string;
  /** The first of its jobs. */
  readonly shown: readonly JobShown[];
  readonly how: ConfirmedHow;
}

/** The caller and its scope: a confirmation works only in the scope in which it was offered. */
export interface Requester extends Caller {
  readonly scope?: string | undefined;
}

/** An offered confirmation, for a caller whose request needs one. */
export interface Offer {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Whether this call made it: a request that is repeated is offered the one that is there. */
  readonly isNew?: boolean;
  /** Confirms in a second call; only for callers that may confirm for themselves. */
  readonly token?: string;
}

/** A confirmation that waits for someone other than the caller who asked for it. */
export interface ConfirmationAsked {
  readonly confirmation: string;
  readonly caller: string;
  /** How many jobs it is for at each connection. */
  readonly counts: Readonly<Record<string, number>>;
  readonly operation?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly requestedAt: number;
  readonly expiresAt: number;
}

/** A confirmation, as the person who may confirm it sees it. */
export interface Confirmation {
  readonly id: string;
  readonly caller: string;
  /** For an operation the first of its jobs. */
  readonly jobs: readonly JobShown[];
  readonly operation?: OperationConfirmed | undefined;
  readonly how: ConfirmedHow;
  /** Milliseconds since the epoch. */
  readonly requestedAt: number;
  readonly expiresAt: number;
  readonly state: 'pending' | 'approved' | 'used' | 'closed';
  readonly approvedBy?: string | undefined;
}

/** The connections of all jobs of a confirmation. */
export function connectionsOf({ jobs, operation }: Pick<Confirmation, 'jobs' | 'operation'>): string[] {
  const named =
    operation === undefined ? jobs.map(({ provider }) => provider) : Object.keys(operation.counts);
  return [...new Set(named)];
}

/**
 * Why a confirmation is not valid. `unknown`: there is none, it has expired, or it is another caller's. `other_how`: it is
 * for a cancel that checks the status first and the request is for one that does not, or the other way round.
 */
export type ConfirmationFault =
  | 'unknown'
  | 'not_confirmed'
  | 'used'
  | 'other_jobs'
  | 'other_how'
  | 'not_allowed';

/** The details that a request repeats with its confirmation. Absent ones are as they were confirmed. */
export interface Restated {
  readonly jobs?: readonly JobName[] | undefined;
  readonly sendIfStatusUnknown?: boolean | undefined;
}

/** The used confirmation, who confirmed it, and how the jobs are cancelled; or why it is not valid. */
export type Use =
  | {
      readonly ok: true;
      readonly id: string;
      readonly confirmedBy: string;
      readonly how: ConfirmedHow;
    }
  | { readonly ok: false; readonly fault: ConfirmationFault };

/** The jobs of a valid confirmation, or why it is not valid. */
export type Peek =
  | { readonly ok: true; readonly jobs: readonly JobName[] }
  | { readonly ok: false; readonly fault: ConfirmationFault };
