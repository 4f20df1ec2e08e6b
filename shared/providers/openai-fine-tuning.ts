import * as z from 'zod';
import type { JobSnapshot } from '../adapter/adapter.ts';
import { attributeField, labelsField } from '../adapter/attributes.ts';
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
import { jobTimes, missingJob, optional, readStateWord, unixSeconds } from '../adapter/parsing.ts';
import type { AdapterFactory } from '../adapter/provider.ts';
import type { State } from '../contract/outcome.ts';
import type { ProviderResponse } from '../http/types.ts';
import { path } from '../http/url-path.ts';

/**
 * The documented statuses: https://developers.openai.com/api/reference/resources/fine_tuning/subresources/jobs/methods/retrieve.
 * A job can be paused, and no document has a word for that.
 */
const stateOf = new Map<string, State>([
  ['validating_files', 'queued'],
  ['queued', 'queued'],
  ['running', 'running'],
  ['succeeded', 'completed'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
]);

const jobSchema = z.object({
  id: opaqueJobId,
  status: z.string(),
  organization_id: attributeField,
  model: attributeField,
  metadata: labelsField,
  created_at: optional(unixSeconds),
  finished_at: optional(unixSeconds),
  estimated_finish: optional(unixSeconds),
  trained_tokens: optional(z.number()),
});

/** As recorded: https://github.com/alexrudall/ruby-openai/blob/main/spec/fixtures/cassettes/fine_tuning_job_cancel.yml */
const missingSchema = errorWith({
  code: z.literal('fine_tune_not_found'),
  message: missingJob({ nouns: ['fine tune', 'fine-tuning job'] }),
});
/** As recorded of the route before: https://github.com/alexrudall/ruby-openai/blob/main/spec/fixtures/cassettes/finetunes_cancel.yml */
const overSchema = errorWith({
  message: z.string().regex(/^Cannot cancel a job \S{1,200} that already has status "[a-z_]+"\.?$/),
});

function readJob(value: unknown): JobSnapshot | undefined {
  const { data } = jobSchema.safeParse(value);
  if (data === undefined) return undefined;
  return {
    jobId: data.id,
    ...readStateWord(stateOf, data.status),
    owner: data.organization_id,
    target: data.model,
    ...data.metadata,
    createdAt: data.created_at,
    details: {
      trained_tokens: data.trained_tokens,
      estimated_finish: data.estimated_finish,
      finished_at: data.finished_at,
    },
  };
}

function isMissing({ status, body }: ProviderResponse): boolean {
  return status === 404 && missingSchema.safeParse(body).success;
}

function isRefused({ status, body }: ProviderResponse): boolean {
  return (status === 400 || status === 409) && overSchema.safeParse(body).success;
}

const { readCancel, readStatus } = jobReader({ readJob, isMissing, isRefused });

const pageSize = 100;

/** OpenAI fine-tuning jobs. A key belongs to a project, and shows its jobs only. */
export const openaiFineTuning: AdapterFactory = {
  place: [],
  adapterAt: (_place, options) => ({
    ...openaiFacts,
    id: 'openai-fine-tuning',
    displayName: 'OpenAI fine-tuning',
    documentation: [
      'https://developers.openai.com/api/reference/resources/fine_tuning/subresources/jobs/methods/retrieve',
      'https://help.openai.com/en/articles/11323177-billing-guide-for-the-reinforcement-fine-tuning-api',
      'https://github.com/openai/openai-node/blob/main/src/resources/fine-tuning/jobs/jobs.ts',
      'https://github.com/openai/openai-openapi',
    ],
    details: z.object({
      trained_tokens: z.number().optional().describe('billable tokens that it has processed'),
      estimated_finish: z.iso.datetime().optional().describe('when it is expected to end, RFC 3339'),
      ...jobTimes,
    }),
    billing: {
      always: false,
      note: 'OpenAI bills a reinforcement job by its training time; it does not say what other cancelled jobs cost. See trained_tokens.',
    },
    auth: openaiAuth,
    idHint:
      'OpenAI cancels by the id of the job, which begins with ftjob-: the name of its model is another.',
    jobId: opaqueJobId,
    // Each job of a page may have 16 texts of 512 characters as its metadata.
    mostBytes: 4_000_000,
    limits: [],
    cancel: {
      page: {
        title: 'Cancel fine-tuning',
        url: 'https://developers.openai.com/api/reference/resources/fine_tuning/subresources/jobs/methods/cancel',
      },
      request: (jobId) => ({
        method: 'POST',
        path: path`/fine_tuning/jobs/${jobId}/cancel`,
        ...accountHeaders(options),
      }),
      read: readCancel,
    },
    status: {
      request: (jobId) => ({
        method: 'GET',
        path: path`/fine_tuning/jobs/${jobId}`,
        ...accountHeaders(options),
      }),
      read: readStatus,
    },
    list: {
      pageSize,
      hidesNames: true,
      request: (_query, cursor) => ({
        method: 'GET',
        path: path`/fine_tuning/jobs`,
        query: pageQuery(pageSize, cursor),
        ...accountHeaders(options),
      }),
      read: (response) => readOpenaiPage(response, readJob),
    },
  }),
};
