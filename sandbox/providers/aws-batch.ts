import * as z from 'zod';
import { cancelJob } from '../jobs/cancel-job.ts';
import { type DemoJob, ends, runs, settles } from '../jobs/demo-job.ts';
import type { Job } from '../jobs/job.ts';
import { type Sight, see, seeOtherwise, served, wordFor } from '../jobs/see-job.ts';
import {
  afterToken,
  batchAccount,
  batchError,
  batchRefusal,
  batchRegion,
  batchWords,
  describeBody,
  flaggedWord,
  jobDetail,
  jobSummary,
  listBody,
  listToken,
  namedId,
  namedIds,
  quotedWord,
  terminateBody,
  terminateManyBody,
  usualQueue,
} from '../twin/aws-batch-answers.ts';
import { awsKeyFrom, checkSignature, signatureOf } from '../twin/aws-signature.ts';
import type { Answer, OutgoingRequest, ProviderModel, RequestContext } from '../twin/provider-model.ts';

const rejections = [
  'InvalidSignatureException',
  'UnrecognizedClientException',
  'ExpiredTokenException',
  'IncompleteSignature',
] as const;

const switches = z.strictObject({
  /** How a wrong key is called: each has the status 403. */
  rejection: z.enum(rejections).default('InvalidSignatureException'),
  /** Too many requests: as people report it for AWS Batch, or as AWS documents it for all services. */
  throttling: z.enum(['TooManyRequestsException', 'ThrottlingException']).default('TooManyRequestsException'),
  /** A termination of a job that is not there: the bulk one documents that it counts as successful; of the single one no page says. */
  unknownJob: z.enum(['accepted', 'refused']).default('accepted'),
  /** What the bulk termination says of jobs that run, and then does: nothing else than that, or a code of its page. */
  bulkError: z
    .enum([
      'none',
      'ValidationException',
      'ClientException',
      'ThrottlingException',
      'ServerException',
      'AccessDenied',
    ])
    .default('none'),
});

/** What can be switched at the pretend AWS Batch. */
export type AwsBatchSwitches = z.output<typeof switches>;

type Switches = AwsBatchSwitches;
type Visit = RequestContext<Switches>;

/** A job whose cancel is not final yet goes on as before, and one that waits never seems to start. */
function sightOf(visit: Visit, job: Job, look: typeof see = see): Sight {
  const sight = look(awsBatch, visit, job);
  const waits = sight.state === 'cancelling' && job.startsAt > job.cancelRequestedAt;
  return waits && !sight.unseen ? { ...sight, word: job.seeded.word ?? batchWords.queued } : sight;
}

/** https://docs.aws.amazon.com/batch/latest/APIReference/API_TerminateJob.html: accepted whatever becomes of it. */
function terminate(visit: Visit): Answer {
  const { data } = terminateBody.safeParse(visit.body);
  if (data === undefined) return batchRefusal('jobId and reason are required');
  const job = visit.jobs.find(data.jobId);
  if (job === undefined && visit.switches.unknownJob === 'refused') return batchRefusal('job does not exist');
  const isEffective = job !== undefined && cancelJob(visit, job).effective;
  return { status: 200, body: {}, effective: isEffective ? [data.jobId] : [] };
}

/** https://docs.aws.amazon.com/batch/latest/APIReference/API_CancelJob.html: of a job that has started it cancels nothing, and says so as little. */
function cancel(visit: Visit): Answer {
  const { data } = terminateBody.safeParse(visit.body);
  if (data === undefined) return batchRefusal('jobId and reason are required');
  const job = visit.jobs.find(data.jobId);
  const isEffective = job !== undefined && visit.now < job.startsAt && cancelJob(visit, job).effective;
  return { status: 200, body: {}, effective: isEffective ? [data.jobId] : [] };
}

