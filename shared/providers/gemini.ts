import * as z from 'zod';
import type { JobSnapshot, ProviderAdapter } from '../adapter/adapter.ts';
import { attributeField } from '../adapter/attributes.ts';
import { commonDetails } from '../adapter/common-details.ts';
import { readFailure } from '../adapter/failures.ts';
import { batchNameJobId } from '../adapter/job-ids.ts';
import { jobReader } from '../adapter/job-reader.ts';
import {
  int64,
  jobNameField,
  listEntries,
  missingJob,
  nextCursor,
  optional,
  readAll,
  readStateWord,
  time,
} from '../adapter/parsing.ts';
import type { State } from '../contract/outcome.ts';
import type { ProviderResponse, TurnedAway } from '../http/types.ts';
import { path } from '../http/url-path.ts';

/** The states of a batch: https://ai.google.dev/api/batch-api. None says that a cancel is under way. */
const stateOf = new Map<string, State>([
  ['BATCH_STATE_PENDING', 'queued'],
  ['BATCH_STATE_RUNNING', 'running'],
  ['BATCH_STATE_SUCCEEDED', 'completed'],
  ['BATCH_STATE_FAILED', 'failed'],
  ['BATCH_STATE_CANCELLED', 'cancelled'],
  ['BATCH_STATE_EXPIRED', 'failed'],
]);

const statsSchema = z.object({
  requestCount: optional(int64),
  successfulRequestCount: optional(int64),
  failedRequestCount: optional(int64),
  pendingRequestCount: optional(int64),
});
/** A batch comes as a long-running operation that has the batch as its metadata. */
const operationSchema = z.object({
  name: batchNameJobId,
  metadata: z.object({
    state: z.string(),
    displayName: jobNameField,
    model: attributeField,
    createTime: optional(time),
    endTime: optional(time),
    batchStats: optional(statsSchema),
  }),
});
/**
 * Without batches there is no `operations`: the JSON of Google's APIs leaves out what is empty. `unreachable` are places whose
 * batches are left out.
 */
const pageSchema = z.strictObject({
  operations: listEntries.optional(),
  nextPageToken: nextCursor,
  unreachable: z.array(z.unknown()).optional(),
});
/** `google.protobuf.Empty`. */
const emptySchema = z.strictObject({});

/** An error of Google's APIs: https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto */
function errorOf<Shape extends z.ZodRawShape>(status: string, shape: Shape) {
  return z.object({ error: z.object({ status: z.literal(status), ...shape }) });
}
/**
 * The words of a 404 are not documented. All of Google's APIs say `Requested entity was not found.` of what is not there, and
 * the entity of these requests is the batch: a path that the API does not know is answered without JSON or with other words.
 */
const missingSchema = errorOf('NOT_FOUND', {
  code: z.literal(404),
  message: z.union([z.literal('Requested entity was not found.'), missingJob({ nouns: ['batch'] })]),
});
/** https://github.com/langchain4j/langchain4j/blob/main/langchain4j-google-ai-gemini/src/test/java/dev/langchain4j/model/googleai/GoogleAiGeminiBatchEmbeddingModelIT.java */
const noBatchNameSchema = errorOf('INVALID_ARGUMENT', {
  message: z.literal('Could not parse the batch name'),
});
const refusedSchema = errorOf('FAILED_PRECONDITION', {});
/** https://github.com/google/timesketch/pull/3703 shows this answer to a key that is not valid. */
const badKeySchema = errorOf('INVALID_ARGUMENT', {
  details: z
    .array(z.unknown())
    .refine((details) => details.some((detail) => reasonSchema.safeParse(detail).success)),
});
const reasonSchema = z.object({ reason: z.literal('API_KEY_INVALID') });
/** https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto: a duration, such as `34.07s`. */
const limitedSchema = z.object({ error: z.object({ details: z.array(z.unknown()) }) });
const retryInfoSchema = z.object({ retryDelay: z.string().regex(/^\d{1,9}(\.\d{1,9})?s$/) });

function retryDelayMs(body: unknown): number | null {
  const details = limitedSchema.safeParse(body).data?.error.details ?? [];
  const delays = details.map((detail) => retryInfoSchema.safeParse(detail).data?.retryDelay);
  const delay = delays.find((each) => each !== undefined);
  return delay === undefined ? null : Number(delay.slice(0, -1)) * 1_000;
}

