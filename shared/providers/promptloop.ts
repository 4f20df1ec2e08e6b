import * as z from 'zod';
import type { JobSnapshot, ProviderAdapter } from '../adapter/adapter.ts';
import { failure, readFailure } from '../adapter/failures.ts';
import { usuallyUuidJobId } from '../adapter/job-ids.ts';
import { jobReader } from '../adapter/job-reader.ts';
import {
  emptyPage,
  isBareEmpty,
  jobNameField,
  listEntries,
  missingJobMessage,
  missingOf,
  noError,
  optional,
  readAll,
  time,
} from '../adapter/parsing.ts';
import type { State } from '../contract/outcome.ts';
import type { ProviderResponse } from '../http/types.ts';
import { path } from '../http/url-path.ts';

/**
 * Words of the free-form `job_status`. https://docs.promptloop.com/get-started/api-overview shows `in_progress`,
 * `completed` and `failed`; the others are assumed.
 */
const stateOf = new Map<string, State>([
  ['queued', 'queued'],
  ['pending', 'queued'],
  ['in_progress', 'running'],
  ['running', 'running'],
  ['processing', 'running'],
  ['failed', 'failed'],
]);

const batchSchema = z.object({
  batch_id: usuallyUuidJobId,
  completed: z.boolean(),
  cancelled: z.boolean(),
  batch_name: jobNameField,
  created_at: optional(time),
  jobs_submitted: optional(z.number()),
  jobs_completed: optional(z.number()),
  job_status: optional(z.string()),
});
const answerStatus = z.enum(['success', 'error']);
const lookSchema = z.object({ status: z.literal('success'), data: z.unknown() });
const listShape = { ...noError, status: z.literal('success'), total: optional(z.number()) };
/** An error body may say success, so one without entries must hold nothing else. */
const listSchema = z.union([
  z.object({ ...listShape, data: listEntries }),
  z
    .strictObject({ ...listShape, message: z.string(), data: z.undefined().optional() })
    .transform(({ total }) => ({ total, data: [] })),
]);
const cancelSchema = z.object({
  status: answerStatus,
  data: z.object({ batch_id: usuallyUuidJobId, cancelled: z.boolean(), jobs_removed: optional(z.number()) }),
});
/** An error body may carry `status: "success"`, so only the shape tells that it is PromptLoop's own. */
const errorSchema = z.object({ status: answerStatus, message: z.string() });
const missingSchema = z.object({ status: answerStatus, message: missingJobMessage });

/**
 * The two booleans speak first, but for a batch that its word calls failed and its flag completed; one that is neither completed
 * nor cancelled is as its free-form word says. Lists leave that word out: such a batch may wait, run or have failed.
 */
function readState(batch: z.infer<typeof batchSchema>): Pick<JobSnapshot, 'state' | 'providerStatus'> {
  if (batch.cancelled) return { state: 'cancelled', providerStatus: 'cancelled' };
  const word = batch.job_status?.toLowerCase();
  if (batch.completed && word === 'failed') return { state: 'failed', providerStatus: 'failed' };
  if (batch.completed) return { state: 'completed', providerStatus: 'completed' };
  if (batch.job_status === undefined) return { state: 'unknown', providerStatus: null };
  const state = stateOf.get(batch.job_status.toLowerCase());
  return state === undefined
    ? { state: 'unknown', providerStatus: null }
    : { state, providerStatus: batch.job_status };
}

function readJob(value: unknown): JobSnapshot | undefined {
  const { data } = batchSchema.safeParse(value);
  if (data === undefined) return undefined;
  return {
    jobId: data.batch_id,
    ...readState(data),
    ...data.batch_name,
    createdAt: data.created_at,
    details: { jobs_submitted: data.jobs_submitted, jobs_completed: data.jobs_completed },
  };
}

function isRefused({ status, body }: ProviderResponse): boolean {
  return status === 400 && errorSchema.safeParse(body).success;
}

function isMissing({ status, body }: ProviderResponse): boolean {
  return status === 404 && missingSchema.safeParse(body).success;
}

const { readStatus } = jobReader({
  readJob: (body) => readJob(lookSchema.safeParse(body).data?.data),
  isMissing,
});

/** PromptLoop batches, API v0 (cancel) and v0.1 (look, list). */
export const promptloop: ProviderAdapter = {
  id: 'promptloop',
  displayName: 'PromptLoop',
  documentation: [
    'https://docs.promptloop.com/v0.1/batches/get-batch',
    'https://docs.promptloop.com/v0.1/batches/get-all-batches',
    'https://docs.promptloop.com/get-started/api-overview',
  ],
  defaultBaseUrl: 'https://api.promptloop.com',
  details: z.object({
    jobs_removed: z.number().optional().describe('rows removed from the queue by this cancel'),
    jobs_submitted: z.number().optional().describe('rows submitted in the batch'),
    jobs_completed: z.number().optional().describe('rows that are done'),
  }),
  billing: {
    always: true,
    note: 'PromptLoop removes the rows that wait; rows already in progress finish, and may be billed.',
  },
  key: { title: 'PromptLoop API key', variable: 'PROMPTLOOP_API_KEY' },
  auth: { header: 'x-api-key', prefix: '' },
  jobId: usuallyUuidJobId,
  limits: [
    { operations: ['status'], limit: { count: 20, windowMs: 60_000 } },
    { operations: ['list'], limit: { count: 10, windowMs: 60_000 } },
  ],
  cancel: {
    page: { title: 'Cancel Batch', url: 'https://docs.promptloop.com/v0/batches/cancel-batch' },
    request: (jobId) => ({ method: 'POST', path: path`/v0/batches/${jobId}/cancel` }),
    read(response, jobId) {
      const { data: answer } = cancelSchema.safeParse(response.body);
      if (response.status === 200 && answer?.data.batch_id === jobId) {
        const { cancelled, jobs_removed } = answer.data;
        // Neither field is to be believed alone: if they disagree, the batch may or may not be cancelled.
        if (cancelled !== (answer.status === 'success')) return failure('unexpected_response', true);
        return cancelled
          ? { kind: 'accepted', providerStatus: null, details: { jobs_removed } }
          : { kind: 'rejected' };
      }
      if (isRefused(response) || isMissing(response)) return { kind: 'rejected' };
      return readFailure(response);
    },
  },
  status: {
    request: (jobId) => ({ method: 'GET', path: path`/v0.1/batches/${jobId}` }),
    read: readStatus,
  },
  // One answer holds all batches, without their job_status and counts.
  list: {
    pageSize: Number.POSITIVE_INFINITY,
    unlistedStates: ['queued', 'running', 'failed'],
    request: () => ({ method: 'GET', path: path`/v0.1/batches` }),
    read(response) {
      if (isBareEmpty(response)) return emptyPage;
      const { data: answer } = listSchema.safeParse(response.body);
      if (response.status !== 200 || answer === undefined) return readFailure(response);
      const { data, total } = answer;
      return { kind: 'page', ...readAll(data, readJob), next: null, ...missingOf(total, data.length) };
    },
  },
};
