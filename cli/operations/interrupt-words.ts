import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import type { OperationCall, OperationWorker } from '../call.ts';
import type { ErrorText } from '../output/error.ts';
import { followCommand, pauseCommand, resumeCommand } from './own-commands.ts';

/** Says that a command was interrupted, how its operation is now, and why: what was sent, in sentences. */
export function interruptedWords(
  { id, state, confirmation }: OperationView,
  why: readonly string[] = [],
): ErrorText {
  if (state === 'paused') {
    const what = `Interrupted. The operation ${id} is paused.`;
    return { what, why, nextStep: `To go on: ${resumeCommand(id)}` };
  }
  if (state === 'waiting_for_confirmation' || state === 'draft') {
    const what = `Interrupted. The operation ${id} has not begun, and nothing was sent.`;
    return { what, nextStep: `To begin it: ${resumeCommand(id)}` };
  }
  if (confirmation !== undefined) {
    const what = `Interrupted. The operation ${id} waits for a confirmation before it sends more.`;
    return { what, why, nextStep: `To be asked again: ${resumeCommand(id)}` };
  }
  const what = `Interrupted, but every cancel of the operation ${id} had been sent.`;
  return { what, why, nextStep: `To see the rest: ${followCommand(id)}` };
}

/** Says so of a command that only watched, or whose operation had nothing more to send. */
export function leftWords(call: OperationCall, id: string, worker: OperationWorker): ErrorText {
  return {
    what: 'Interrupted. The operation is as it was.',
    why: [whoGoesOn(call, worker)],
    nextStep: `To follow it again: ${followCommand(id)}`,
  };
}

/** What is known when a second signal comes. */
interface LeftAtOnce {
  readonly id: string;
  readonly worker: OperationWorker;
  /** The operation as the pause left it; `undefined` if that is not known to be stored. */
  readonly paused: OperationView | undefined;
}

/** Says after a second signal whether the operation is paused. */
export function leftAtOnceWords(call: OperationCall, { id, worker, paused }: LeftAtOnce): ErrorText {
  const what = call.isRemote
    ? 'Interrupted twice.'
    : `Interrupted twice. calloff leaves without an outcome for what it was sending for ${id}.`;
  const checks = 'A resume first checks the jobs for which a cancel may have been sent.';
  if (paused === undefined)
    return {
      what,
      why: [`It is not known whether ${id} is paused. ${whoGoesOn(call, worker)}`, checks],
      nextStep: `To make sure that it is paused: ${pauseCommand(id)}`,
    };
  if (paused.state !== 'paused')
    return {
      what,
      why: ['Every cancel had been sent before the pause.'],
      nextStep: `To see the rest: ${followCommand(id)}`,
    };
  return {
    what,
    why: [`The operation ${id} is paused, so nothing more is sent until it is resumed.`, checks],
    nextStep: `To go on: ${resumeCommand(id)}`,
  };
}

function whoGoesOn({ isRemote }: OperationCall, { seesOthers }: OperationWorker): string {
  if (isRemote) return 'The server works on it.';
  return seesOthers
    ? 'Another calloff on this machine works on it.'
    : 'Unless a "calloff serve" works on the same store, nothing works on it from now on.';
}