/** A key that is not valid is a 400, and a 429 has the time to wait in its body. */
function turnedAway({ status, body }: ProviderResponse): TurnedAway | null {
  if (status === 400 && badKeySchema.safeParse(body).success) return { kind: 'rejected' };
  return status === 429 ? { kind: 'limited', retryAfterMs: retryDelayMs(body) } : null;
}

function readJob(value: unknown): JobSnapshot | undefined {
  const { data } = operationSchema.safeParse(value);
  if (data === undefined) return undefined;
  const { state, displayName, model, createTime, endTime, batchStats } = data.metadata;
  return {
    jobId: data.name,
    ...readStateWord(stateOf, state),
    ...displayName,
    target: model,
    targetAlias: model?.replace(/^models\//, ''),
    createdAt: createTime,
    details: {
      requests_total: batchStats?.requestCount,
      requests_completed: batchStats?.successfulRequestCount,
      requests_failed: batchStats?.failedRequestCount,
      requests_pending: batchStats?.pendingRequestCount,
      finished_at: endTime,
    },
  };
}

function isMissing({ status, body }: ProviderResponse): boolean {
  if (status === 400) return noBatchNameSchema.safeParse(body).success;
  return status === 404 && missingSchema.safeParse(body).success;
}

function isRefused({ status, body }: ProviderResponse): boolean {
  return status === 400 && refusedSchema.safeParse(body).success;
}

const { readStatus } = jobReader({ readJob, isMissing, turnedAway });

const pageSize = 100;

/** Batches of the Gemini API with an API key. Those of Vertex AI are others, at another address. */
export const gemini: ProviderAdapter = {
  id: 'gemini',
  displayName: 'Gemini',
  documentation: [
    'https://ai.google.dev/gemini-api/docs/batch-api',
    'https://github.com/googleapis/js-genai/blob/main/src/batches.ts',
    'https://github.com/googleapis/python-genai/blob/main/google/genai/batches.py',
    'https://protobuf.dev/programming-guides/json/',
    'https://discuss.ai.google.dev/t/persistent-503-errors-on-gemini-batch-api-get-endpoint-jobs-succeeded-but-results-unretrievable/113603',
  ],
  defaultBaseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  details: commonDetails.pick({
    requests_total: true,
    requests_completed: true,
    requests_failed: true,
    requests_pending: true,
    finished_at: true,
  }),
  billing: {
    always: false,
    note: 'Google does not say whether the requests of a batch that ran before the cancel are billed.',
  },
  key: { title: 'Gemini API key', variable: 'GEMINI_API_KEY' },
  auth: { header: 'x-goog-api-key', prefix: '' },
  onlyIfNamed: true,
  jobId: batchNameJobId,
  limits: [],
  // A batch that has ended holds its answers, if its requests came inline.
  mostBytes: 4_000_000,
  turnedAway,
  cancel: {
    page: { title: 'Batch API', url: 'https://ai.google.dev/api/batch-api' },
    request: (jobId) => ({ method: 'POST', path: path`/batches/${jobId}:cancel`, body: {} }),
    read(response) {
      if (response.status === 200 && emptySchema.safeParse(response.body).success)
        return { kind: 'accepted', providerStatus: null };
      if (isMissing(response) || isRefused(response)) return { kind: 'rejected' };
      return readFailure(response, turnedAway);
    },
  },
  status: {
    request: (jobId) => ({ method: 'GET', path: path`/batches/${jobId}` }),
    read: readStatus,
  },
  list: {
    pageSize,
    request: (_query, cursor) => ({
      method: 'GET',
      path: path`/batches`,
      query: [['pageSize', String(pageSize)], ...(cursor === null ? [] : [['pageToken', cursor] as const])],
    }),
    read(response) {
      const { data } = pageSchema.safeParse(response.body);
      if (response.status !== 200 || data === undefined) return readFailure(response, turnedAway);
      const { operations = [], unreachable = [], nextPageToken } = data;
      const { jobs, unread } = readAll(operations, readJob);
      return { kind: 'page', jobs, unread: unread + unreachable.length, next: nextPageToken };
    },
  },
};
