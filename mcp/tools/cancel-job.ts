import { presented } from '../../shared/contract/requests.ts';
import { defineTool } from './define-tool.ts';
import { faultsResult } from './faults.ts';
import { cancelInput } from './input.ts';
import { outcomeResult, toolOutcome } from './outcome-result.ts';
import { destructive } from './tool.ts';

/** Cancels one job. */
export const cancelJobTool = defineTool({
  name: 'cancel_job',
  title: 'Cancel a job',
  summary: 'cancels one job, and answers with its outcome',
  description:
    'Cancels one compute job and reports its status afterwards. Only outcome "cancelled" or "already_cancelled" means that it is cancelled; after "cancelling" or "unknown" check again with list_jobs. It cannot be undone: cancel only jobs the user named by id, or that list_jobs showed and the user agreed to.',
  input: cancelInput.one,
  output: toolOutcome,
  annotations: destructive,
  async run({ confirmation, ...request }, { gateway, context, ownWork }) {
    const result = await gateway.cancelJob({ ...request, ...presented(confirmation) }, context);
    if (!result.ok) return faultsResult(result.faults);
    const { operation } = result.value;
    if (operation !== undefined) ownWork?.begin(operation.id);
    return outcomeResult(result.value);
  },
});
