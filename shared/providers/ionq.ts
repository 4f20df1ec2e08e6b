import * as z from 'zod';
import type { JobSnapshot, ProviderAdapter } from '../adapter/adapter.ts';
import { attributeField, labelsField } from '../adapter/attributes.ts';
import { failure, isContentRefusal, readFailure } from '../adapter/failures.ts';
import { uuidJobId } from '../adapter/job-ids.ts';
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

/** The statuses of v0.4, and `running`, which only v0.3 uses: https://docs.ionq.com/api-reference/v0.4/jobs/get-job */
const stateOf = new Map<string, State>([
  ['submitted', 'queued'],
  ['ready', 'queued'],
  ['started', 'running'],
  ['running', 'running'],
  ['canceled', 'cancelled'],
  ['failed', 'failed'],
  ['completed', 'completed'],
]);

const jobSchema = z.object({
  id: uuidJobId,
  status: z.string(),
  name: jobNameField,
  submitter_id: attributeField,
  backend: attributeField,
  metadata: labelsField,
  submitted_at: optional(time),
  started_at: optional(time),
  completed_at: optional(time),
  execution_duration_ms: optional(z.number()),
});
const pageSchema = z.union([
  z.object({ ...noError, jobs: listEntries, next: nextCursor, total: optional(z.number()) }),
  z
    .strictObject({ next: z.null(), total: optional(z.number()) })
    .transform((page) => ({ ...page, jobs: [] })),
]);
const cancelSchema = z.object({ id: uuidJobId, status: z.literal('canceled') });
const cancelManySchema = z.object({ ids: z.array(z.string()), status: z.literal('canceled') });

/** IonQ's own 404 speaks of a resource, and points to its documentation. */
const missingMessage = z.union([missingJobMessage, z.string().regex(/\bionq\.com\b/)]);

/** The error shapes seen: of v0.4, and two of older versions. */
const errorSchema = z.union([
  z.object({ statusCode: z.literal(404), error: z.string(), message: missingMessage }),
  z.object({ code: z.union([z.string(), z.number()]), message: missingMessage }),
  z.object({ error: z.object({ type: z.string(), message: missingMessage }) }),
]);

function readJob(value: unknown): JobSnapshot | undefined {
  const { data } = jobSchema.safeParse(value);
  if (data === undefined) return undefined;
  return {
    jobId: data.id,
    ...readStateWord(stateOf, data.status),
    ...data.name,
    owner: data.submitter_id,
    target: data.backend,
    ...data.metadata,
    createdAt: data.submitted_at,
    startedAt: data.started_at,
    details: {
      execution_time_ms: data.execution_duration_ms,
      finished_at: data.completed_at,
    },
  };
}

function isMissing({ status, body }: ProviderResponse): boolean {
  return status === 404 && errorSchema.safeParse(body).success;
}

/** IonQ Quantum Cloud, API v0.4. */
export const ionq: ProviderAdapter = {
  id: 'ionq',
  displayName: 'IonQ',
  documentation: [
    'https://docs.ionq.com/api-reference/v0.4/jobs/get-jobs',
    'https://github.com/ionq/ionq-core-python/blob/main/openapi.json',
  ],
  defaultBaseUrl: 'https://api.ionq.co/v0.4',
  details: z.object({
    execution_time_ms: z.number().optional().describe('time executed so far'),
    ...jobTimes,
  }),
  billing: {
    always: true,
    note: 'IonQ may bill what ran before the cancel. A job that ends just as the cancel arrives may read as cancelled.',
  },
  key: { title: 'IonQ API key', variable: 'IONQ_API_KEY' },
  auth: { header: 'authorization', prefix: 'apiKey ' },
  jobId: uuidJobId,
  limits: [],
  cancel: {
    page: { title: 'Cancel a job', url: 'https://docs.ionq.com/api-reference/v0.4/jobs/cancel-job' },
    request: (jobId) => ({ method: 'PUT', path: path`/jobs/${jobId}/status/cancel` }),
    read(response, jobId) {
      const { data } = cancelSchema.safeParse(response.body);
      if (response.status === 200 && data?.id === jobId)
        return { kind: 'accepted', providerStatus: data.status };
      if (isMissing(response)) return { kind: 'rejected' };
      // A 409 is a fault of a proxy's name look-up, not "already finished": three clients retry it.
      if (response.status === 409) return failure('provider_unavailable', true);
      return readFailure(response);
    },
  },
  status: {
    request: (jobId) => ({ method: 'GET', path: path`/jobs/${jobId}` }),
    read(response, jobId) {
      const job = response.status === 200 ? readJob(response.body) : undefined;
      if (job?.jobId === jobId) return { kind: 'seen', job };
      if (isMissing(response)) return { kind: 'not_found' };
      if (response.status === 409) return failure('provider_unavailable', true);
      // Its own words for a missing job are not documented. The list by that id is empty then, whatever the words.
      return response.status === 404 ? { ...readFailure(response), doubtful: true } : readFailure(response);
    },
  },
  list: {
    pageSize: 25,
    // The filter takes one status: https://docs.ionq.com/api-reference/v0.4/jobs/get-jobs
    statuses: {
      queued: ['submitted', 'ready'],
      running: ['started'],
      cancelling: [],
      cancelled: ['canceled'],
      completed: ['completed'],
      failed: ['failed'],
    },
    request: ({ status }, cursor) => ({
      method: 'GET',
      path: path`/jobs`,
      query: [
        ['limit', '25'],
        ...(status === undefined ? [] : [['status', status] as const]),
        ...(cursor === null ? [] : [['next', cursor] as const]),
      ],
    }),
    read(response, cursor) {
      if (isBareEmpty(response)) return emptyPage;
      const { data } = pageSchema.safeParse(response.body);
      if (response.status !== 200 || data === undefined) return readFailure(response);
      const { jobs, next, total } = data;
      const isWhole = cursor === null && next === null;
      return {
        kind: 'page',
        ...readAll(jobs, readJob),
        next,
        ...(isWhole ? missingOf(total, jobs.length) : {}),
      };
    },
  },
  // The bulk maximum is not documented; a chunk that is too large is refused and split.
  cancelMany: {
    page: { title: 'Cancel jobs', url: 'https://docs.ionq.com/api-reference/v0.4/jobs/cancel-jobs' },
    maxIds: 100,
    request: (jobIds) => ({ method: 'PUT', path: path`/jobs/status/cancel`, body: { ids: jobIds } }),
    read(response, jobIds) {
      const { data } = cancelManySchema.safeParse(response.body);
      if (response.status === 200 && data !== undefined) {
        const named = new Set(data.ids.map((id) => id.toLowerCase()));
        return {
          kind: 'accepted',
          jobIds: jobIds.filter((id) => named.has(id)),
          providerStatus: data.status,
        };
      }
      return isContentRefusal(response) ? { kind: 'refused' } : readFailure(response);
    },
  },
  statusMany: {
    maxIds: 25,
    request: (jobIds) => ({
      method: 'GET',
      path: path`/jobs`,
      query: [['limit', '25'], ...jobIds.map((id) => ['ids', id] as const)],
    }),
    read(response) {
      const { data } = pageSchema.safeParse(response.body);
      if (response.status === 200 && data !== undefined)
        return { kind: 'page', ...readAll(data.jobs, readJob) };
      return isContentRefusal(response) ? { kind: 'refused' } : readFailure(response);
    },
  },
};
