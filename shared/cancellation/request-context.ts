import type { Surface } from '../access/audit/writer.ts';
import type { Caller, JobPattern } from '../access/caller.ts';
import type { Approvals } from '../access/confirmation/approvals.ts';
import type { Confirmations } from '../access/confirmation/confirmations.ts';
import type { Requester } from '../access/confirmation/types.ts';
import type { SlidingWindowLimiter } from '../access/rate-limiter.ts';
import type { Progress } from '../contract/progress.ts';
import type { Connection } from '../engine/connection.ts';
import type { Turn } from '../http/rate-limit/turn.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { WaysToConfirm } from '../messages/confirmation.ts';
import type { Store } from '../store/store.ts';
import type { CallDeadline } from './call-deadline.ts';

/**
 * What a client answered to a question for its person. Whether a person or the client itself answered is not known.
 * `failed`: it could not ask. `cooldown`: not asked, soon after a no. `unavailable`: there is no way to ask.
 */
export type ConsentAnswer = 'agreed' | 'declined' | 'no_answer' | 'failed' | 'cooldown' | 'unavailable';

/** Who asks, and how the call is known. `signal` is aborted when the caller goes away. */
export interface RequestContext {
  readonly requestId: string;
  readonly caller: Caller;
  /** The same caller by the rules in force now, for a call that had to wait for a person. Without it: as above. */
  callerNow?(): Promise<Caller>;
  readonly surface: Surface;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which the call must be over, whatever its budget; without it, only that counts. */
  readonly limitMs?: number | undefined;
  /** Told how far the call is whenever that changes, twice a second at the most. */
  onProgress?(progress: Progress): void;
  /**
   * Puts a question to the person behind the client. Without it there is nobody to ask. `onLateYes` is called if they
   * agree after there was `no_answer` in time.
   */
  askPerson?(question: string, onLateYes: () => Promise<void>): Promise<ConsentAnswer>;
  /** Whether more than one job always needs a confirmation, whatever the caller's rights. */
  readonly confirmFirst?: boolean;
  /** Where the caller asks: a confirmation offered here serves here only. */
  readonly scope?: string | undefined;
}

/** The caller of a call, as confirmations are bound to them. */
export function requesterOf({ caller, scope }: RequestContext): Requester {
  return { ...caller, scope };
}

/** What watches over callers. Its store answers or rejects while the call has time. */
export interface Access {
  readonly store: Store;
  readonly rateLimiter: SlidingWindowLimiter;
  readonly confirmations: Confirmations;
  readonly approvals: Approvals;
  /** Whether what is under way goes on once a call is answered: not in a function, which is frozen then. */
  readonly outlivesAnswers: boolean;
}

/**
 * What a service needs for one call. Without `access` rights are judged, but nothing is counted, nothing can be confirmed
 * and nothing is written down.
 */
export interface ServiceParts {
  readonly connections: ReadonlyMap<string, Connection>;
  readonly clock: Clock;
  readonly log: Log;
  readonly time: CallDeadline;
  /** When it is the turn of this call to ask providers. */
  readonly turn: Turn;
  readonly access?: Access | undefined;
  /** Jobs that nobody may cancel; by default none. */
  protectedJobs?(): Promise<readonly JobPattern[]>;
  waysToConfirm?(): Promise<WaysToConfirm>;
}
