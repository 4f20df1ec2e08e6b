import * as z from 'zod';
import type { JobSnapshot, ProviderAdapter } from '../adapter/adapter.ts';
import { attributeField, labelsField } from '../adapter/attributes.ts';
import { batchStateFields, batchStates, readBatchState } from '../adapter/aws-batch-state.ts';
import { awsErrorType, readAwsBulk, awsTurnedAway as turnedAway } from '../adapter/aws-errors.ts';
import { isContentRefusal, readFailure } from '../adapter/failures.ts';
import { batchArnJobId } from '../adapter/job-ids.ts';
import {
  jobNameField,
  jobTimes,
  nextCursor,
  noError,
  optional,
  readAll,
  unixMillis,
} from '../adapter/parsing.ts';
import type { AdapterFactory } from '../adapter/provider.ts';
import type { ProviderResponse } from '../http/types.ts';
import { path } from '../http/url-path.ts';

/** AWS names a queue by its name or by its ARN; calloff shows the name. */
const queueArn = /^arn:aws[a-z-]*:batch:[a-z\d-]+:\d{12}:job-queue\//;
const queueName = (queue: string) => queue.replace(queueArn, '');
const jobArn = /^(arn:aws[a-z-]*:batch:[a-z\d-]+:\d{12}:job)\/.*$/;

/** A queue by its name, and by its ARN: its own, or that of the account and region of the job. */
function namesOf(queue: string, ofJob: string | undefined) {
  const name = queueName(queue);
  if (name !== queue) return { target: name, targetAlias: queue };
  const isKnown = ofJob !== undefined && jobArn.test(ofJob);
  return { target: name, targetAlias: isKnown ? ofJob.replace(jobArn, `$1-queue/${name}`) : null };
}

const jobSchema = z.object({
  ...batchStateFields,
  jobId: batchArnJobId,
  jobName: jobNameField,
  jobArn: optional(z.string()),
  jobQueue: attributeField,
  tags: labelsField,
  createdAt: optional(unixMillis),
  stoppedAt: optional(unixMillis),
});

const describedSchema = z.object({ ...noError, jobs: z.array(z.unknown()) });
const pageSchema = z.object({ ...noError, jobSummaryList: z.array(z.unknown()), nextToken: nextCursor });

function readJob(value: unknown, queue?: string): JobSnapshot | undefined {
  const { data } = jobSchema.safeParse(value);
  if (data === undefined) return undefined;
  const queued = data.jobQueue ?? queue;
  return {
    jobId: data.jobId,
    state: readBatchState(data),
    providerStatus: batchStates.has(data.status) ? data.status : null,
    ...data.jobName,
    ...(queued !== undefined && namesOf(queued, data.jobArn)),
    ...data.tags,
    createdAt: data.createdAt,
    startedAt: data.startedAt,
    details: {
      is_cancelled: data.isCancelled,
      is_terminated: data.isTerminated,
      array_size: data.arrayProperties?.size,
      finished_at: data.stoppedAt,
    },
  };
}

const read = (response: ProviderResponse) => readFailure(response, turnedAway);

/** A clear no, for a job or for a whole request. */
function isRefusal(response: ProviderResponse): boolean {
  const type = awsErrorType(response) ?? '';
  return response.status === 400 && ['ClientException', 'ValidationException'].includes(type);
}

function isTooMuch(response: ProviderResponse): boolean {
  return isContentRefusal(response) && turnedAway(response) === null;
}

/** The words of jobs in a state. Cancelled and failed ones share theirs. */
const statuses = {
  queued: ['SUBMITTED', 'PENDING', 'RUNNABLE'],
  running: ['PENDING', 'STARTING', 'RUNNING'],
  cancelling: [],
  cancelled: ['FAILED'],
  completed: ['SUCCEEDED'],
  failed: ['FAILED'],
} as const;

const pageSize = 100;
/** Without a filter only running jobs come: https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html */
const ofAnyStatus = [{ name: 'AFTER_CREATED_AT', values: ['0'] }];
/** What people see beside the job in AWS. */
const reason = 'Cancelled through calloff.';

function listOf(jobQueue: string): NonNullable<ProviderAdapter['list']> {
  return {
    pageSize,
    statuses,
    request: ({ status }, cursor) => ({
      method: 'POST',
      path: path`/v1/listjobs`,
      body: {
        ...{ jobQueue, maxResults: pageSize },
        ...(status === undefined ? { filters: ofAnyStatus } : { jobStatus: status }),
        ...(cursor !== null && { nextToken: cursor }),
      },
    }),
    read(response) {
      const { data } = pageSchema.safeParse(response.body);
      if (response.status !== 200 || data === undefined) return read(response);
      const { jobs, unread } = readAll(data.jobSummaryList, (job) => readJob(job, jobQueue));
      return { kind: 'page', jobs, unread, next: data.nextToken };
    },
  };
}

/**
 * AWS Batch in one region, whose jobs are listed by queue. `CancelJob` is left aside: it answers 200 also if it cancelled nothing.
 * The facts that are newer than the pages are those of @aws-sdk/client-batch 3.1138.0.
 */
