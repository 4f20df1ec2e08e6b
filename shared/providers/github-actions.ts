import * as z from 'zod';
import type { JobList, JobSnapshot, ListReading, ProviderAdapter } from '../adapter/adapter.ts';
import { attributeField } from '../adapter/attributes.ts';
import { commonDetails } from '../adapter/common-details.ts';
import { readFailure } from '../adapter/failures.ts';
import { decimalJobId, decimalJobIdField } from '../adapter/job-ids.ts';
import { jobReader } from '../adapter/job-reader.ts';
import { jobNameField, listEntries, missingOf, optional, readAll, time } from '../adapter/parsing.ts';
import type { AdapterFactory, JobPlace } from '../adapter/provider.ts';
import type { AdapterOption } from '../adapter/provider-facts.ts';
import { states } from '../contract/outcome.ts';
import type { ProviderResponse, TurnedAway } from '../http/types.ts';
import { path } from '../http/url-path.ts';

/** The statuses of a run that is not over: https://docs.github.com/rest/actions/workflow-runs */
const statuses = {
  queued: ['queued', 'requested', 'waiting', 'pending'],
  running: ['in_progress'],
  cancelling: [],
} as const satisfies JobList['statuses'];

/** How a run ended. `startup_failure` is in no REST enum, but in https://cli.github.com/manual/gh_run_list */
const conclusions = {
  completed: ['success', 'neutral', 'skipped'],
  cancelled: ['cancelled'],
  failed: ['failure', 'timed_out', 'startup_failure', 'stale', 'action_required'],
} as const satisfies JobList['statuses'];

/** The state that a word stands for, or `unknown`. */
function readWord(word: string | null, meanings: JobList['statuses'] = {}) {
  const state = states.find((each) => meanings[each]?.includes(word ?? ''));
  if (state === undefined) return { state: 'unknown' as const, providerStatus: null };
  return { state, providerStatus: word };
}

const runSchema = z.object({
  id: decimalJobIdField,
  status: z.string(),
  conclusion: z.string().nullable(),
  name: jobNameField,
  head_branch: attributeField,
  actor: optional(z.object({ login: attributeField })),
  created_at: optional(time),
  run_started_at: optional(time),
  run_attempt: optional(z.number()),
  run_number: optional(z.number()),
});
type Run = z.infer<typeof runSchema>;

const listSchema = z.object({ total_count: z.number(), workflow_runs: listEntries });

