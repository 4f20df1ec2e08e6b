import type { Outcome } from '../contract/answers/outcome-schema.ts';
import type { JobRefusal } from '../engine/attempt-history.ts';
import { refuse, refuseUnseen } from '../engine/classify-outcome.ts';
import type { Target } from '../engine/connection.ts';

/** The outcomes of one request's jobs so far. A later outcome replaces an earlier one. */
export class OutcomeMap {
  readonly #outcomes = new Map<Target, Outcome>();

  get(target: Target): Outcome | undefined {
    return this.#outcomes.get(target);
  }

  /** The outcomes of these jobs, in their order, without jobs that have none yet. */
  of(targets: readonly Target[]): Outcome[] {
    return targets.flatMap((target) => this.#outcomes.get(target) ?? []);
  }

  /** Records outcomes for jobs in the same order. */
  record(targets: readonly Target[], outcomes: readonly Outcome[]): void {
    for (const [index, target] of targets.entries()) {
      const outcome = outcomes[index];
      if (outcome !== undefined) this.#outcomes.set(target, outcome);
    }
  }

  /** Records jobs as refused, with their status if it was read. */
  refuse(targets: readonly Target[], refusal: JobRefusal): void {
    for (const target of targets) {
      const seen = this.#outcomes.get(target);
      const { connection, jobId } = target;
      const outcome = seen ? refuse(seen, refusal, connection) : refuseUnseen(jobId, connection, refusal);
      this.#outcomes.set(target, outcome);
    }
  }
}
