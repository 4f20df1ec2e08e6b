import { cancelJobsRequest } from '../../shared/cancellation/requests.ts';
import { cancelWithConsent } from '../consent.ts';
import { digestResult, digestSchema, faultsResult } from './results.ts';
import { destructive, type Tool } from './tool.ts';

const input = cancelJobsRequest.omit({ send_unseen: true });

/** Cancels many jobs. */
export const cancelJobs: Tool = {
  name: 'cancel_jobs',
  title: 'Cancel many jobs',
  description:
    'Cancels a list of jobs, at any of the providers, and says what became of each. The answer counts all outcomes and shows at most 25 of them, first those that did not go as asked. There is no "all": name every job. A person may be asked first.',
  input,
  output: digestSchema,
  annotations: destructive,
  async run(given, call) {
    const result = await cancelWithConsent(input.parse(given), call);
    return result.ok ? digestResult(result.value) : faultsResult(result.faults);
  },
};
