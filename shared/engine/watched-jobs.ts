import { isFinal } from '../contract/outcome.ts';
import { type AttemptHistory, recordCheck } from './attempt-history.ts';
import type { ShownStatus, WaitingChecks } from './waiting-checks.ts';

/**
 * Jobs of a call that were sent a cancel. A list that is read later for other jobs may show that one of them has ended, after its
 * own status check did not: that counts as a status check of its own.
 */
export class WatchedJobs {
  readonly #waitingChecks: WaitingChecks;
  readonly #stop: () => void;
  /** Each with the moment of {@link WaitingChecks.mark} after its cancel. */
  readonly #jobs = new Map<string, { readonly job: AttemptHistory; readonly since: number }>();

  /** Watches no job yet. The caller must end it. */
  constructor(waitingChecks: WaitingChecks) {
    this.#waitingChecks = waitingChecks;
    this.#stop = waitingChecks.listen((shown) => this.#note(shown));
  }

  /** Watches jobs from now on: what they were sent has been answered. */
  watch(jobs: readonly AttemptHistory[]): void {
    const since = this.#waitingChecks.mark();
    for (const job of jobs) this.#jobs.set(job.id, { job, since });
  }

  /** Watches jobs no longer: they are about to be sent another cancel, about whose effect an earlier reading says nothing. */
  drop(jobs: readonly AttemptHistory[]): void {
    for (const { id } of jobs) this.#jobs.delete(id);
  }

  end(): void {
    this.#stop();
  }

  #note({ jobs, at, began }: ShownStatus): void {
    for (const job of jobs) {
      const watched = isFinal(job.state) ? this.#jobs.get(job.jobId) : undefined;
      if (watched !== undefined && watched.since < began) recordCheck(watched.job, { kind: 'seen', job, at });
    }
  }
}
