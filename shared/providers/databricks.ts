import * as z from 'zod';
import type { JobSnapshot, ListReading, ProviderAdapter } from '../adapter/adapter.ts';
import { attributeField } from '../adapter/attributes.ts';
import { commonDetails } from '../adapter/common-details.ts';
import { readFailure } from '../adapter/failures.ts';
import { decimalJobId, decimalJobIdField } from '../adapter/job-ids.ts';
import { jobReader } from '../adapter/job-reader.ts';
import {
  jobNameField,
  listEntries,
  missingJob,
  nextCursor,
  noError,
  optional,
  readAll,
  readStateWord,
  unixMillis,
} from '../adapter/parsing.ts';
import type { State } from '../contract/outcome.ts';
import type { ProviderResponse } from '../http/types.ts';
import { path } from '../http/url-path.ts';

/** The states of a run that is not over, `RunLifecycleStateV2State`: https://docs.databricks.com/api/workspace/jobs/getrun */
const stateOf = new Map<string, State>([
  ['QUEUED', 'queued'],
  ['PENDING', 'queued'],
  ['BLOCKED', 'queued'],
  ['WAITING', 'queued'],
  ['RUNNING', 'running'],
  ['TERMINATING', 'running'],
]);

/**
 * Why a run ended, `TerminationCodeCode`, and the state that it then is in. `CANCELED` is a cancel by Databricks, for example
 * after the longest time that the run may take: only `USER_CANCELED` is one by a user.
 */
const endOf = new Map<string, State>([
  ['USER_CANCELED', 'cancelled'],
  ['SUCCESS', 'completed'],
  ['SUCCESS_WITH_FAILURES', 'completed'],
  ...[
    'CANCELED',
    'SKIPPED',
    'INTERNAL_ERROR',
    'DRIVER_ERROR',
    'CLUSTER_ERROR',
    'REPOSITORY_CHECKOUT_FAILED',
    'INVALID_CLUSTER_REQUEST',
    'WORKSPACE_RUN_LIMIT_EXCEEDED',
    'FEATURE_DISABLED',
    'CLUSTER_REQUEST_LIMIT_EXCEEDED',
    'STORAGE_ACCESS_ERROR',
    'RUN_EXECUTION_ERROR',
    'UNAUTHORIZED_ERROR',
    'LIBRARY_INSTALLATION_ERROR',
    'MAX_CONCURRENT_RUNS_EXCEEDED',
    'MAX_SPARK_CONTEXTS_EXCEEDED',
    'RESOURCE_NOT_FOUND',
    'INVALID_RUN_CONFIGURATION',
    'CLOUD_FAILURE',
    'MAX_JOB_QUEUE_SIZE_EXCEEDED',
    'DISABLED',
    'BREAKING_CHANGE',
    'BUDGET_POLICY_LIMIT_EXCEEDED',
  ].map((code): [string, State] => [code, 'failed']),
]);

const statusSchema = z.object({
  state: z.string(),
  termination_details: optional(z.object({ code: z.string() })),
});
const runSchema = z.object({
  run_id: decimalJobIdField,
  status: statusSchema,
  run_name: jobNameField,
  creator_user_name: attributeField,
  start_time: optional(unixMillis),
  end_time: optional(unixMillis),
});

/** Without runs there is no `runs`: https://docs.databricks.com/api/workspace/jobs/listruns */
const listSchema = z.union([
  z.object({
    ...noError,
    runs: z.undefined().optional(),
    has_more: z.literal(false),
    next_page_token: nextCursor,
  }),
  z
    .object({ ...noError, runs: listEntries, has_more: optional(z.boolean()), next_page_token: nextCursor })
    .refine(({ has_more, next_page_token }) => has_more !== true || next_page_token !== null),
]);

/** The client of Databricks knows this 400 by its text: its `errors/overrides.py`, cited below. */
const missingSchema = z.object({
  error_code: z.literal('INVALID_PARAMETER_VALUE'),
  message: missingJob({ texts: ['Run * does not exist', "Run: * in job: * doesn't exist"] }),
});

function readState({ state, termination_details }: z.infer<typeof statusSchema>) {
  const code = termination_details?.code ?? '';
  if (state === 'TERMINATED') return readEnd(code);
  if (state !== 'TERMINATING' || code !== 'USER_CANCELED') return readStateWord(stateOf, state);
  return { state: 'cancelling', providerStatus: `${state}, ${code}` } as const;
}

