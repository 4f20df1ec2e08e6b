import { presented } from '../../shared/contract/requests.ts';
import { digestResult, digestSchema } from './bulk-result.ts';
import { defineTool } from './define-tool.ts';
import { faultsResult } from './faults.ts';
import { cancelInput } from './input.ts';
import { destructive } from './tool.ts';

/** Cancels many jobs. */
export const cancelJobsTool = defineTool({
  name: 'cancel_jobs',
  title: 'Cancel many jobs',
  summary: 'cancels the jobs of a list or of a selector, at any providers, and counts every outcome',
  description:
    'Like cancel_job, for many jobs at any of the providers. The answer counts all outcomes and shows up to 25, beginning with those that are not known to be cancelled. There is no "all": name every job, or give a selector. A person may be asked first.',
  input: cancelInput.many,
  output: digestSchema,
  annotations: destructive,
  async run({ confirmation, ...request }, { gateway, context }) {
    const result = await gateway.cancelJobs({ ...request, ...presented(confirmation) }, context);
    return result.ok ? digestResult(result.value) : faultsResult(result.faults);
  },
});