/** https://docs.aws.amazon.com/batch/latest/APIReference/API_TerminateJobs.html: always 200, and jobs that are not there count as successful. */
function terminateMany(visit: Visit): Answer {
  const { data } = terminateManyBody.safeParse(visit.body);
  if (data === undefined) return batchRefusal('jobs and reason are required');
  if (data.jobs.length > 50) return batchRefusal('Maximum number of jobs supported is 50 .');
  const { bulkError } = visit.switches;
  const known = data.jobs.map((id) => visit.jobs.find(id)).filter((job) => job !== undefined);
  const half = known.some((job) => visit.fault('half_of_bulk', job.id) !== undefined);
  const heard = half ? data.jobs.slice(0, Math.ceil(data.jobs.length / 2)) : data.jobs;
  const isRefused = (id: string) => bulkError !== 'none' && visit.jobs.find(id) !== undefined;
  const successful = heard.filter((id) => !isRefused(id));
  const errors = heard
    .filter(isRefused)
    .map((job) => ({ job, code: bulkError, message: 'Please retry this job.' }));
  const effective = known
    .filter(({ id }) => successful.includes(id))
    .filter((job) => cancelJob(visit, job).effective);
  return { status: 200, body: { successful, errors }, effective: effective.map(({ id }) => id) };
}

/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobs.html: jobs that it does not know are left out. */
function describeJobs(visit: Visit): Answer {
  const { data } = describeBody.safeParse(visit.body);
  if (data === undefined) return batchRefusal('jobs is required');
  if (data.jobs.length > 100) return batchRefusal('Maximum number of jobs supported is 100 .');
  const found = [...new Set(data.jobs)].map((id) => visit.jobs.find(id)).filter((job) => job !== undefined);
  const sights = found.map((job) => sightOf(visit, job));
  return { status: 200, body: { jobs: sights.map(jobDetail) }, served: served(sights) };
}

/** https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html: without a filter those that run, unless a status is asked for. */
function list(visit: Visit): Answer {
  const { data } = listBody.safeParse(visit.body);
  if (data === undefined) return batchRefusal('jobQueue is required');
  const { jobQueue, jobStatus = 'RUNNING', filters, maxResults = 1_000, nextToken } = data;
  if (jobQueue.replace(`${batchAccount}:job-queue/`, '') !== usualQueue)
    return batchRefusal(`Job queue ${jobQueue} not found`);
  const after = nextToken === undefined ? null : afterToken(nextToken);
  if (after !== null && visit.jobs.find(after) === undefined) return batchRefusal('nextToken is not valid');
  const isWanted = (job: Job) =>
    filters !== undefined || quotedWord(wordFor(awsBatch, visit, job)) === jobStatus;
  const keep = (job: Job) => (job.target ?? usualQueue) === usualQueue && isWanted(job);
  const limit = filters === undefined ? maxResults : Math.min(maxResults, 100);
  const { jobs, next } = visit.jobs.page({ limit, after, keep });
  const sights = jobs.map((job) => sightOf(visit, job, seeOtherwise));
  const token = next === null ? {} : { nextToken: listToken(next) };
  return { status: 200, body: { jobSummaryList: sights.map(jobSummary), ...token }, served: served(sights) };
}

function accepts({ method, target, header, text }: OutgoingRequest, apiKey: string): boolean {
  const authorization = header('authorization') ?? '';
  const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? [];
  const values = [...names, 'x-amz-date'].map((name) => [name, header(name) ?? ''] as const);
  const headers = { ...Object.fromEntries(values), authorization };
  const key = awsKeyFrom(apiKey);
  const signer = checkSignature({ method, target, headers, body: text }, (id) =>
    id === key.accessKeyId ? key.secretAccessKey : undefined,
  );
  return signer?.region === batchRegion && signer.service === 'batch' && names.includes('host');
}