const documentationUrl = z.string().regex(/^https:\/\/docs\.github\.com\//);
const errorSchema = z.object({ message: z.string().min(1), documentation_url: documentationUrl });
/** The answer for a run that is not there, and for one that the token may not see. A route that is not there names no section. */
const missingSchema = z.object({
  message: z.literal('Not Found'),
  documentation_url: documentationUrl.regex(/\/actions\/workflow-runs#(get|cancel)-a-workflow-run$/),
});

/** A conclusion counts only beside `completed`, and `completed` tells nothing without one. */
function readState({ status, conclusion }: Run): Pick<JobSnapshot, 'state' | 'providerStatus' | 'isOver'> {
  if (status === 'completed') {
    const end = readWord(conclusion, conclusions);
    return end.state === 'unknown' && conclusion ? { ...end, isOver: true } : end;
  }
  const known = readWord(status, statuses);
  return conclusion === null ? known : { ...known, state: 'unknown' };
}

function readJob(value: unknown): JobSnapshot | undefined {
  const { data } = runSchema.safeParse(value);
  if (data === undefined) return undefined;
  const read = readState(data);
  // GitHub gives a start to runs that were cancelled in the queue, too.
  const hasBegun = read.state === 'running' || read.state === 'completed';
  return {
    ...{ jobId: data.id, ...read, ...data.name },
    owner: data.actor?.login,
    target: data.head_branch,
    createdAt: data.created_at,
    startedAt: hasBegun ? data.run_started_at : undefined,
    details: { run_attempt: data.run_attempt, run_number: data.run_number },
  };
}

/** https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api: a minute, if no header says more. */
const usualWaitMs = 60_000;
const limitSchema = z.object({ message: z.string().regex(/\brate limit\b|\babuse detection\b/i) });

/** Both limits are told by a 403 or a 429, and a 403 may be about the token: only a header or the text tells. */
function readLimit({ status, body, headers = {} }: ProviderResponse, now: number): TurnedAway | null {
  if (status !== 403 && status !== 429) return null;
  if (headers['retry-after'] !== undefined) return { kind: 'limited', retryAfterMs: null };
  if (headers['x-ratelimit-remaining'] === '0')
    return { kind: 'limited', retryAfterMs: untilReset(headers['x-ratelimit-reset'], now) };
  return limitSchema.safeParse(body).success ? { kind: 'limited', retryAfterMs: usualWaitMs } : null;
}

function untilReset(reset: string | undefined, now: number): number {
  return /^\d{1,11}$/.test(reset ?? '') ? Math.max(0, Number(reset) * 1_000 - now) : usualWaitMs;
}

function isMissing({ status, body }: ProviderResponse): boolean {
  return status === 404 && missingSchema.safeParse(body).success;
}

/** A 409 means that the run is over, or that it "has not been queued yet" and can hang so for days: a look tells which. */
function isRefused({ status, body }: ProviderResponse): boolean {
  return status === 409 && errorSchema.safeParse(body).success;
}

const cancelPage = {
  title: 'Cancel a workflow run',
  url: 'https://docs.github.com/rest/actions/workflow-runs#cancel-a-workflow-run',
};
const { readStatus } = jobReader({ readJob, isMissing, turnedAway: readLimit });

const pageSize = 100;

/**
 * Runs leave the list of those that wait or run while it is read, so that pages by number would pass over others: there the
 * next page begins at the time of the last run. One of `slackMs` more covers runs that were listed a little out of order.
 */
const slackMs = 2_000;

function placeByTime(jobs: readonly JobSnapshot[]): { next: string; anchor: string } | undefined {
  const [newest, oldest] = [jobs[0]?.createdAt, jobs.at(-1)?.createdAt];
  if (newest === undefined || oldest === undefined) return undefined;
  const from = Date.parse(oldest) + slackMs;
  if (from >= Date.parse(newest)) return undefined;
  return { next: `<=${new Date(from).toISOString().slice(0, 19)}Z`, anchor: jobs.at(-1)?.jobId ?? '' };
}

function placeAfter({ total_count, workflow_runs }: z.infer<typeof listSchema>, cursor: string | null) {
  const page = cursor === null ? 1 : Number(cursor);
  const end = (page > 1 ? page - 1 : 0) * pageSize + workflow_runs.length;
  if (workflow_runs.length === 0 || end >= total_count) return { next: null, ...missingOf(total_count, end) };
  const { jobs } = readAll(workflow_runs, readJob);
  const isOpen = cursor === null && jobs.every(({ state }) => state === 'queued' || state === 'running');
  const byTime = isOpen || Number.isNaN(page) ? placeByTime(jobs) : undefined;
  return byTime ?? (Number.isNaN(page) ? { next: cursor } : { next: String(page + 1) });
}

function readList(response: ProviderResponse, cursor: string | null): ListReading {
  const { data } = listSchema.safeParse(response.body);
  if (response.status !== 200 || data === undefined) return readFailure(response, readLimit);
  return { kind: 'page', ...readAll(data.workflow_runs, readJob), ...placeAfter(data, cursor) };
}

const repository: AdapterOption = {
  name: 'repository',
  variable: 'GITHUB_REPOSITORY',
  meaning: 'the repository whose runs are meant, as `owner/repository`',
  values: /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/,
  fault: 'must be an owner and a repository, such as octocat/hello-world',
};

/** Every server of GitHub knows this version; the newest, 2026-03-10, changes none of these routes. */
const headers = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' } as const;

const facts = {
  id: 'github-actions',
  displayName: 'GitHub Actions',
  documentation: [
    'https://docs.github.com/rest/actions/workflow-runs',
    'https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api',
    'https://docs.github.com/rest/about-the-rest-api/api-versions',
    'https://cli.github.com/manual/gh_run_list',
    'https://github.com/actions/runner/issues/3872',
    'https://github.com/actions/runner/issues/1846',
    'https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax',
    'https://www.npmjs.com/package/@octokit/openapi-types/v/29.0.1',
  ],
  defaultBaseUrl: 'https://api.github.com',
  onlyIfNamed: true,
  options: [repository],
  details: commonDetails
    .pick({ run_attempt: true })
    .extend({ run_number: z.number().optional().describe('number of the run in its workflow') }),
  billing: {
    always: false,
    note: 'GitHub bills the minutes that each job ran; jobs that run always go on after a cancel. A run that its own time limit stopped may read as cancelled.',
  },
  key: { title: 'GitHub token', variable: 'GITHUB_TOKEN' },
  auth: { header: 'authorization', prefix: 'Bearer ' },
  idHint:
    'The id is that in the address of the run, not its number; a run that the token cannot see is not found, either.',
  jobId: decimalJobId,
  absentJobId: '9007199254740991',
  // A re-run keeps the id; "attempt number of the run" is `run_attempt` on the page of the runs.
  reopens: true,
  mostBytes: 4_000_000,
  limits: [
    {
      ...{ operations: ['cancel', 'status', 'list'], atOnce: 100 },
      limit: { count: 5_000, windowMs: 3_600_000 },
    },
  ],
  turnedAway: readLimit,
} as const satisfies Omit<ProviderAdapter, 'cancel' | 'status' | 'list'>;

/** Runs of GitHub Actions in one repository. The token needs "Actions: write" there, which includes to read, and nothing else. */
export const githubActions: AdapterFactory<'repository'> = {
  place: ['repository'],
  adapterAt: adapterOf,
};

function adapterOf(place: JobPlace<'repository'>): ProviderAdapter {
  const [owner = '', name = ''] = place.repository.split('/');
  return {
    ...facts,
    cancel: {
      page: cancelPage,
      request: (jobId) => ({
        ...{ method: 'POST', headers },
        path: path`/repos/${owner}/${name}/actions/runs/${jobId}/cancel`,
      }),
      read(response) {
        if (response.status === 202 && z.strictObject({}).safeParse(response.body).success)
          return { kind: 'accepted', providerStatus: null };
        if (isRefused(response) || isMissing(response)) return { kind: 'rejected' };
        return readFailure(response, readLimit);
      },
    },
    status: {
      request: (jobId) => ({
        ...{ method: 'GET', headers },
        path: path`/repos/${owner}/${name}/actions/runs/${jobId}`,
        query: [['exclude_pull_requests', 'true']],
      }),
      read: readStatus,
    },
    list: {
      ...{ pageSize, statuses: { ...statuses, ...conclusions } },
      request: ({ status }, cursor) => ({
        ...{ method: 'GET', headers },
        path: path`/repos/${owner}/${name}/actions/runs`,
        query: [
          ['per_page', String(pageSize)],
          ['exclude_pull_requests', 'true'],
          ...(status === undefined ? [] : [['status', status] as const]),
          ...(cursor === null ? [] : [[/^\d+$/.test(cursor) ? 'page' : 'created', cursor] as const]),
        ],
      }),
      read: readList,
    },
  };
}
