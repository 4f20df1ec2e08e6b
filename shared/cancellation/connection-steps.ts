import type { Outcome } from '../contract/answers/outcome-schema.ts';
import {
  type AttemptHistory,
  forgetIfUnsent,
  isUnchecked,
  type JobRefusal,
  newHistory,
} from '../engine/attempt-history.ts';
import { type CancelOptions, cancelInRounds, isDue } from '../engine/cancel-rounds.ts';
import type { Connection, Target } from '../engine/connection.ts';
import { inspect } from '../engine/inspect.ts';
import { progressOfAll } from '../engine/progress.ts';
import { type CancelRun, runCancels } from '../engine/run-cancels.ts';
import { FailureLimit } from '../http/failure-limit.ts';
import { refusalByAttributes } from './authorize-jobs.ts';
import { unaudited } from './cancel-audit.ts';
import type { CancelState } from './cancel-state.ts';
import type { RequestContext } from './request-context.ts';

/** A job whose cancel has not ended: its outcome, and the history that it was made from. */
export interface OpenJob {
  readonly target: Target;
  readonly outcome: Outcome;
  readonly history: AttemptHistory;
}

/** The steps at the connections. Jobs that a preview has inspected are not inspected again before their cancel. */
export class ConnectionSteps {
  readonly #state: CancelState;
  readonly #inspected = new Map<Target, AttemptHistory>();
  /** The jobs that were carried out, with their histories. */
  readonly #histories = new Map<Target, AttemptHistory>();
  /** The inspected jobs: each counts once for the caller, as a read or a cancel. */
  readonly #counted = new Set<Target>();

  constructor(state: CancelState) {
    this.#state = state;
  }

  /** Runs the steps; a dry run ends before the intent. Records the outcomes of these jobs. */
  async run(targets: readonly Target[], dryRun: boolean): Promise<CancelRun> {
    const { parts, outcomes } = this.#state;
    const options = this.#optionsFor(dryRun);
    const entries = targets.map((target) => ({
      ...{ target, connection: target.connection },
      job: this.#historyOf(target),
    }));
    for (const target of targets) this.#counted.add(target);
    const work = (jobs: readonly AttemptHistory[], connection: Connection) =>
      this.#atConnection(jobs, connection, { ...options, failureLimit: new FailureLimit() });
    const run = await runCancels(entries, parts, options, work, this.#progressOf(targets, dryRun));
    outcomes.record(targets, run.outcomes);
    // A status that an inspection could not read is requested again.
    const kept = dryRun ? entries.filter(({ job }) => job.first?.kind === 'seen') : entries;
    for (const { target, job } of kept) (dryRun ? this.#inspected : this.#histories).set(target, job);
    return run;
  }

  /** The jobs that may still change without another cancel, because one was sent or is under way. */
  openJobs(): OpenJob[] {
    return [...this.#histories].flatMap(([target, history]) => {
      const outcome = this.#state.outcomes.get(target);
      const isOpen = outcome?.outcome === 'cancelling' || outcome?.outcome === 'unknown';
      return outcome !== undefined && isOpen ? [{ target, outcome, history }] : [];
    });
  }

  #historyOf(target: Target): AttemptHistory {
    const { slice } = this.#state.plan;
    return slice?.histories.get(target) ?? this.#inspected.get(target) ?? newHistory(target.jobId);
  }

  /** @see Preview */
  async inspect(targets: readonly Target[]): Promise<readonly Target[]> {
    const { outcomes, plan } = this.#state;
    const unseen = targets.filter((target) => outcomes.get(target) === undefined);
    await this.run(unseen, true);
    const { send_if_status_unknown = false } = plan.how;
    return targets.filter((target) => {
      const outcome = outcomes.get(target)?.outcome;
      if (send_if_status_unknown && (outcome === 'failed' || outcome === 'not_attempted')) return true;
      return outcome === 'would_cancel';
    });
  }

  forget(): void {
    this.#inspected.clear();
  }

  /** Settles the quota. A part that cannot be settled stays counted until it expires. */
  async settleQuota(sent: number): Promise<void> {
    const { plan, quota } = this.#state;
    // The reads of a dry run are already counted.
    const inspected = plan.how.dry_run ? 0 : this.#counted.size;
    this.#state.logUnwritten(await quota.settle({ sent, inspected }));
  }

  async #atConnection(
    jobs: readonly AttemptHistory[],
    connection: Connection,
    options: CancelOptions,
  ): Promise<void> {
    await inspect(jobs.filter(isUnchecked), connection, options);
    const due = jobs.filter((job) => isDue(job, options));
    for (const job of due) job.refusal = refusalByAttributes(job, connection, this.#state.rules);
    if (options.dryRun) return;
    // Once the time to send is over, nothing is sent, and so nothing is recorded.
    const cleared = due.filter((job) => !job.refusal && connection.clock.now() < options.sendBy);
    const refusal = await this.#recordBefore(cleared, connection);
    if (refusal !== undefined) for (const job of cleared) job.refusal = refusal;
    await cancelInRounds(jobs, connection, options);
    if (await this.#state.plan.slice?.isLate()) for (const job of jobs) forgetIfUnsent(job);
  }

  /** Records which jobs are about to be sent a cancel. If that fails, returns why none may be sent. */
  async #recordBefore(
    jobs: readonly AttemptHistory[],
    connection: Connection,
  ): Promise<JobRefusal | undefined> {
    const { audit, plan } = this.#state;
    try {
      if (jobs.length > 0) await plan.slice?.beforeSend(jobs, connection);
    } catch (error) {
      audit.logFailure('store_failed', error);
      return unaudited(error);
    }
    return audit.recordIntent(jobs, connection);
  }

  #progressOf(targets: readonly Target[], dryRun: boolean): RequestContext['onProgress'] {
    const { plan, context } = this.#state;
    const others = plan.targets.length - targets.length;
    return progressOfAll({ others, isPreview: dryRun && !plan.how.dry_run }, context.onProgress);
  }

  #optionsFor(dryRun: boolean): CancelOptions {
    const { plan, parts, audit, context, howAsked } = this.#state;
    const { time, turn } = parts;
    const { answerBy, sendBy, cut } = time;
    const confirmed = audit.confirmed?.how;
    const waitSeconds = howAsked.waitSeconds ?? confirmed?.waitSeconds ?? plan.defaultWaitSeconds;
    return {
      ...{ answerBy, sendBy, cut, dryRun, turn, signal: context.signal },
      patience: (ms) => time.patience(ms),
      ...(plan.slice && { leave: plan.slice.leave, walk: plan.slice.walk }),
      waitMs: waitSeconds * 1_000,
      sendIfStatusUnknown: confirmed?.sendIfStatusUnknown ?? howAsked.sendIfStatusUnknown,
    };
  }
}
