import type { RecentCancels } from '../shared/access/recent-cancels.ts';
import type { BulkResult } from '../shared/cancellation/cancel-jobs.ts';
import type { Checked } from '../shared/cancellation/check.ts';
import { refuse } from '../shared/cancellation/conclude.ts';
import { consentQuestion, consentRefusals } from '../shared/cancellation/wording.ts';
import { countOutcomes, type Outcome } from '../shared/outcome.ts';
import type { ToolCall } from './tools/tool.ts';

/** What the person behind the client said. `nobody`: the client has no way to ask. */
export type Verdict = 'agreed' | 'declined' | 'no_answer' | 'nobody';

/** How the person is asked, and from which number of jobs in ten minutes on. */
export interface Consent {
  readonly above: number;
  readonly recent: RecentCancels;
  ask(question: string): Promise<Verdict>;
}

/** A cancel as both tools put it. */
export interface CancelRequest {
  readonly jobs: readonly { readonly provider: string; readonly job_id: string }[];
  readonly dry_run?: boolean | undefined;
  readonly wait_seconds?: number | undefined;
  readonly reason?: string | undefined;
}

/**
 * Cancels, after asking the person where so many jobs in ten minutes need it. Jobs are counted before they are sent,
 * so that calls made side by side gain nothing; whoever was over already is not counted in the end.
 */
export async function cancelWithConsent(
  request: CancelRequest,
  call: ToolCall,
): Promise<Checked<BulkResult>> {
  const { gateway, consent, context } = call;
  if (request.dry_run) return gateway.cancelJobs(request, context);
  const { above, recent } = consent;
  let turn = gateway.begin(context);
  if (recent.count + request.jobs.length > above) {
    const preview = await gateway.cancelJobs({ jobs: request.jobs, dry_run: true }, turn);
    if (!preview.ok) return preview;
    const live = preview.value.outcomes.filter(mayBeSent);
    if (live.length > 0 && recent.count + live.length > above) {
      const verdict = await consent.ask(consentQuestion(live));
      if (verdict !== 'agreed') return { ok: true, value: refused(preview.value, verdict) };
      // The person took their time, and the call has all of its own again.
      turn = context;
    }
  }
  const settle = recent.reserve(request.jobs.length);
  const result = await gateway.cancelJobs(request, turn);
  settle(result.ok ? result.value.outcomes.filter(wasSent).length : 0);
  return result;
}

/** The preview, with everything that would have been cancelled refused. */
function refused(preview: BulkResult, verdict: Exclude<Verdict, 'agreed'>): BulkResult {
  const outcomes = preview.outcomes.map((outcome) =>
    mayBeSent(outcome) ? refuse(outcome, 'confirmation_required', consentRefusals[verdict]) : outcome,
  );
  return { ...preview, outcomes, counts: countOutcomes(outcomes) };
}

/** Whether a job that a preview shows could be sent a cancel: everything that is not over, or could not be seen. */
function mayBeSent({ outcome }: Outcome): boolean {
  return outcome !== 'already_cancelled' && outcome !== 'already_finished' && outcome !== 'not_found';
}

/** Whether a cancel may have reached the provider; in doubt, yes. */
function wasSent({ outcome, raced }: Outcome): boolean {
  if (outcome === 'already_cancelled' || outcome === 'already_finished') return raced ?? false;
  return outcome !== 'not_found' && outcome !== 'not_attempted' && outcome !== 'failed';
}
