import type { Grant } from '../access/caller-rate-limiter.ts';
import type { Outcome } from '../contract/answers/outcome-schema.ts';
import { yieldIfBusy } from '../lib/event-loop.ts';
import { admit, admitSlice } from './admit.ts';
import type { Admission } from './admit-confirmed.ts';
import { unaudited } from './cancel-audit.ts';
import { type CancelPlan, CancelState } from './cancel-state.ts';
import { ConnectionSteps, type OpenJob } from './connection-steps.ts';
import type { RequestContext, ServiceParts } from './request-context.ts';
import type { OfferMade } from './require-confirmation.ts';

/**
 * One outcome per target, in their order, and the offered confirmation if one is needed. A slice of an operation has no
 * outcome for the jobs that it left out, and says what the caller's minute had room for.
 */
export interface CancelReport {
  readonly outcomes: readonly Outcome[];
  readonly offer?: OfferMade | undefined;
  readonly minute?: Grant | undefined;
  /** The jobs that may still change without another cancel. */
  readonly open: readonly OpenJob[];
}

/**
 * Cancels what the caller may cancel. `admit` decides which jobs may be cancelled; then, at all connections in parallel:
 * inspect, authorize by name, record the intent, cancel. At the end it records the outcomes and settles the quota.
 */
export async function runPipeline(
  plan: CancelPlan,
  parts: ServiceParts,
  context: RequestContext,
): Promise<CancelReport> {
  await yieldIfBusy();
  const state = new CancelState(plan, parts, context);
  const steps = new ConnectionSteps(state);
  const admission = await (plan.slice ? admitSlice(state) : admit(state, steps)).catch((error: unknown) =>
    breakOff(state, error),
  );
  const { sent } = await steps.run(admission.targets, plan.how.dry_run ?? false);
  const outcomes = state.outcomes.of(plan.targets);
  await Promise.all([state.audit.recordOutcomes(outcomes, sent), steps.settleQuota(sent)]);
  const { offer, minute } = admission;
  return { outcomes, offer, minute, open: plan.how.dry_run ? [] : steps.openJobs() };
}

/** If the store fails before anything was sent, nothing is sent. A preview only gives outcomes to jobs that would not be sent. */
function breakOff({ plan, audit, outcomes }: CancelState, error: unknown): Admission {
  audit.logFailure('store_failed', error);
  const isOpen = (outcome?: Outcome) => outcome === undefined || outcome.outcome === 'would_cancel';
  const rest = plan.targets.filter((target) => isOpen(outcomes.get(target)));
  outcomes.refuse(rest, unaudited(error));
  return { targets: [] };
}
