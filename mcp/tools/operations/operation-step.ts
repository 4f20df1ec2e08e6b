import type { OperationView } from '../../../shared/contract/answers/operation-schema.ts';
import { countOfJobs } from '../../../shared/messages/counts.ts';
import type { ToolCall } from '../tool.ts';

/** What a step needs to know of an operation. */
type Stepped = Pick<OperationView, 'id' | 'state' | 'counts' | 'pending' | 'came_back' | 'confirmation'>;

/** What a model can do about an operation, with the tools. */
export function toolStepsOf(view: Stepped, { ownWork }: Pick<ToolCall, 'ownWork'>): string[] {
  const { id, state, came_back } = view;
  const back =
    came_back === 0
      ? []
      : [
          `call get_operation with operation_id "${id}" and outcome "came_back" to see what came back to life.`,
        ];
  const isAtWork = state === 'running' || state === 'listing' || state === 'following';
  const own = ownWork === undefined || !isAtWork ? [] : [ownStep(id, ownWork.isOn(id))];
  const step = stepOf(view);
  return [...back, ...own, ...(step === undefined ? [] : [step])];
}

/** A server over standard input and output works on an operation only while its client lets it run. */
function ownStep(id: string, isOn: boolean): string {
  const here = `call cancel_jobs with operation_id "${id}"`;
  return isOn
    ? `leave this client open, because calloff works on the operation only while it runs; later ${here} to go on.`
    : `unless a calloff server on this machine works on it, ${here} to let calloff go on here.`;
}

function stepOf({ id, state, counts, pending, confirmation }: Stepped): string | undefined {
  const get = `call get_operation with operation_id "${id}"`;
  const go = `call cancel_jobs with operation_id "${id}"`;
  if (confirmation !== undefined) return confirmation.next_step;
  switch (state) {
    case 'listing':
      return `${get} in 10 s: when its jobs are listed, it needs a confirmation.`;
    case 'running':
      return `${get} in 30 s.`;
    case 'following':
      return `${get} in 60 s.`;
    case 'paused':
      return `${go} to go on, if the user wants that.`;
    case 'finished':
      return againStep(go, pending, counts);
    default:
      return `${go} to start it, if the user still wants that.`;
  }
}

function againStep(go: string, pending: number, counts: Stepped['counts']): string | undefined {
  const { not_attempted = 0, unknown = 0, failed = 0 } = counts;
  const left = pending + not_attempted + unknown + failed;
  return left === 0
    ? undefined
    : `${go} to try ${countOfJobs(left)} again that ${left === 1 ? 'is' : 'are'} not attempted, unknown or failed.`;
}
