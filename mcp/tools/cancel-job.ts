import { presented } from '../../shared/contract/requests.ts';
import { cancelInput } from './input.ts';
import { faultsResult, outcomeResult, toolOutcome } from './results.ts';
import { destructive, type Tool } from './tool.ts';

const input = cancelInput.one;

/** Cancels one job. */
export const cancelJobTool: Tool = {
  name: 'cancel_job',
  title: 'Cancel a job',
  description:
    'Cancels one compute job and says what its provider says afterwards. Only outcome "cancelled" or "already_cancelled" means that it is cancelled; after "cancelling" or "unknown" look again with list_jobs. It cannot be undone: cancel only jobs the user asked for by id, or that list_jobs showed and the user agreed to.',
  input,
  output: toolOutcome,
  annotations: destructive,
  async run(given, { gateway, context }) {
    const { confirmation, ...request } = input.parse(given);
    const result = await gateway.cancelJob({ ...request, ...presented(confirmation) }, context);
    return result.ok ? outcomeResult(result.value) : faultsResult(result.faults);
  },
};
