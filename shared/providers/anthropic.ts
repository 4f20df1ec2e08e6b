import * as z from 'zod';
import type { JobSnapshot, ProviderAdapter } from '../adapter/adapter.ts';
import { commonDetails } from '../adapter/common-details.ts';
import { readFailure } from '../adapter/failures.ts';
import { opaqueJobId } from '../adapter/job-ids.ts';
import { jobReader } from '../adapter/job-reader.ts';
import { missingJob, nextCursor, noError, optional, readAll, time } from '../adapter/parsing.ts';
import type { State } from '../contract/outcome.ts';
import type { ProviderResponse } from '../http/types.ts';
import { path } from '../http/url-path.ts';

/** https://platform.claude.com/docs/en/api/versioning: every request must name a version, and a version keeps its fields. */
const headers = { 'anthropic-version': '2026-10-21' } as const;

const countsSchema = z.object({
  processing: z.number(),
  succeeded: z.number(),
  errored: z.number(),
  canceled: z.number(),
  expired: z.number(),
});
type Counts = z.infer<typeof countsSchema>;

/** https://platform.claude.com/docs/en/api/messages/batches/retrieve */
const batchSchema = z.object({
  type: z.literal('message_batch'),
  id: opaqueJobId,
  processing_status: z.string(),
  request_counts: countsSchema,
  /** Absent would leave open whether the end was a cancel, so it is not optional. */
  cancel_initiated_at: z.string().nullable(),
  created_at: optional(time),
  ended_at: optional(time),
});
type Batch = z.infer<typeof batchSchema>;

const listSchema = z.object({
  ...noError,
  data: z.array(z.unknown()),
  has_more: z.boolean(),
  last_id: nextCursor,
});

const words = ['in_progress', 'canceling', 'ended'] as const;

const errorSchema = (type: string, message: z.ZodType<string>) =>
  z.object({ type: z.literal('error'), error: z.object({ type: z.literal(type), message }) });
/** No page shows the text for a batch that is not there: it must name a batch, because a wrong path is a `not_found_error`, too. */
const missingSchema = errorSchema('not_found_error', missingJob({ nouns: ['batch'] }));
/** Nor the one for a batch that has ended; the type is the one of every request that cannot be carried out. */
const refusedSchema = errorSchema('invalid_request_error', z.string());

/**
 * There is no word for cancelled. A batch ends as `ended` whether it was cancelled or not, and a cancel that comes too late
 * cancels no request: only requests that were cancelled show that it took effect. The counts stand still at zero until the end.
 */
function readState({ processing_status, request_counts, cancel_initiated_at }: Batch): State {
  if (processing_status === 'in_progress') return 'running';
  if (processing_status === 'canceling') return 'cancelling';
  if (processing_status !== 'ended' || !isSettled(request_counts)) return 'unknown';
  if (request_counts.canceled === 0) return 'completed';
  return cancel_initiated_at === null ? 'unknown' : 'cancelled';
}

/** Whether the counts are those of a batch that is over: none is left, and there were some. */
function isSettled({ processing, ...ended }: Counts): boolean {
  return processing === 0 && Object.values(ended).some((count) => count > 0);
}

function readJob(value: unknown): JobSnapshot | undefined {
  const { data } = batchSchema.safeParse(value);
  if (data === undefined) return undefined;
  const { processing, succeeded, errored, canceled, expired } = data.request_counts;
  return {
    jobId: data.id,
    state: readState(data),
    providerStatus: words.find((word) => word === data.processing_status) ?? null,
    createdAt: data.created_at,
    details: {
      requests_total: processing + succeeded + errored + canceled + expired,
      requests_pending: processing,
      requests_completed: succeeded,
      requests_failed: errored,
      requests_canceled: canceled,
      requests_expired: expired,
      finished_at: data.ended_at,
    },
  };
}

function isMissing({ status, body }: ProviderResponse): boolean {
  return status === 404 && missingSchema.safeParse(body).success;
}

function isRefused({ status, body }: ProviderResponse): boolean {
  return status === 400 && refusedSchema.safeParse(body).success;
}

const { readCancel, readStatus } = jobReader({ readJob, isMissing, isRefused });

const pageSize = 100;

/** Anthropic message batches. */
export const anthropic: ProviderAdapter = {
  id: 'anthropic',
  displayName: 'Anthropic',
  documentation: [
    'https://platform.claude.com/docs/en/api/messages/batches/retrieve',
    'https://platform.claude.com/docs/en/api/messages/batches/list',
    'https://platform.claude.com/docs/en/api/errors',
    'https://platform.claude.com/docs/en/api/versioning',
    'https://github.com/anthropics/anthropic-sdk-typescript/blob/main/src/resources/messages/batches.ts',
  ],
  defaultBaseUrl: 'https://api.anthropic.com',
  details: commonDetails.pick({
    requests_total: true,
    requests_pending: true,
    requests_completed: true,
    requests_failed: true,
    requests_canceled: true,
    requests_expired: true,
    finished_at: true,
  }),
  billing: {
    always: false,
    note: 'Anthropic bills the requests of a batch that succeeded, also if it was cancelled then; it does not bill cancelled ones.',
  },
  key: { title: 'Anthropic API key', variable: 'ANTHROPIC_API_KEY' },
  onlyIfNamed: true,
  auth: { header: 'x-api-key', prefix: '' },
  jobId: opaqueJobId,
  limits: [],
  cancel: {
    page: {
      title: 'Cancel a Message Batch',
      url: 'https://platform.claude.com/docs/en/api/messages/batches/cancel',
    },
    request: (jobId) => ({ method: 'POST', path: path`/v1/messages/batches/${jobId}/cancel`, headers }),
    read: readCancel,
  },
  status: {
    request: (jobId) => ({ method: 'GET', path: path`/v1/messages/batches/${jobId}`, headers }),
    read: readStatus,
  },
  list: {
    pageSize,
    hidesNames: true,
    request: (_query, cursor) => ({
      method: 'GET',
      path: path`/v1/messages/batches`,
      query: [['limit', String(pageSize)], ...(cursor === null ? [] : [['after_id', cursor] as const])],
      headers,
    }),
    read(response) {
      const { data } = listSchema.safeParse(response.body);
      if (response.status !== 200 || data === undefined) return readFailure(response);
      const { jobs, unread } = readAll(data.data, readJob);
      const isLost = data.has_more && data.last_id === null;
      return {
        kind: 'page',
        jobs,
        unread: unread + (isLost ? 1 : 0),
        next: data.has_more ? data.last_id : null,
      };
    },
  },
};
