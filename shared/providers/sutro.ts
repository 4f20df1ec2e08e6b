import * as z from 'zod';
import type { JobSnapshot, ProviderAdapter } from '../adapter/adapter.ts';
import { attributeField } from '../adapter/attributes.ts';
import { failure, readFailure } from '../adapter/failures.ts';
import { opaqueJobId } from '../adapter/job-ids.ts';
import { jobReader } from '../adapter/job-reader.ts';
import {
  emptyPage,
  isBareEmpty,
  jobNameField,
  jobTimes,
  listEntries,
  missingJobMessage,
  missingOf,
  nextCursor,
  noError,
  optional,
  readAll,
  readStateWord,
  time,
} from '../adapter/parsing.ts';
import type { State } from '../contract/outcome.ts';
import type { ProviderResponse } from '../http/types.ts';
import { path } from '../http/url-path.ts';

/** The statuses of the newer pages, and two that only the older ones have: https://docs.sutro.sh/reference/api/job-status */
const states: readonly (readonly [string, State])[] = [
  ['QUEUED', 'queued'],
  ['PENDING', 'queued'],
  ['SUBMITTED', 'queued'],
  ['STARTING', 'running'],
  ['RUNNING', 'running'],
  ['CANCELLING', 'cancelling'],
  ['CANCELLED', 'cancelled'],
  ['SUCCEEDED', 'completed'],
  ['FAILED', 'failed'],
  ['UNKNOWN', 'unknown'],
];
/** The older pages write them in lower case. */
const stateOf = new Map(
  states.flatMap(([word, state]) => [[word, state] as const, [word.toLowerCase(), state] as const]),
);

const jobSchema = z.object({
  job_id: opaqueJobId,
  status: z.string(),
  name: jobNameField,
  model: attributeField,
  datetime_created: optional(time),
  /** What older lists have in its place. */
  created_at: optional(time),
  datetime_started: optional(time),
  datetime_completed: optional(time),
  job_cost: optional(z.number()),
  cost_estimate: optional(z.number()),
});
const lookSchema = z.object({ job: z.unknown() });
const listSchema = z.union([
  z.object({ ...noError, jobs: listEntries, next_cursor: nextCursor, total: optional(z.number()) }),
  z
    .strictObject({ next_cursor: z.null(), total: optional(z.number()) })
    .transform((page) => ({ ...page, jobs: [] })),
]);
const cancelSchema = z.object({ cancelled: z.boolean() });

/** The newer shape and the older. */
const missingSchema = z.union([
  z.object({ detail: missingJobMessage }),
  z.object({ message: missingJobMessage }),
]);

function readJob(value: unknown): JobSnapshot | undefined {
  const { data } = jobSchema.safeParse(value);
  if (data === undefined) return undefined;
  return {
    jobId: data.job_id,
    ...readStateWord(stateOf, data.status),
    ...data.name,
    target: data.model,
    createdAt: data.datetime_created ?? data.created_at,
    startedAt: data.datetime_started,
    details: {
      job_cost: data.job_cost,
      cost_estimate: data.cost_estimate,
      finished_at: data.datetime_completed,
    },
  };
}

function isMissing({ status, body }: ProviderResponse): boolean {
  return status === 404 && missingSchema.safeParse(body).success;
}

const { readStatus } = jobReader({
  readJob: (body) => readJob(lookSchema.safeParse(body).data?.job),
  isMissing,
});

const pageSize = 100;

/** Sutro batch inference. The method of its cancel and the base URL differ by deployment; a GET cancels there too. */
export const sutro: ProviderAdapter = {
  id: 'sutro',
  displayName: 'Sutro',
  documentation: [
    'https://docs.sutro.sh/reference/api/cancel-job',
    'https://docs.sutro.sh/reference/api/fetch-job',
    'https://docs.sutro.sh/reference/api/list-jobs',
  ],
  defaultBaseUrl: 'https://api.sutro.sh',
  details: z.object({
    job_cost: z.number().optional().describe('what the job has cost'),
    cost_estimate: z.number().optional().describe('what the job was estimated to cost'),
    ...jobTimes,
  }),
  billing: {
    always: false,
    note: 'Sutro does not say whether work done before the cancel is billed.',
  },
  key: { title: 'Sutro API key', variable: 'SUTRO_API_KEY' },
  deployment: {
    variable: 'SUTRO_API_URL',
    meaning:
      "the Sutro deployment that the key is for, as Sutro's own clients take it: with or without `/v1`",
    defaultPath: '/v1',
  },
  options: [
    {
      name: 'cancel_method',
      variable: 'SUTRO_CANCEL_METHOD',
      meaning: '`POST` or `GET`: the method that this deployment wants for a cancel',
      values: ['POST', 'GET'],
      fault: 'must be POST or GET',
      default: '`POST`; after a 405 once the other',
    },
  ],
  auth: { header: 'authorization', prefix: 'Key ' },
  jobId: opaqueJobId,
  limits: [],
  cancel: {
    page: { title: 'Cancelling a Job', url: 'https://docs.sutro.sh/batch-api-reference/cancel-job' },
    request: (jobId, { cancel_method }) => ({
      method: cancel_method === 'GET' ? 'GET' : 'POST',
      path: path`/job-cancel/${jobId}`,
    }),
    read(response) {
      const { data } = cancelSchema.safeParse(response.body);
      if (response.status === 200 && data !== undefined) {
        return data.cancelled ? { kind: 'accepted', providerStatus: null } : { kind: 'rejected' };
      }
      // A 404 that says it was done is to be believed neither way.
      if (response.status === 404 && data?.cancelled) return failure('unexpected_response', true);
      if (response.status === 405) return { kind: 'other_method' };
      if (isMissing(response)) return { kind: 'rejected' };
      return readFailure(response);
    },
    otherMethod: ({ cancel_method }) => ({ cancel_method: cancel_method === 'GET' ? 'POST' : 'GET' }),
  },
  status: {
    request: (jobId) => ({ method: 'GET', path: path`/jobs/${jobId}` }),
    read: readStatus,
  },
  list: {
    pageSize,
    request: (_query, cursor) => ({
      method: 'GET',
      path: path`/list-jobs`,
      query: [['limit', String(pageSize)], ...(cursor === null ? [] : [['cursor', cursor] as const])],
    }),
    read(response, cursor) {
      if (isBareEmpty(response)) return emptyPage;
      const { data } = listSchema.safeParse(response.body);
      if (response.status !== 200 || data === undefined) return readFailure(response);
      const { jobs, next_cursor: next, total } = data;
      const isWhole = cursor === null && next === null;
      return {
        kind: 'page',
        ...readAll(jobs, readJob),
        next,
        ...(isWhole ? missingOf(total, jobs.length) : {}),
      };
    },
  },
};