/** A run with a code that is not listed is over, too. */
function readEnd(code: string) {
  const end = readStateWord(endOf, code);
  return end.state === 'unknown' ? { ...end, isOver: true as const } : end;
}

/** One call creates and starts a run, so that `start_time` tells its age; its tasks may begin much later. */
function readRun(value: unknown): JobSnapshot | undefined {
  const { data } = runSchema.safeParse(value);
  return (
    data && {
      ...{ jobId: data.run_id, ...readState(data.status), ...data.run_name },
      owner: data.creator_user_name,
      createdAt: data.start_time,
      details: { finished_at: data.end_time },
    }
  );
}

function isMissing({ status, body }: ProviderResponse): boolean {
  return status === 400 && missingSchema.safeParse(body).success;
}

function readList(response: ProviderResponse): ListReading {
  const { data } = listSchema.safeParse(response.body);
  if (response.status !== 200 || data === undefined) return readFailure(response);
  const { runs = [], next_page_token } = data;
  return { kind: 'page', ...readAll(runs, readRun), next: next_page_token };
}

const { readStatus } = jobReader({ readJob: readRun, isMissing });

/** "Greater than 0 and less than 25": https://docs.databricks.com/api/workspace/jobs/listruns */
const pageSize = 24;

/**
 * Runs of jobs in one Databricks workspace. The token needs "Can Manage Run" on the jobs. Calloff never uses `cancel-all`:
 * without the id of a job it empties the queue of the workspace.
 */
export const databricks: ProviderAdapter = {
  id: 'databricks',
  displayName: 'Databricks',
  documentation: [
    'https://docs.databricks.com/api/workspace/jobs/getrun',
    'https://docs.databricks.com/api/workspace/jobs/listruns',
    'https://docs.databricks.com/api/workspace/jobs/repairrun',
    'https://github.com/databricks/databricks-sdk-py/blob/main/databricks/sdk/errors/overrides.py',
    'https://github.com/databricks/databricks-sdk-py/blob/main/databricks/sdk/errors/platform.py',
    'https://databrickslabs.github.io/brickster/reference/db_jobs_runs_cancel.html',
    'https://www.npmjs.com/package/@databricks/sdk-experimental/v/0.17.0',
  ],
  onlyIfNamed: true,
  details: commonDetails.pick({ finished_at: true }),
  billing: {
    always: false,
    note: 'A cluster of the run costs until it has terminated, and an all-purpose cluster goes on after the run.',
  },
  key: { title: 'Databricks access token', variable: 'DATABRICKS_TOKEN' },
  deployment: {
    variable: 'DATABRICKS_HOST',
    meaning: 'the workspace that the token is for, with or without `https://`',
  },
  auth: { header: 'authorization', prefix: 'Bearer ' },
  idHint: 'Databricks cancels by run_id: the id of a job is another.',
  jobId: decimalJobId,
  absentJobId: String(Number.MAX_SAFE_INTEGER),
  // A repair runs tasks again under the same run_id.
  reopens: true,
  // A run is shown with up to 100 of its tasks, each with its cluster.
  mostBytes: 4_000_000,
  limits: [],
  cancel: {
    page: { title: 'Cancel a run', url: 'https://docs.databricks.com/api/workspace/jobs/cancelrun' },
    request: (jobId) => ({
      method: 'POST',
      path: path`/api/2.2/jobs/runs/cancel`,
      body: { run_id: Number(jobId) },
    }),
    // A run that is over gets the same answer, and stays as it is.
    read(response) {
      if (response.status === 200 && z.strictObject({}).safeParse(response.body).success)
        return { kind: 'accepted', providerStatus: null };
      return isMissing(response) ? { kind: 'rejected' } : readFailure(response);
    },
  },
  status: {
    request: (jobId) => ({
      method: 'GET',
      path: path`/api/2.2/jobs/runs/get`,
      query: [['run_id', jobId]],
    }),
    read: readStatus,
  },
  list: {
    pageSize,
    hasGroups: true,
    statuses: {
      ...{ queued: ['active_only'], running: ['active_only'], cancelling: ['active_only'] },
      ...{ cancelled: ['completed_only'], completed: ['completed_only'], failed: ['completed_only'] },
    },
    request: ({ status }, cursor) => ({
      method: 'GET',
      path: path`/api/2.2/jobs/runs/list`,
      query: [
        ['limit', String(pageSize)],
        ...(status === undefined ? [] : [[status, 'true'] as const]),
        ...(cursor === null ? [] : [['page_token', cursor] as const]),
      ],
    }),
    read: readList,
  },
};
