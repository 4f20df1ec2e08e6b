import type { Fault } from '../../shared/cancellation/check.ts';
import { outcomeSchema } from '../../shared/outcome.ts';
import { cancelWithConsent } from '../consent.ts';
import { cancelInput } from './input.ts';
import { faultsResult, outcomeResult, toolOutcome } from './results.ts';
import { destructive, type Tool } from './tool.ts';

const input = cancelInput.one;
const defaultWaitSeconds = 2;

/** Cancels one job. */
export const cancelJob: Tool = {
  name: 'cancel_job',
  title: 'Cancel a job',
  description:
    'Cancels one compute job and says what its provider says afterwards. Only outcome "cancelled" or "already_cancelled" means that it is cancelled; after "cancelling" or "unknown" look again with list_jobs. It cannot be undone: cancel only jobs the user asked for by id, or that list_jobs showed and the user agreed to.',
  input,
  output: toolOutcome,
  annotations: destructive,
  async run(given, call) {
    const { provider, job_id, wait_seconds = defaultWaitSeconds, ...how } = input.parse(given);
    const result = await cancelWithConsent({ jobs: [{ provider, job_id }], wait_seconds, ...how }, call);
    if (!result.ok) return faultsResult(result.faults.map(asGiven));
    return outcomeResult(outcomeSchema.parse(result.value.outcomes[0]));
  },
};

/** A fault at the place where this tool takes what is wrong. */
function asGiven({ path, ...rest }: Fault): Fault {
  return { ...rest, path: path.replace(/^jobs\[0\]\./, '') };
}
