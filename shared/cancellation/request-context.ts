import type { Surface } from '../access/audit/steps.ts';
import type { Caller, JobPattern } from '../access/caller.ts';
import type { SlidingWindowLimiter } from '../access/caller-rate-limiter.ts';
import type { Approvals } from '../access/confirmation/approvals.ts';
import type { Confirmations } from '../access/confirmation/confirmations.ts';
import type { ConfirmationAsked, Requester } from '../access/confirmation/types.ts';
import type { Progress } from '../contract/progress.ts';
import type { Connection } from '../engine/connection.ts';
import type { Turn } from '../http/rate-limit/turn.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Meter } from '../lib/telemetry/meter.ts';
import type { WaysToConfirm } from '../messages/confirmation.ts';
import type { Store } from '../store/store.ts';
import type { CallDeadline } from './call-deadline.ts';

/**
 * A client's answer to a question for its person. It is not known whether the person or the client itself answered.
 * `failed`: it could not ask. `cooldown`: not asked, soon after a no. `unavailable`: there is no way to ask.
 */
export type ConsentAnswer = 'agreed' | 'declined' | 'no_answer' | 'failed' | 'cooldown' | 'unavailable';

/** The caller of a request, its id, and its limits. `signal` is aborted when the caller disconnects. */
export interface RequestContext {
  readonly requestId: string;
  readonly caller: Caller;
  /** The same caller by the rules in force now, for a call that had to wait for a person. Default: `caller`. */
  callerNow?(): Promise<Caller>;
  readonly surface: Surface;
  /** Set if the surface is a command on another machine, where it has neither the keys nor the store. */
  readonly isRemote?: true | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The milliseconds after which the call must end, even if its budget is longer. Default: its budget. */
  readonly limitMs?: number | undefined;
  /** Receives the progress of the call when it changes, at most twice a second. */
  onProgress?(progress: Progress): void;
  /**
   * Asks the person behind the client. Without it no person can be asked. `onLateYes` is called if they agree after
   * `no_answer`.
   */
  askPerson?(question: string, onLateYes: () => Promise<void>): Promise<ConsentAnswer>;
  /** Whether more than one job always needs a confirmation, even if the caller's rights do not say so. */
  readonly confirmFirst?: boolean;
  /** The id of the stored operation that the request carries out. */
  readonly operation?: string | undefined;
  /** Names the operation that the request creates: the same key of the same caller finds it again. */
  readonly idempotencyKey?: string | undefined;
  /** The scope of the request: a confirmation offered in it works only in it. */
  readonly scope?: string | undefined;
}

/** The caller and scope that confirmations are bound to. */
export function requesterOf({ caller, scope }: RequestContext): Requester {
  return { ...caller, scope };
}

/** The limits, confirmations and audit for callers. Their store answers or rejects before the deadline of the call. */
export interface Access {
  readonly store: Store;
  readonly rateLimiter: SlidingWindowLimiter;
  readonly confirmations: Confirmations;
  readonly approvals: Approvals;
  /** Whether work continues after a call is answered: not in a Lambda function, which is then frozen. */
  readonly outlivesAnswers: boolean;
}

/**
 * What a use case needs for one call. Without `access` calloff checks rights, but counts, confirms and records nothing.
 */
export interface ServiceParts {
  readonly connections: ReadonlyMap<string, Connection>;
  readonly clock: Clock;
  readonly log: Log;
  /** Counts what happens. Default: nothing is counted. */
  readonly meter?: Meter | undefined;
  readonly time: CallDeadline;
  /** The turn of this call's requests to providers. */
  readonly turn: Turn;
  readonly access?: Access | undefined;
  /** Jobs that no caller may cancel; by default none. */
  protectedJobs?(): Promise<readonly JobPattern[]>;
  waysToConfirm?(): Promise<WaysToConfirm>;
  /** Tells workers that there is work at these connections. Never rejects: the agenda holds what is due. */
  ring?(connections: readonly string[]): Promise<void>;
  /** Stores that a confirmation waits for someone other than its caller, so that people are told. */
  tellWaiting?(asked: ConfirmationAsked): Promise<unknown>;
}
