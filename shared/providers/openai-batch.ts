import * as z from 'zod';
import type { JobSnapshot } from '../adapter/adapter.ts';
import { attributeField, labelsField } from '../adapter/attributes.ts';
import { commonDetails } from '../adapter/common-details.ts';
import { opaqueJobId } from '../adapter/job-ids.ts';
import { jobReader } from '../adapter/job-reader.ts';
import {
  accountHeaders,
  errorWith,
  openaiAuth,
  openaiFacts,
  pageQuery,
  readOpenaiPage,
} from '../adapter/openai-api.ts';
import { missingJob, optional, readStateWord, unixSeconds } from '../adapter/parsing.ts';
import type { AdapterFactory } from '../adapter/provider.ts';
import type { State } from '../contract/outcome.ts';
import type { ProviderResponse } from '../http/types.ts';
import { path } from '../http/url-path.ts';

/** The documented statuses: https://developers.openai.com/api/reference/resources/batches/methods/cancel */
const stateOf = new Map<string, State>([
  ['validating', 'queued'],
  ['in_progress', 'running'],
  ['finalizing', 'running'],
  ['cancelling', 'cancelling'],
  ['cancelled', 'cancelled'],
  ['completed', 'completed'],
  ['failed', 'failed'],
  ['expired', 'failed'],
]);

const countsSchema = z.object({
  total: optional(z.number()),
  completed: optional(z.number()),
  failed: optional(z.number()),
});
const usageSchema = z.object({ input_tokens: optional(z.number()), output_tokens: optional(z.number()) });

const batchSchema = z.object({
  id: opaqueJobId,
  status: z.string(),
  /** It is `null` until the batch has been validated, which does not mean that there is no model. */
  model: attributeField.transform((model) => model ?? undefined),
  metadata: labelsField,
  created_at: optional(unixSeconds),
  in_progress_at: optional(unixSeconds),
  cancelling_at: optional(unixSeconds),
  cancelled_at: optional(unixSeconds),
  completed_at: optional(unixSeconds),
  failed_at: optional(unixSeconds),
  expired_at: optional(unixSeconds),
  request_counts: optional(countsSchema),
  usage: optional(usageSchema),
});
type Batch = z.infer<typeof batchSchema>;

/** https://github.com/williamwinkler/openai-batch-manager/blob/main/test/batcher/openai_api_client_test.exs */
const missingSchema = errorWith({
  message: missingJob({ nouns: ['batch'], texts: ["No batch found with id '*'"] }),
});
/** The same source: the id is that of something else, such as a file. */
const notAnIdSchema = errorWith({
  code: z.literal('invalid_value'),
  message: z.string().startsWith("Invalid 'batch_id'"),
});
/**
 * No document declares the answer for a batch that is over. Clients expect a 409 with this sentence, and servers that imitate
 * the API answer 400: https://github.com/BerriAI/litellm/blob/main/tests/batches_tests/test_openai_batches_and_files.py
 */
const overSchema = errorWith({ message: z.string().startsWith('Cannot cancel a batch with status') });

function detailsOf({ request_counts, usage, ...batch }: Batch) {
  const { cancelled_at, completed_at, failed_at, expired_at } = batch;
  return {
    requests_total: request_counts?.total,
    requests_completed: request_counts?.completed,
    requests_failed: request_counts?.failed,
    tokens_in: usage?.input_tokens,
    tokens_out: usage?.output_tokens,
    cancelling_since: batch.cancelling_at,
    finished_at: cancelled_at ?? completed_at ?? failed_at ?? expired_at,
  };
}

function readJob(value: unknown): JobSnapshot | undefined {
  const { data } = batchSchema.safeParse(value);
  if (data === undefined) return undefined;
  return {
    jobId: data.id,
    ...readStateWord(stateOf, data.status),
    target: data.model,
    ...data.metadata,
    createdAt: data.created_at,
    startedAt: data.in_progress_at,
    details: detailsOf(data),
  };
}

function isMissing({ status, body }: ProviderResponse): boolean {
  if (status === 400) return notAnIdSchema.safeParse(body).success;
  return status === 404 && missingSchema.safeParse(body).success;
}

function isRefused({ status, body }: ProviderResponse): boolean {
  return (status === 400 || status === 409) && overSchema.safeParse(body).success;
}

const { readCancel, readStatus } = jobReader({ readJob, isMissing, isRefused });

const pageSize = 100;

/** OpenAI batches. A key belongs to a project, and shows its batches only. */
export const openaiBatch: AdapterFactory = {
  place: [],
  adapterAt: (_place, options) => ({
    ...openaiFacts,
    id: 'openai-batch',
    displayName: 'OpenAI Batch',
    documentation: [
      'https://developers.openai.com/api/reference/resources/batches/methods/retrieve',
      'https://developers.openai.com/api/reference/resources/batches/methods/list',
      'https://developers.openai.com/api/docs/guides/batch',
      'https://github.com/openai/openai-node/blob/main/src/resources/batches.ts',
      'https://github.com/openai/openai-openapi',
    ],
    details: commonDetails
      .pick({
        requests_total: true,
        requests_completed: true,
        requests_failed: true,
        tokens_in: true,
        tokens_out: true,
        finished_at: true,
      })
      .extend({ cancelling_since: z.iso.datetime().optional().describe('when its cancel began, RFC 3339') }),
    billing: {
      always: false,
      note: 'OpenAI does not say what a cancelled batch costs; of one that expires it charges the requests that were completed.',
    },
    auth: openaiAuth,
    idHint:
      'OpenAI cancels by the id of the batch, which begins with batch_: that of its input file is another.',
    jobId: opaqueJobId,
    // Each batch of a page may have 16 texts of 512 characters as its metadata.
    mostBytes: 4_000_000,
    limits: [],
    cancel: {
      page: {
        title: 'Cancel batch',
        url: 'https://developers.openai.com/api/reference/resources/batches/methods/cancel',
      },
      request: (jobId) => ({
        method: 'POST',
        path: path`/batches/${jobId}/cancel`,
        ...accountHeaders(options),
      }),
      read: readCancel,
    },
    status: {
      request: (jobId) => ({ method: 'GET', path: path`/batches/${jobId}`, ...accountHeaders(options) }),
      read: readStatus,
    },
    list: {
      pageSize,
      hidesNames: true,
      request: (_query, cursor) => ({
        method: 'GET',
        path: path`/batches`,
        query: pageQuery(pageSize, cursor),
        ...accountHeaders(options),
      }),
      read: (response) => readOpenaiPage(response, readJob),
    },
  }),
};
