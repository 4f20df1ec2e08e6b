import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import { countOfJobs, lookBack } from '../../shared/messages/counts.ts';
import { followCommand, resumeCommand } from './own-commands.ts';

/** What an operation does, and what to do next, in the terms of the command line: here no process need work on it. */
export function operationInTerminal(
  view: OperationView,
  isRemote = false,
): {
  readonly message: string;
  readonly nextStep?: string | undefined;
} {
  const { id, state, message, next_step, confirmation } = view;
  if (confirmation !== undefined) return { message, nextStep: confirmation.next_step };
  if (state === 'paused') return { message, nextStep: `To go on: ${resumeCommand(id)}` };
  // What a selector picks needs a confirmation, which the operation has once the jobs are listed.
  if (state === 'listing' && isRemote)
    return { message, nextStep: `To see what it picks, and how to confirm that: ${followCommand(id)}` };
  if (state === 'running' || state === 'listing')
    return {
      message: withLookBack(isRemote ? atServer : inBackground, view),
      nextStep: `${isRemote ? 'To see how far it is' : 'To work it off here'}: ${followCommand(id)}`,
    };
  if (state === 'following')
    return {
      message: withLookBack(notOver(view, isRemote), view),
      nextStep: `${isRemote ? 'To wait until they end' : 'To check them until they end'}: ${followCommand(id)}`,
    };
  return {
    message,
    nextStep: next_step?.replace(`Resume ${id} to try`, `Run "${resumeCommand(id)}" to try`),
  };
}

const atServer = 'The server works it off.';
const inBackground = 'A "calloff serve" on the same store works it off. Without one, nothing is sent.';

function withLookBack(message: string, { came_back, not_checked_again }: OperationView): string {
  return [message, ...lookBack({ cameBack: came_back, notCheckedAgain: not_checked_again })].join(' ');
}

function notOver({ counts }: OperationView, isRemote: boolean): string {
  const open = (counts.cancelling ?? 0) + (counts.unknown ?? 0);
  const who = isRemote ? 'The server' : 'A "calloff serve" on the same store';
  return `${countOfJobs(open)} had not ended when calloff checked last. ${who} keeps checking.`;
}
