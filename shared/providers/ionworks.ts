import * as z from 'zod';
import type { JobSnapshot, ProviderAdapter } from '../adapter/adapter.ts';
import { attributeField } from '../adapter/attributes.ts';
import { readFailure } from '../adapter/failures.ts';
import { usuallyUuidJobId } from '../adapter/job-ids.ts';
import { jobReader } from '../adapter/job-reader.ts';
import {
  emptyPage,
  isBareEmpty,
  jobTimes,
  listEntries,
  missingJobMessage,
  missingOf,
  noError,
  offsetOf,
  optional,
  readAll,
  time,
} from '../adapter/parsing.ts';
import type { State } from '../contract/outcome.ts';
import type { ProviderResponse } from '../http/types.ts';
import { path } from '../http/url-path.ts';

/** The documented statuses: https://docs.ionworks.com/api-reference/jobs/cancel-job */
const stateOf = new Map<string, State>([
  ['pending', 'queued'],
  ['waiting', 'queued'],
  ['processing', 'running'],
  ['completed', 'completed'],
  ['failed', 'failed'],
  ['canceled', 'cancelled'],
]);

const jobTypes = ['dummy', 'datafit', 'validation', 'simulate', 'evaluate_variables', 'optimize'] as const;
const errorCodes = [
  'EXECUTION_TIMEOUT',
  'SUBMISSION_FAILED',
  'CONFIGURATION_ERROR',
  'SOLVER_ERROR',
  'INTERNAL_ERROR',
] as const;

const jobSchema = z.object({
  job_id: usuallyUuidJobId,
  status: z.string(),
  is_terminal: z.boolean(),
  is_failed: z.boolean(),
  job_type: optional(z.enum(jobTypes)),
  priority: optional(z.number()),
  user_id: attributeField,
  created_at: optional(time),
  started_at: optional(time),
  completed_at: optional(time),
  compute_time: optional(z.number()),
  error_code: optional(z.enum(errorCodes)),
});
type Job = z.infer<typeof jobSchema>;

/** The page documents neither offset nor envelope, and the SDK wants a bare array: both are read. */
const listSchema = z.union([
  z.array(z.unknown()).transform((jobs) => ({ jobs, total: undefined })),
  z
    .object({
      ...noError,
      items: listEntries.optional(),
      jobs: listEntries.optional(),
      data: listEntries.optional(),
      total: optional(z.number()),
    })
    .transform(({ items, jobs, data, total }, context) => {
      const list = items ?? jobs ?? data ?? (total === 0 ? [] : undefined);
      if (list !== undefined) return { jobs: list, total };
      context.addIssue({ code: 'custom', message: 'no list' });
      return z.NEVER;
    }),
]);

/** The newer shape and the older: https://github.com/ionworks/ionworks-api/blob/main/ionworks/errors.py */
const errorSchema = z.union([z.object({ error_code: z.string() }), z.object({ detail: z.string() })]);
const missingSchema = z.union([
  z.object({ error_code: z.string(), message: missingJobMessage }),
  z.object({ detail: missingJobMessage }),
]);

/**
 * `is_terminal` and `is_failed` are made to outlive the list of words, so they are believed over it: a status never
 * seen is still classified, and a word that contradicts them is not.
 */
function readState(job: Job): State {
  const state = stateOf.get(job.status);
  if (job.is_terminal) {
    if (state === 'cancelled') return job.is_failed ? 'cancelled' : 'unknown';
    if (!job.is_failed) return 'completed';
    // A cancelled job is flagged as failed, too: beside a word never seen only a reason tells them apart.
    return state !== undefined || job.error_code !== undefined ? 'failed' : 'unknown';
  }
  return state === 'queued' || state === 'running' ? state : 'unknown';
}

function readJob(value: unknown): JobSnapshot | undefined {
  const { data } = jobSchema.safeParse(value);
  if (data === undefined) return undefined;
  return {
    jobId: data.job_id,
    state: readState(data),
    providerStatus: stateOf.has(data.status) ? data.status : null,
    owner: data.user_id,
    createdAt: data.created_at,
    startedAt: data.started_at,
    details: {
      job_type: data.job_type,
      priority: data.priority,
      is_terminal: data.is_terminal,
      is_failed: data.is_failed,
      compute_time_seconds: data.compute_time,
      error_code: data.error_code,
      finished_at: data.completed_at,
    },
  };
}