export const awsBatch: AdapterFactory<'region'> = {
  place: ['region'],
  adapterAt: ({ region }, { job_queue: jobQueue }) => ({
    id: 'aws-batch',
    displayName: 'AWS Batch',
    documentation: [
      'https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobs.html',
      'https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDetail.html',
      'https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html',
      'https://docs.aws.amazon.com/batch/latest/userguide/job_states.html',
      'https://docs.aws.amazon.com/batch/latest/userguide/array_jobs.html',
      'https://aws.amazon.com/about-aws/whats-new/2026/09/aws-batch-bulk-cancellation/',
      'https://github.com/aws/aws-sdk-js-v3/blob/main/clients/client-batch/src/models/models_0.ts',
      'https://docs.amazonaws.cn/en_us/general/latest/gr/endpoints-arns.html',
      'https://github.com/aws/aws-sdk-js-v3/blob/main/packages/util-endpoints/src/lib/aws/partitions.json',
      'https://docs.aws.amazon.com/awsconsolehelpdocs/latest/gsg/common-errors.html',
      'https://repost.aws/knowledge-center/aws-batch-requests-error',
    ],
    defaultBaseUrl: 'https://batch.{region}.amazonaws.com',
    placedBaseUrls: [
      { option: 'region', values: /^cn-/, baseUrl: 'https://batch.{region}.amazonaws.com.cn' },
      { option: 'region', values: /^eusc-/, baseUrl: 'https://batch.{region}.amazonaws.eu' },
    ],
    onlyIfNamed: true,
    details: z.object({
      is_cancelled: z.boolean().optional().describe('a cancel was accepted before it started'),
      is_terminated: z.boolean().optional().describe('a termination was accepted'),
      array_size: z.number().optional().describe('jobs in the array, which its cancel cancels, too'),
      ...jobTimes,
    }),
    billing: {
      always: false,
      note: 'AWS Batch itself costs nothing; the machines under it are billed until they are scaled down.',
    },
    key: {
      ...{ title: 'AWS access key, as JSON', variable: 'AWS_BATCH_ACCESS_KEY' },
      ...{ default: 'role', isJson: true },
    },
    options: [
      {
        name: 'region',
        variable: 'AWS_REGION',
        meaning: 'the region of the jobs, such as `eu-central-1`',
        values: /^[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/,
        fault: 'must be a region, such as eu-central-1',
      },
      {
        name: 'job_queue',
        variable: 'AWS_BATCH_JOB_QUEUE',
        meaning: 'the job queue whose jobs are listed, by its name or its ARN',
        values: /^(?:arn:aws[a-z-]*:batch:[a-z\d-]+:\d{12}:job-queue\/)?[A-Za-z0-9][\w-]{0,127}$/,
        fault: 'must be the name or the ARN of a job queue',
        default: 'no list: jobs are named by their ids',
      },
    ],
    auth: { kind: 'sigv4', service: 'batch', region },
    idHint: `AWS Batch keeps the jobs of each region apart: this connection is for ${region}.`,
    jobId: batchArnJobId,
    absence: 'may_be_over',
    // A job may be described in 30 KB, and 100 of them at once.
    mostBytes: 4_000_000,
    // Both are DescribeJobs. AWS says 50 requests a second, but not whether of each kind or of all: so it is learned.
    limits: [{ operations: ['status', 'statusMany'] }],
    turnedAway,
    cancel: {
      page: {
        title: 'TerminateJob',
        url: 'https://docs.aws.amazon.com/batch/latest/APIReference/API_TerminateJob.html',
      },
      request: (jobId) => ({ method: 'POST', path: path`/v1/terminatejob`, body: { jobId, reason } }),
      read(response) {
        if (response.status === 200 && z.strictObject({}).safeParse(response.body).success)
          return { kind: 'accepted', providerStatus: null };
        return isRefusal(response) ? { kind: 'rejected' } : read(response);
      },
    },
    status: {
      request: (jobId) => ({ method: 'POST', path: path`/v1/describejobs`, body: { jobs: [jobId] } }),
      read(response, jobId) {
        const { data } = describedSchema.safeParse(response.body);
        if (response.status !== 200 || data === undefined) return read(response);
        const job = readJob(data.jobs[0]);
        if (job?.jobId === jobId && data.jobs.length === 1) return { kind: 'seen', job };
        // It leaves out ids that it does not know.
        return data.jobs.length === 0 ? { kind: 'not_found' } : read(response);
      },
    },
    listedBy: 'job_queue',
    ...(jobQueue !== undefined && { list: listOf(jobQueue) }),
    cancelMany: {
      page: {
        title: 'TerminateJobs',
        url: 'https://docs.aws.amazon.com/batch/latest/APIReference/API_TerminateJobs.html',
      },
      maxIds: 50,
      request: (jobIds) => ({
        method: 'POST',
        path: path`/v1/terminatejobs`,
        body: { jobs: jobIds, reason },
      }),
      read(response, jobIds) {
        const reading = readAwsBulk(response, jobIds);
        if (reading !== undefined) return reading;
        return isTooMuch(response) ? { kind: 'refused' } : read(response);
      },
    },
    statusMany: {
      maxIds: 100,
      request: (jobIds) => ({ method: 'POST', path: path`/v1/describejobs`, body: { jobs: jobIds } }),
      read(response) {
        const { data } = describedSchema.safeParse(response.body);
        if (response.status === 200 && data !== undefined)
          return { kind: 'page', ...readAll(data.jobs, (job) => readJob(job)) };
        return isTooMuch(response) ? { kind: 'refused' } : read(response);
      },
    },
  }),
};
