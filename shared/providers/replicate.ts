import * as z from 'zod';
import type { JobSnapshot, ListReading, ProviderAdapter } from '../adapter/adapter.ts';
import { attributeField } from '../adapter/attributes.ts';
import { commonDetails } from '../adapter/common-details.ts';
import { readFailure } from '../adapter/failures.ts';
import { opaqueJobId } from '../adapter/job-ids.ts';
import { jobReader } from '../adapter/job-reader.ts';
import {
  listEntries,
  missingJob,
  noError,
  optional,
  readAll,
  readStateWord,
  time,
} from '../adapter/parsing.ts';
import type { State } from '../contract/outcome.ts';
import type { ProviderResponse, TurnedAway } from '../http/types.ts';
import { path } from '../http/url-path.ts';

/**
 * https://replicate.com/docs/topics/predictions/lifecycle: `canceled` also if its own deadline passed while it ran, and
 * `aborted` if that passed before it started, so that nothing ran. Neither end is a cancel.
 */
const stateOf = new Map<string, State>([
  ['starting', 'queued'],
  ['processing', 'running'],
  ['succeeded', 'completed'],
  ['failed', 'failed'],
  ['canceled', 'cancelled'],
  ['aborted', 'failed'],
]);

const predictionSchema = z.object({
  id: opaqueJobId,
  status: z.string(),
  model: attributeField,
  created_at: optional(time),
  started_at: optional(time),
  completed_at: optional(time),
  deadline: optional(time),
  metrics: optional(z.object({ predict_time: optional(z.number()) })),
});

/** `next` is a whole URL: its cursor is taken, and the rest of it never followed, because the key could leave for another host. */
const listSchema = z.object({
  ...noError,
  results: listEntries,
  next: z.string().nullable(),
});

/** The shape of every error of Replicate's: https://github.com/replicate/replicate-python/blob/main/replicate/exceptions.py */
const missingSchema = z.object({ detail: missingJob({ nouns: ['prediction'] }) });

/** Only the times tell a prediction that its deadline stopped from one that was cancelled. */
function readState({ status, deadline, completed_at }: z.infer<typeof predictionSchema>) {
  const ranOut = deadline !== undefined && completed_at !== undefined && completed_at >= deadline;
  const read = readStateWord(stateOf, status);
  return status === 'canceled' && ranOut ? { ...read, state: 'failed' as const } : read;
}

function readJob(value: unknown): JobSnapshot | undefined {
  const { data } = predictionSchema.safeParse(value);
  if (data === undefined) return undefined;
  return {
    ...{ jobId: data.id, ...readState(data) },
    target: data.model,
    createdAt: data.created_at,
    startedAt: data.started_at,
    details: {
      predict_seconds: data.metrics?.predict_time,
      deadline: data.deadline,
      finished_at: data.completed_at,
    },
  };
}

/** The cursor of the next page; `undefined` if the address has none. */
function cursorIn(next: string): string | undefined {
  const url = URL.canParse(next) ? new URL(next) : undefined;
  return url?.searchParams.get('cursor') || undefined;
}

function readList(response: ProviderResponse): ListReading {
  const { data } = listSchema.safeParse(response.body);
  const next = data?.next ? cursorIn(data.next) : null;
  if (response.status !== 200 || data === undefined || next === undefined)
    return readFailure(response, readLimit);
  return { kind: 'page', ...readAll(data.results, readJob), next };
}

/** A 429 tells in `ratelimit-reset` after how many seconds it is over; `Retry-After`, if there is one, comes first. */
function readLimit({ status, headers = {} }: ProviderResponse): TurnedAway | null {
  const reset = headers['ratelimit-reset']?.trim() ?? '';
  if (status !== 429 || headers['retry-after'] !== undefined || !/^\d{1,6}$/.test(reset)) return null;
  return { kind: 'limited', retryAfterMs: Number(reset) * 1_000 };
}

function isMissing({ status, body }: ProviderResponse): boolean {
  return status === 404 && missingSchema.safeParse(body).success;
}

const { readCancel, readStatus } = jobReader({ readJob, isMissing, turnedAway: readLimit });

/** Predictions on Replicate. */
export const replicate: ProviderAdapter = {
  id: 'replicate',
  displayName: 'Replicate',
  documentation: [
    'https://replicate.com/docs/topics/predictions/lifecycle',
    'https://replicate.com/docs/topics/predictions/rate-limits',
    'https://replicate.com/changelog/2025-10-16-prediction-deadlines',
    'https://github.com/replicate/replicate-python/blob/main/tests/cassettes/predictions-cancel.yaml',
    'https://www.npmjs.com/package/replicate-stainless/v/0.9.0',
  ],
  defaultBaseUrl: 'https://api.replicate.com/v1',
  onlyIfNamed: true,
  details: commonDetails.pick({ finished_at: true }).extend({
    predict_seconds: z.number().optional().describe('seconds that the model ran'),
    deadline: z.iso.datetime().optional().describe('when the provider cancels it by itself, RFC 3339'),
  }),
  billing: {
    always: false,
    note: 'Replicate bills the time that a prediction of a public model ran before the cancel.',
  },
  key: { title: 'Replicate API token', variable: 'REPLICATE_API_TOKEN' },
  auth: { header: 'authorization', prefix: 'Bearer ' },
  jobId: opaqueJobId,
  // Inputs and outputs of 100 predictions come with a page.
  mostBytes: 4_000_000,
  limits: [{ operations: ['cancel', 'status', 'list'], limit: { count: 3_000, windowMs: 60_000 } }],
  turnedAway: readLimit,
  cancel: {
    page: {
      title: 'Cancel a prediction',
      url: 'https://replicate.com/docs/reference/http#predictions.cancel',
    },
    request: (jobId) => ({ method: 'POST', path: path`/predictions/${jobId}/cancel` }),
    read: readCancel,
  },
  status: {
    request: (jobId) => ({ method: 'GET', path: path`/predictions/${jobId}` }),
    read: readStatus,
  },
  list: {
    pageSize: 100,
    hidesNames: true,
    request: (_, cursor) => ({
      method: 'GET',
      path: path`/predictions`,
      ...(cursor !== null && { query: [['cursor', cursor] as const] }),
    }),
    read: readList,
  },
};
