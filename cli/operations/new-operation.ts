import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import type { JobEntry } from '../../shared/contract/job-entries.ts';
import { mostJobs } from '../../shared/contract/requests.ts';
import { afterInterrupt, anotherRequest, isInterrupted, type OperationCall } from '../call.ts';
import { printError, valueOrPrint } from '../output/error.ts';
import { begin, deleteDraft, tellNothingSent } from './begin.ts';

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
  call: OperationCall,
  asked: NewJobs,
  how: HowToOperate,
): Promise<OperationView | undefined> {
  const id = await uploadDraft(call, asked, how);
  if (id === undefined) return undefined;
  return begin(call, {
    ...{ verb: 'start', command: 'cancel', id, isOwnDraft: true },
    send: (context) => call.gateway.startOperation({ operation_id: id }, context),
  });
}

/** Makes a draft of the jobs, and returns its id. `undefined` if that is refused or interrupted: it says why, and deletes the draft. */
async function uploadDraft(
  call: OperationCall,
  { jobs, lines }: NewJobs,
  how: HowToOperate,
): Promise<string | undefined> {
  const giveBack = call.handleSignals({ second: () => printError(leftDraft) });
  try {
    // Without the answer, the draft could not be deleted.
    const made = await call.gateway.createOperation(
      { ...how, draft: true },
      anotherRequest(afterInterrupt(call)),
    );
    if (!made.ok && isInterrupted(call)) return tellNothingSent();
    const id = valueOrPrint(made, { command: 'cancel' })?.id;
    if (id === undefined) return undefined;
    for (let at = 0; at < jobs.length && !isInterrupted(call); at += mostJobs) {
      const share = jobs.slice(at, at + mostJobs);
      const request = { operation_id: id, page: at / mostJobs + 1, jobs: share };
      const kept = await call.gateway.uploadPage(request, anotherRequest(call));
      if (kept.ok || isInterrupted(call)) continue;
      await deleteDraft(call, id);
      const ids = share.map(({ job_id }) => job_id);
      valueOrPrint(kept, { command: 'cancel', ids, lines: lines?.slice(at, at + mostJobs) });
      return undefined;
    }
    if (!isInterrupted(call)) return id;
    await deleteDraft(call, id);
    return tellNothingSent();
  } finally {
    giveBack();
  }
}

const leftDraft = {
  what: 'Interrupted twice, before anything was sent. Nothing is cancelled.',
  why: ['A draft of the operation may be left. It cancels nothing, and is deleted by itself.'],
};