function isRefused({ status, body }: ProviderResponse): boolean {
  return status === 409 && errorSchema.safeParse(body).success;
}

function isMissing({ status, body }: ProviderResponse): boolean {
  return status === 404 && missingSchema.safeParse(body).success;
}

const { readCancel, readStatus } = jobReader({ readJob, isMissing, isRefused });

const pageSize = 100;

/**
 * What follows a page. Pages are counted by offset, so that entries move from page to page while jobs come and go: the
 * next page begins with the last entry of this one, and if it does not, something was passed over. A bare list that
 * is longer than a page was not cut into pages.
 */
function readPlace({ jobs, total }: z.infer<typeof listSchema>, offset: number) {
  const end = offset + jobs.length;
  const brings = jobs.length > (offset === 0 ? 0 : 1);
  const more = total === undefined ? jobs.length === pageSize : brings && end < total;
  if (!more) return { next: null, ...missingOf(total, end) };
  const anchor = jobs.length > 1 ? readJob(jobs.at(-1))?.jobId : undefined;
  return anchor === undefined ? { next: String(end) } : { next: String(end - 1), anchor };
}

/** Ionworks simulation jobs. A simulation has a `simulation_id` and a `job_id`; only the latter can be cancelled. */
export const ionworks: ProviderAdapter = {
  id: 'ionworks',
  displayName: 'Ionworks',
  documentation: [
    'https://docs.ionworks.com/api-reference/jobs/list-jobs',
    'https://github.com/ionworks/ionworks-api/blob/main/ionworks/job.py',
    'https://github.com/ionworks/ionworks-api/blob/main/ionworks/client.py',
  ],
  defaultBaseUrl: 'https://api.ionworks.com',
  details: z.object({
    job_type: z.enum(jobTypes).optional().describe('what kind of job it is'),
    priority: z.number().optional().describe('its priority'),
    is_terminal: z.boolean().optional().describe('will not change any more'),
    is_failed: z.boolean().optional().describe('ended without success'),
    compute_time_seconds: z.number().optional().describe('compute time used so far'),
    error_code: z.enum(errorCodes).optional().describe('why it failed'),
    ...jobTimes,
  }),
  billing: {
    always: false,
    note: 'Ionworks does not say whether compute time used before the cancel is billed.',
  },
  key: { title: 'Ionworks API key', variable: 'IONWORKS_API_KEY' },
  auth: { header: 'x-api-key', prefix: '' },
  // Since version 0.35 the SDK gives people ids of pipelines and simulations: https://github.com/ionworks/ionworks-api
  idHint: 'Ionworks cancels by job_id: the id of a simulation or a pipeline is another.',
  jobId: usuallyUuidJobId,
  limits: [],
  cancel: {
    page: { title: 'Cancel Job', url: 'https://docs.ionworks.com/api-reference/jobs/cancel-job' },
    request: (jobId) => ({ method: 'POST', path: path`/jobs/${jobId}/cancel`, body: {} }),
    read: readCancel,
  },
  status: {
    request: (jobId) => ({ method: 'GET', path: path`/jobs/${jobId}` }),
    read: readStatus,
  },
  list: {
    pageSize,
    hidesNames: true,
    // The flags decide what has ended, whatever the word: only these states have words of their own.
    statuses: { queued: ['pending', 'waiting'], running: ['processing'], cancelling: [] },
    request: ({ status }, cursor) => ({
      method: 'GET',
      path: path`/jobs`,
      query: [
        ['limit', String(pageSize)],
        ...(status === undefined ? [] : [['status', status] as const]),
        ...(cursor === null ? [] : [['offset', cursor] as const]),
      ],
    }),
    read(response, cursor) {
      if (isBareEmpty(response)) return emptyPage;
      const { data } = listSchema.safeParse(response.body);
      if (response.status !== 200 || data === undefined) return readFailure(response);
      return { kind: 'page', ...readAll(data.jobs, readJob), ...readPlace(data, offsetOf(cursor)) };
    },
  },
};
