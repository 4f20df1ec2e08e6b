import { presented } from '../../shared/contract/requests.ts';
import { cancelInput } from './input.ts';
import { digestResult, digestSchema, faultsResult } from './results.ts';
import { destructive, type Tool } from './tool.ts';

const input = cancelInput.many;

/** Cancels many jobs. */
export const cancelJobsTool: Tool = {
  name: 'cancel_jobs',
  title: 'Cancel many jobs',
  description:
    'As cancel_job, for jobs at any of the providers. The answer counts all outcomes and shows up to 25, first those that did not go as asked. There is no "all": name every job, or give a selector. A person may be asked first.',
  input,
  output: digestSchema,
  annotations: destructive,
  async run(given, { gateway, context }) {
    const { confirmation, ...request } = input.parse(given);
    const result = await gateway.cancelJobs({ ...request, ...presented(confirmation) }, context);
    return result.ok ? digestResult(result.value) : faultsResult(result.faults);
  },
};
