import type { JobPattern } from '../access/caller.ts';
import type { Grant } from '../access/caller-rate-limiter.ts';
import type { ConfirmedHow } from '../access/confirmation/types.ts';
import type { HowToCancel } from '../contract/requests.ts';
import type { AttemptHistory, JobRefusal } from '../engine/attempt-history.ts';
import type { Connection, Target } from '../engine/connection.ts';
import type { ListWalk } from '../engine/list/list-walk.ts';
import { type Rules, refusalsById } from './authorize-jobs.ts';
import { CancelAudit } from './cancel-audit.ts';
import { CancelQuota } from './cancel-quota.ts';
import { OutcomeMap } from './outcome-map.ts';
import type { RequestContext, ServiceParts } from './request-context.ts';

/** A slice of a stored operation, which was admitted when it started. */
export interface OperationSlice {
  /** The histories of its jobs: they hold the cancels that may have been sent before. */
  readonly histories: ReadonlyMap<Target, AttemptHistory>;
  /** Called with the jobs that may be sent a cancel from now on. If it rejects, none is. */
  beforeSend(jobs: readonly AttemptHistory[], connection: Connection): Promise<void>;
  /** Asked before each cancel leaves. */
  leave(): Promise<boolean>;
  /** Asked at the end: whether another worker may have sent cancels meanwhile, so that a status may show the effect of those. */
  isLate(): Promise<boolean>;
  /** Where its jobs are in the list of the provider. */
  readonly walk: ListWalk;
}

/** A cancel whose jobs are known. */
export interface CancelPlan {
  readonly targets: readonly Target[];
  readonly how: HowToCancel;
  /** How long to wait if neither the request nor its confirmation says so. */
  readonly defaultWaitSeconds: number;
  /** The filters of the selector that picked the jobs. */
  readonly selector?: Readonly<Record<string, string>> | undefined;
  readonly presentedConfirmation?: string | undefined;
  /** Whether it needs a confirmation for any number of jobs. */
  readonly needsConfirmation?: boolean;
  /** Whether the request lists its jobs: then they must be those of its confirmation. */
  readonly listsJobs: boolean;
  /** With a dry run: how many of the jobs may be read. */
  readonly reads?: Grant | undefined;
  /** With a slice of an operation: it needs no confirmation, and jobs beyond the caller's minute are left out, not refused. */
  readonly slice?: OperationSlice;
}

/** What the steps of one cancel share: the request, the rules in force, its quota, and the outcomes so far. */
export class CancelState {
  readonly plan: CancelPlan;
  readonly parts: ServiceParts;
  readonly audit: CancelAudit;
  readonly quota: CancelQuota;
  readonly outcomes = new OutcomeMap();
  #context: RequestContext;
  #protectedJobs: readonly JobPattern[] = [];

  constructor(plan: CancelPlan, parts: ServiceParts, context: RequestContext) {
    this.plan = plan;
    this.parts = parts;
    this.#context = context;
    this.audit = new CancelAudit(plan.how, parts, () => this.#context);
    this.quota = new CancelQuota({
      rateLimiter: parts.access?.rateLimiter,
      caller: () => this.#context.caller,
      forMs: () => parts.time.answerBy - parts.clock.now(),
    });
  }

  get context(): RequestContext {
    return this.#context;
  }

  get rules(): Rules {
    return { caller: this.#context.caller, protectedJobs: this.#protectedJobs };
  }

  /** How the request wants its jobs cancelled. */
  get howAsked(): ConfirmedHow {
    const { how, selector } = this.plan;
    const { send_if_status_unknown: sendIfStatusUnknown = false, wait_seconds: waitSeconds, reason } = how;
    return { sendIfStatusUnknown, waitSeconds, reason, selector };
  }

  async readRules(): Promise<void> {
    this.#protectedJobs = (await this.parts.protectedJobs?.()) ?? [];
  }

  /** Reads the rules and the caller again: a person took time to answer, and the caller may have lost a right meanwhile. */
  async readRulesAgain(): Promise<void> {
    await this.readRules();
    const caller = await this.#context.callerNow?.();
    if (caller !== undefined) this.#context = { ...this.#context, caller };
  }

  /** Refuses jobs that may not be cancelled, as far as their ids show; returns the others. */
  authorize(targets: readonly Target[]): readonly Target[] {
    const refusals = refusalsById(targets, this.rules, this.plan.slice === undefined);
    for (const [target, refusal] of refusals) {
      const history = this.#historyInAir(target);
      if (history === undefined) this.outcomes.refuse([target], refusal);
      else history.refusal = refusal;
    }
    return targets.filter((target) => !refusals.has(target) || this.#historyInAir(target) !== undefined);
  }

  /** The history of a job that is checked even if it is refused, because a slice before may have sent it a cancel. It is sent no other. */
  #historyInAir(target: Target): AttemptHistory | undefined {
    const history = this.plan.slice?.histories.get(target);
    return history !== undefined && history.attempts.length > 0 ? history : undefined;
  }

  /** Returns the first `count` jobs, and refuses the others until another minute. */
  first(count: number, targets: readonly Target[], minute: Grant): readonly Target[] {
    this.outcomes.refuse(targets.slice(count), limitedBy(minute));
    return targets.slice(0, count);
  }

  logUnwritten(reasons: readonly unknown[]): void {
    for (const reason of reasons) this.audit.logFailure('quota_unwritable', reason);
  }
}

/** The refusal of jobs for which this minute has no room. */
export function limitedBy({ retryAfterMs }: Grant): JobRefusal {
  return { code: 'caller_rate_limited', retryAfterMs };
}