const demo: readonly DemoJob[] = [
  ['cfd-wing-017', 'running', 95, { ...ends(600), ...settles(4_000), labels: { team: 'aero' } }],
  ['cfd-wing-018', 'running', 20, { ...ends(500), ...settles(4_000), labels: { team: 'aero' } }],
  ['render-shots', 'queued', 33, { word: 'PENDING', ...settles(30_000), labels: { team: 'film' } }],
  ['genome-align-4', 'queued', 8, { word: 'SUBMITTED', ...runs(20, 90), labels: { team: 'bio' } }],
  ['genome-align-5', 'queued', 7],
  ['monte-carlo', 'running', 3, { word: 'STARTING', ...ends(30) }],
  ['nightly-report', 'completed', 300, { labels: { team: 'ops' } }],
  ['nightly-report', 'completed', 1_740, { labels: { team: 'ops' } }],
  ['train-tiny', 'failed', 66, { labels: { team: 'ml' } }],
  ['train-huge', 'cancelled', 180, { labels: { team: 'ml' } }],
];

/** The pretend AWS Batch of one region and one queue. */
export const awsBatch: ProviderModel<Switches> = {
  basePaths: [''],
  contentType: 'application/json',
  answerHeaders: { 'x-amzn-requestid': '1f0c6f0e-4d0a-4c59-9a43-6f2f6f6f7d11' },
  auth: { header: 'authorization', prefix: 'AWS4-HMAC-SHA256 ' },
  authorize: (request, apiKey) =>
    signatureOf(request, awsKeyFrom(apiKey), { region: batchRegion, service: 'batch' }),
  accepts,
  keyFrom: (text) => JSON.stringify(awsKeyFrom(text)),
  options: { region: batchRegion, job_queue: usualQueue },
  missingStatuses: [200],
  switches,
  switchExample: { throttling: 'ThrottlingException' },
  settlesInMs: 300,
  idOf: (uuid) => uuid,
  words: batchWords,
  word: (state) => batchWords[state],
  quoted: quotedWord,
  meanings: {
    SUBMITTED: 'queued',
    PENDING: 'queued',
    RUNNABLE: 'queued',
    STARTING: 'running',
    RUNNING: 'running',
    SUCCEEDED: 'completed',
    FAILED: 'failed',
    [flaggedWord.toUpperCase()]: 'cancelled',
  },
  refusalStatus: 400,
  demo,
  limits: () => ({}),
  error: (status, message) => batchError(status, message),
  tooMany: (headers, { throttling }) => {
    const answer = batchError(throttling === 'ThrottlingException' ? 400 : 429, 'Rate exceeded', throttling);
    return { ...answer, headers: { ...answer.headers, ...headers } };
  },
  badKey: ({ rejection }) =>
    batchError(403, 'The security token included in the request is invalid.', rejection),
  unknownPath: () => batchError(404, 'Unknown operation'),
  wrongMethod: () => batchError(404, 'Unknown operation'),
  routes: [
    {
      method: 'POST',
      path: '/v1/terminatejob',
      operation: 'cancel',
      bodyOf: (jobId) => ({ jobId, reason: 'a test' }),
      jobIds: namedId,
      answer: terminate,
    },
    { method: 'POST', path: '/v1/canceljob', operation: 'cancel', jobIds: namedId, answer: cancel },
    {
      method: 'POST',
      path: '/v1/terminatejobs',
      operation: 'cancelMany',
      jobIds: namedIds,
      answer: terminateMany,
    },
    {
      method: 'POST',
      path: '/v1/describejobs',
      operation: 'status',
      whereBody: (body) => namedIds({ body }).length < 2,
      bodyOf: (id) => ({ jobs: [id] }),
      jobIds: namedIds,
      answer: describeJobs,
    },
    {
      method: 'POST',
      path: '/v1/describejobs',
      operation: 'statusMany',
      jobIds: namedIds,
      answer: describeJobs,
    },
    {
      method: 'POST',
      path: '/v1/listjobs',
      operation: 'list',
      bodyOf: () => ({ jobQueue: usualQueue, filters: [{ name: 'AFTER_CREATED_AT', values: ['0'] }] }),
      answer: list,
    },
  ],
};
