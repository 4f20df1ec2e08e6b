import * as z from 'zod';
import { endedAt, isFinal, type JobState, startedAt } from '../jobs/job.ts';
import type { Sight } from '../jobs/see-job.ts';
import type { Answer, RequestContext } from './provider-model.ts';

/** Where the pretend jobs are. */
export const batchRegion = 'eu-central-1';
/** What the ARNs of the account begin with. */
export const batchAccount = 'arn:aws:batch:eu-central-1:123456789012';
/** The only queue. */
export const usualQueue = 'nightly';

/** What the journal writes for a job that is FAILED and flagged: only both together tell that it was cancelled. */
export const flaggedWord = 'FAILED (flagged)';
/** The words of the states, as the journal has them. */
export const batchWords = {
  queued: 'RUNNABLE',
  running: 'RUNNING',
  cancelling: 'RUNNING',
  cancelled: flaggedWord,
  completed: 'SUCCEEDED',
  failed: 'FAILED',
} as const;
/** What of a word of the journal AWS Batch writes. */
export const quotedWord = (text: string) => text.replace(/ \(.*\)$/, '');
const statusWord = z.enum(['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED', 'FAILED']);

/** https://docs.aws.amazon.com/batch/latest/APIReference/CommonErrors.html */
const typeOf = new Map([
  [400, 'ClientException'],
  [403, 'AccessDeniedException'],
  [404, 'UnknownOperationException'],
  [429, 'TooManyRequestsException'],
]);

/** An error in the shape of AWS. */
export function batchError(
  status: number,
  message: string,
  type = typeOf.get(status) ?? 'ServerException',
): Answer {
  return {
    status,
    body: { message },
    headers: { 'x-amzn-errortype': `${type}:http://internal.amazon.com/` },
  };
}

/** An error of the caller. */
export const batchRefusal = (message: string) =>
  batchError(400, `Error executing request, Exception : ${message}`);

const times = (moments: Readonly<Record<string, number>>, at: number) =>
  Object.fromEntries(Object.entries(moments).filter(([, moment]) => moment <= at));

/** The reason is a text of the caller, or of AWS: both speak of ends that were none. */
const reasons: { readonly [state in JobState]?: string } = {
  cancelled: 'Cancelled through calloff.',
  cancelling: 'Cancelled through calloff.',
  failed: 'Host EC2 (instance i-0b3c) terminated.',
  completed: 'Essential container in task exited',
};

/** https://docs.aws.amazon.com/batch/latest/APIReference/API_JobSummary.html, with the flags that it has since September 2026. */
export function jobSummary({ job, state, word, at }: Sight) {
  const began = startedAt(job);
  const ended = isFinal(state) ? endedAt(job, state) : Number.POSITIVE_INFINITY;
  const isAsked = state === 'cancelled' || state === 'cancelling';
  const flag = job.startsAt <= job.cancelRequestedAt ? { isTerminated: true } : { isCancelled: true };
  const statusReason = reasons[state];
  return {
    jobArn: `${batchAccount}:job/${job.id}`,
    jobId: job.id,
    jobName: job.name ?? 'job',
    status: quotedWord(word),
    ...(statusReason !== undefined && { statusReason }),
    ...(isAsked && flag),
    ...times({ createdAt: job.createdAt, startedAt: began, stoppedAt: ended }, at),
    jobDefinition: `${batchAccount}:job-definition/simulate:3`,
    // A job of an array waits by that word until the last of its children is over.
    ...(job.seeded.word === 'PENDING' && { arrayProperties: { size: 10, statusSummary: { RUNNING: 10 } } }),
  };
}

/** https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDetail.html */
export function jobDetail(sight: Sight) {
  const { job } = sight;
  return {
    ...jobSummary(sight),
    jobQueue: `${batchAccount}:job-queue/${job.target ?? usualQueue}`,
    attempts: [],
    dependsOn: [],
    parameters: {},
    tags: job.labels ?? {},
    platformCapabilities: ['EC2'],
    container: { image: 'simulate:3', command: ['simulate'], environment: [{ name: 'SEED', value: '7' }] },
  };
}

const reason = z.string().min(1).max(1_024);
/** The body of TerminateJob and CancelJob. */
export const terminateBody = z.strictObject({ jobId: z.string().min(1), reason });
/** The body of TerminateJobs. */
export const terminateManyBody = z.strictObject({ jobs: z.array(z.string().min(1)), reason });
/** The body of DescribeJobs. */
export const describeBody = z.strictObject({ jobs: z.array(z.string().min(1)) });
/** The body of ListJobs. */
export const listBody = z.strictObject({
  jobQueue: z.string(),
  jobStatus: statusWord.optional(),
  maxResults: z.int().min(1).max(1_000).optional(),
  nextToken: z.string().optional(),
  filters: z
    .array(
      z.strictObject({
        name: z.literal('AFTER_CREATED_AT'),
        values: z.array(z.string().regex(/^\d+$/)).length(1),
      }),
    )
    .length(1)
    .optional(),
});

/** The job that a request names. */
export const namedId = ({ body }: Pick<RequestContext<object>, 'body'>) => {
  const id = terminateBody.safeParse(body).data?.jobId;
  return id === undefined ? [] : [id];
};
/** The jobs that a request names. */
export const namedIds = ({ body }: Pick<RequestContext<object>, 'body'>) =>
  (terminateManyBody.safeParse(body).data ?? describeBody.safeParse(body).data)?.jobs ?? [];

/** Where a list goes on after this job. */
export const listToken = (id: string) => Buffer.from(`after ${id}`).toString('base64');
/** After which job a list goes on. */
export const afterToken = (token: string) =>
  Buffer.from(token, 'base64')
    .toString()
    .replace(/^after /, '');
