import type { RequestContext } from '../../shared/cancellation/request-context.ts';
import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import type { Fault, Result } from '../../shared/contract/result.ts';
import { afterInterrupt, anotherRequest, isInterrupted, type OperationCall } from '../call.ts';
import { type ErrorText, printError, printNotDone, valueOrPrint } from '../output/error.ts';
import { followCommand, operationsCommand, pauseCommand, resumeCommand } from './own-commands.ts';

/** A request after which an operation may be at work. */
interface Beginning {
  readonly verb: 'start' | 'resume';
  /** The words of the command. */
  readonly command: string;
  /** The id of the operation; `undefined` if only the answer has it. */
  readonly id?: string | undefined;
  /** Whether this command has made the draft, so that it is deleted if it was not started. */
  readonly isOwnDraft?: true;
  send(context: RequestContext): Promise<Result<OperationView>>;
}

/**
 * Sends the request, and waits for its answer after a signal to stop, too: otherwise it would not be known whether there is
 * something to pause. Then the operation is for the caller to pause: the call is interrupted. If the answer is lost, it is paused
 * here. A second signal leaves at once, and says what is known. Returns `undefined` if there is no operation to go on with; it
 * says why.
 */
export async function begin(call: OperationCall, beginning: Beginning): Promise<OperationView | undefined> {
  if (isInterrupted(call)) return tellNotBegun(call, beginning);
  let hasSignal = false;
  const giveBack = call.handleSignals({
    first() {
      hasSignal = true;
      process.stderr.write('Waiting for the answer, to pause what has begun; Ctrl-C again leaves at once\n');
    },
    second: () => printError(unansweredWords(call, beginning)),
  });
  try {
    const answer = await beginning.send(anotherRequest(afterInterrupt(call)));
    if (!answer.ok && hasSignal && answer.faults.some(isOpen))
      return await pauseUnanswered(call, beginning, answer.faults);
    if (!answer.ok) await deleteOwnDraft(call, beginning);
    return valueOrPrint(answer, beginning);
  } finally {
    giveBack();
  }
}

/** Whether a request may have been carried out nevertheless. */
function isOpen({ kind }: Fault): boolean {
  return kind === 'lost' || kind === 'unavailable';
}

/** Says that a command was interrupted before it sent a cancel. */
export function tellNothingSent(): undefined {
  return printNotDone({ what: 'Interrupted before anything was sent. Nothing is cancelled.' });
}

/** Says that a command was interrupted before it sent a resume. */
export function tellNotResumed(id: string): undefined {
  return printNotDone({
    what: `Interrupted before anything was sent. The operation ${id} is as it was.`,
    nextStep: `To resume it: ${resumeCommand(id)}`,
  });
}

async function tellNotBegun(call: OperationCall, beginning: Beginning): Promise<undefined> {
  await deleteOwnDraft(call, beginning);
  const { verb, id } = beginning;
  return verb === 'resume' && id !== undefined ? tellNotResumed(id) : tellNothingSent();
}

/** Deletes the draft of this command, if it made one. Returns whether it was not started: only a draft can be deleted. */
async function deleteOwnDraft(call: OperationCall, { id, isOwnDraft }: Beginning): Promise<boolean> {
  return isOwnDraft === true && (await deleteDraft(call, id));
}

/** Deletes a draft, after a signal to stop, too. Returns whether it was one. */
export async function deleteDraft(call: OperationCall, operation_id: string | undefined): Promise<boolean> {
  return (await call.gateway.deleteOperation({ operation_id }, anotherRequest(afterInterrupt(call)))).ok;
}

/** The operation may be at work. */
async function pauseUnanswered(
  call: OperationCall,
  beginning: Beginning,
  faults: readonly Fault[],
): Promise<undefined> {
  const { verb, id } = beginning;
  if (id === undefined)
    return printNotDone({
      what: 'Interrupted. calloff does not know whether an operation has been started.',
      why: faults.map(({ message }) => message),
      nextStep: `See whether it is there, and pause it: ${operationsCommand()}`,
    });
  if (await deleteOwnDraft(call, beginning)) return tellNothingSent();
  const paused = await call.gateway.pauseOperation(
    { operation_id: id },
    anotherRequest(afterInterrupt(call)),
  );
  if (!paused.ok && paused.faults.every(({ kind }) => kind === 'state')) return tellNothingSent();
  return printNotDone(paused.ok ? pausedWords(verb, paused.value) : unpausedWords(verb, id, paused.faults));
}

function pausedWords(verb: Beginning['verb'], { id, state, message }: OperationView): ErrorText {
  if (state !== 'paused')
    return { what: `Interrupted. ${message}`, nextStep: `To see it: ${followCommand(id)}` };
  const began = verb === 'start' ? 'had been started, and ' : '';
  return {
    what: `Interrupted. The operation ${id} ${began}is paused.`,
    nextStep: `To see what was sent: ${followCommand(id)}. To go on: ${resumeCommand(id)}`,
  };
}

function unpausedWords(verb: Beginning['verb'], id: string, faults: readonly Fault[]): ErrorText {
  return {
    what: `Interrupted. calloff does not know whether the operation ${id} has been ${begun[verb]}, and could not pause it.`,
    why: faults.map(({ message }) => message),
    nextStep: `Pause it: ${pauseCommand(id)}`,
  };
}

const begun = { start: 'started', resume: 'resumed' } as const;

/** What is known if a second signal ends the wait for the answer. */
function unansweredWords({ isRemote }: OperationCall, { verb, id }: Beginning): ErrorText {
  const who = isRemote
    ? 'If it has, the server works on it.'
    : 'If it has, it waits until a "calloff serve" or "calloff follow" works on the same store.';
  return {
    what: `Interrupted twice. calloff leaves without the answer to the ${verb} of ${id ?? 'the operation'}.`,
    why: [`It may have been ${begun[verb]}, and it is not known whether it is paused. ${who}`],
    nextStep: `See whether it is at work: ${operationsCommand()}. To pause it: ${pauseCommand(id ?? 'OPERATION')}`,
  };
}
