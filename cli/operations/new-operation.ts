import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import type { JobEntry } from '../../shared/contract/job-entries.ts';
import { mostJobs } from '../../shared/contract/requests.ts';
import type { Result } from '../../shared/contract/result.ts';
import { afterInterrupt, anotherRequest, type Call } from '../call.ts';
import { exitCodes } from '../exit-codes.ts';
import { type AskedBy, printError, valueOrPrint } from '../output/error.ts';
import { followCommand, pauseCommand, resumeCommand } from './own-commands.ts';

/** How the jobs of an operation are cancelled, in the fields of a request. */
export interface HowToOperate {
  readonly reason?: string;
  readonly send_if_status_unknown?: true;
}

/** The jobs of a new operation, with the lines that named them if they are from a file. */
export interface NewJobs {
  readonly jobs: readonly JobEntry[];
  readonly lines?: readonly number[] | undefined;
}

/**
 * Creates an operation, uploads its jobs in pages, and starts it. Returns it as it is then: it may wait for a confirmation.
 * `undefined` if it is refused or interrupted: it says why, and leaves no draft behind.
 */
export async function startNewOperation(
  call: Call,
  { jobs, lines }: NewJobs,
  how: HowToOperate,
): Promise<OperationView | undefined> {
  const { gateway } = call;
  const made = await gateway.createOperation({ ...how, draft: true }, anotherRequest(call));
  const draft = valueOrPrint(made, { command: 'cancel' });
  if (draft === undefined) return undefined;
  const operation_id = draft.id;
  for (let at = 0; at < jobs.length; at += mostJobs) {
    const share = jobs.slice(at, at + mostJobs);
    const request = { operation_id, page: at / mostJobs + 1, jobs: share };
    const ids = share.map(({ job_id }) => job_id);
    const askedBy = { command: 'cancel', ids, lines: lines?.slice(at, at + mostJobs) };
    const kept = await orDelete(
      call,
      operation_id,
      await gateway.uploadPage(request, anotherRequest(call)),
      askedBy,
    );
    if (kept === undefined) return undefined;
    if (call.context.signal?.aborted) return dropInterrupted(call, operation_id);
  }
  // A signal does not end the wait for the answer: it would not be known whether there is something to pause.
  const started = await gateway.startOperation({ operation_id }, anotherRequest(afterInterrupt(call)));
  if (!started.ok && call.context.signal?.aborted) return endInterruptedStart(call, operation_id);
  return orDelete(call, operation_id, started, { command: 'cancel' });
}

/** The value; else prints the faults and deletes the draft. */
async function orDelete<T>(
  call: Call,
  operation_id: string,
  result: Result<T>,
  askedBy: AskedBy,
): Promise<T | undefined> {
  if (!result.ok && call.context.signal?.aborted) return dropInterrupted(call, operation_id);
  if (!result.ok) await call.gateway.deleteOperation({ operation_id }, anotherRequest(call));
  return valueOrPrint(result, askedBy);
}

/** The answer of the start may be lost, and the operation at work: only a draft can be deleted. */
async function endInterruptedStart(call: Call, operation_id: string): Promise<undefined> {
  const { gateway } = call;
  const request = () => anotherRequest(afterInterrupt(call));
  const deleted = await gateway.deleteOperation({ operation_id }, request());
  if (deleted.ok) return tellNothingSent();
  const paused = await gateway.pauseOperation({ operation_id }, request());
  printError(
    paused.ok
      ? {
          what: `Interrupted. The operation ${operation_id} had been started, and is paused.`,
          nextStep: `To see what was sent: ${followCommand(operation_id)}. To go on: ${resumeCommand(operation_id)}`,
        }
      : {
          what: `Interrupted. calloff does not know whether the operation ${operation_id} has been started, and could not pause it.`,
          why: paused.faults.map(({ message }) => message),
          nextStep: `Pause it: ${pauseCommand(operation_id)}`,
        },
  );
  process.exitCode = exitCodes.notDone;
  return undefined;
}

async function dropInterrupted(call: Call, operation_id: string): Promise<undefined> {
  await call.gateway.deleteOperation({ operation_id }, anotherRequest(afterInterrupt(call)));
  return tellNothingSent();
}

function tellNothingSent(): undefined {
  printError({ what: 'Interrupted before anything was sent. Nothing is cancelled.' });
  process.exitCode = exitCodes.notDone;
  return undefined;
}
