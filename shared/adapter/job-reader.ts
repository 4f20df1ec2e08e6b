import type { ProviderResponse } from '../http/types.ts';
import type { ReadTurnedAway } from '../http/verdict.ts';
import type { CancelReading, JobSnapshot, StatusReading } from './adapter.ts';
import { readFailure } from './failures.ts';

/** What is one provider's own in its answers about one job. */
interface JobAnswers {
  /** The job in the body of an answer, or `undefined` if it is not shaped as documented. */
  readJob(body: unknown): JobSnapshot | undefined;
  /** Whether an answer is the provider's own "no such job". */
  isMissing(response: ProviderResponse): boolean;
  /** Whether an answer to a cancel is a clear no for this job. Default: only if there is no such job. */
  isRefused?(response: ProviderResponse): boolean;
  /** The status of an answer that accepts a cancel. Default: 200. */
  readonly acceptedWith?: number;
  readonly turnedAway?: ReadTurnedAway;
}

/**
 * The readings of the answers to a status check and to a cancel that show the job itself. An answer about another job than the
 * one asked for is no success.
 */
export function jobReader(answers: JobAnswers) {
  const { readJob, isMissing, isRefused = () => false, acceptedWith = 200, turnedAway } = answers;
  const jobIn = (body: unknown, jobId: string): JobSnapshot | undefined => {
    const job = readJob(body);
    return job?.jobId === jobId ? job : undefined;
  };
  return {
    readStatus(this: void, response: ProviderResponse, jobId: string): StatusReading {
      const job = response.status === 200 ? jobIn(response.body, jobId) : undefined;
      if (job !== undefined) return { kind: 'seen', job };
      return isMissing(response) ? { kind: 'not_found' } : readFailure(response, turnedAway);
    },
    readCancel(this: void, response: ProviderResponse, jobId: string): CancelReading {
      const job = response.status === acceptedWith ? jobIn(response.body, jobId) : undefined;
      if (job !== undefined)
        return { kind: 'accepted', providerStatus: job.providerStatus, details: job.details };
      const isNo = isRefused(response) || isMissing(response);
      return isNo ? { kind: 'rejected' } : readFailure(response, turnedAway);
    },
  };
}
