import type { CallContext } from '../../shared/cancellation/cancel-jobs.ts';
import { cancelWithConsent } from '../consent.ts';
import { cancelInput } from './input.ts';
import { digestResult, digestSchema, faultsResult } from './results.ts';
import { destructive, type Tool } from './tool.ts';

const input = cancelInput.many;

/** Cancels many jobs. */
export const cancelJobs: Tool = {
  name: 'cancel_jobs',
  title: 'Cancel many jobs',
  description:
    'As cancel_job, for jobs at any of the providers. The answer counts all outcomes and shows up to 25, first those that did not go as asked. There is no "all": name every job. A person may be asked first.',
  input,
  output: digestSchema,
  annotations: destructive,
  async run(given, call) {
    const context = withGrowingProgress(call.context);
    const result = await cancelWithConsent(input.parse(given), { ...call, context });
    return result.ok ? digestResult(result.value) : faultsResult(result.faults);
  },
};

/** Progress must only grow (MCP), but where a person is asked the jobs are looked at twice: once for the question. */
function withGrowingProgress({ onProgress, ...context }: CallContext): CallContext {
  if (onProgress === undefined) return context;
  let told = -1;
  return {
    ...context,
    onProgress(done, total) {
      if (done > told) onProgress(done, total);
      told = Math.max(told, done);
    },
  };
}
