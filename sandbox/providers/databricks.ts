import * as z from 'zod';
import { cancelJob } from '../jobs/cancel-job.ts';
import { type DemoJob, ends, runs, settles } from '../jobs/demo-job.ts';
import { endedAt, isFinal, type Job, type JobState, stateAt } from '../jobs/job.ts';
import { type Sight, see, seeOtherwise, served } from '../jobs/see-job.ts';
import type { Answer, ProviderModel, RequestContext } from '../twin/provider-model.ts';

const switches = z.strictObject({
  /** A workspace of before 2024 answers a bad token with a 403, as it does a run that the token may not see. */
  badToken: z.enum(['unauthenticated', 'forbidden']).default('unauthenticated'),
});

/** What can be switched at the pretend Databricks. */
export type DatabricksSwitches = z.output<typeof switches>;

type Switches = DatabricksSwitches;

/** The word of a run that is over is the code of its end; one that is being cancelled has a state and a code. */
const words = {
  queued: 'QUEUED',
  running: 'RUNNING',
  cancelling: 'TERMINATING, USER_CANCELED',
  cancelled: 'USER_CANCELED',
  completed: 'SUCCESS',
  failed: 'RUN_EXECUTION_ERROR',
} as const;
const word = (state: JobState) => words[state];

/** The older `result_state` says `CANCELED` of a cancel by a user and of one by Databricks alike. */
const results: Readonly<Record<string, string>> = {
  USER_CANCELED: 'CANCELED',
  CANCELED: 'CANCELED',
  SUCCESS: 'SUCCESS',
  SUCCESS_WITH_FAILURES: 'SUCCESS_WITH_FAILURES',
};
const terminationTypes: Readonly<Record<string, string>> = {
  SUCCESS: 'SUCCESS',
  SUCCESS_WITH_FAILURES: 'SUCCESS',
  CANCELED: 'INTERNAL_ERROR',
};

function error(status: number, message: string, code = codeOf(status)): Answer {
  return { status, body: { error_code: code, message } };
}

/** https://github.com/databricks/databricks-sdk-py/blob/main/databricks/sdk/errors/platform.py */
function codeOf(status: number): string {
  const codes = new Map([
    [400, 'INVALID_PARAMETER_VALUE'],
    [401, 'UNAUTHENTICATED'],
    [403, 'PERMISSION_DENIED'],
    [404, 'RESOURCE_DOES_NOT_EXIST'],
    [409, 'RESOURCE_CONFLICT'],
    [429, 'REQUEST_LIMIT_EXCEEDED'],
    [503, 'TEMPORARILY_UNAVAILABLE'],
  ]);
  return codes.get(status) ?? (status < 500 ? 'BAD_REQUEST' : 'INTERNAL_ERROR');
}

const unknownRun = (id: string) => error(400, `Run ${id} does not exist.`);

/** What a word says of a run: its state, and why it ends or has ended. */
function stateAndCode({ state, word, unseen }: Sight): readonly [state: string, code?: string] {
  if (isFinal(state) && !unseen) return ['TERMINATED', word];
  const [first = '', code] = word.split(', ');
  return code === undefined ? [first] : [first, code];
}

/** https://docs.databricks.com/api/workspace/jobs/listruns: a run without its tasks. */
function entry(sight: Sight) {
  const { job, state, at } = sight;
  const [lifeCycle, code] = stateAndCode(sight);
  const end_time = isFinal(state) ? Math.min(endedAt(job, state), at) : 0;
  return {
    job_id: 620_301_557,
    run_id: Number(job.id),
    number_in_job: Number(job.id),
    creator_user_name: job.owner ?? 'grace@example.com',
    run_name: job.name ?? 'Untitled',
    run_type: 'JOB_RUN',
    trigger: 'ONE_TIME',
    start_time: job.createdAt,
    end_time,
    setup_duration: 0,
    execution_duration: 0,
    cleanup_duration: 0,
    run_duration: end_time === 0 ? 0 : end_time - job.createdAt,
    status: {
      state: lifeCycle,
      ...(code !== undefined && {
        termination_details: { code, type: terminationTypes[code] ?? 'CLIENT_ERROR', message: '' },
      }),
    },
    state: {
      life_cycle_state: lifeCycle === 'WAITING' ? 'WAITING_FOR_RETRY' : lifeCycle,
      ...(lifeCycle === 'TERMINATED' && { result_state: results[code ?? ''] ?? 'FAILED' }),
      state_message: '',
      user_cancelled_or_timedout: results[code ?? ''] === 'CANCELED',
    },
    run_page_url: `https://pretend.cloud.databricks.com/?o=4242#job/620301557/run/${job.id}`,
  };
}

const cancelBody = z.strictObject({ run_id: z.int().positive() });

function idIn({ body }: Pick<RequestContext<Switches>, 'body'>): string | undefined {
  return cancelBody.safeParse(body).data?.run_id.toString();
}

function cancel(visit: RequestContext<Switches>): Answer {
  const id = idIn(visit);
  if (id === undefined) return error(400, 'run_id must be a number, and nothing else', 'MALFORMED_REQUEST');
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownRun(id);
  const { effective } = cancelJob(visit, job);
  return { status: 200, body: {}, effective: effective ? [id] : [] };
}

function look(visit: RequestContext<Switches>, id: string): Answer {
  if (!/^\d{1,19}$/.test(id)) return error(400, `Invalid run_id: ${id}`);
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownRun(id);
  const sight = see(databricks, visit, job);
  return { status: 200, body: { ...entry(sight), tasks: [] }, served: served([sight]) };
}

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const listQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(24).default(20),
  page_token: z.string().optional(),
  active_only: flag.default(false),
  completed_only: flag.default(false),
  expand_tasks: flag.default(false),
});

function keeps(visit: RequestContext<Switches>, { active_only, completed_only }: z.output<typeof listQuery>) {
  return (job: Job) => {
    const isOver = isFinal(stateAt(job, visit.now));
    return !(isOver ? active_only : completed_only);
  };
}

function list(visit: RequestContext<Switches>): Answer {
  const { data: query } = listQuery.safeParse(Object.fromEntries(visit.query));
  if (query === undefined) return error(400, 'limit must be below 25, and every parameter one of the page');
  if (query.active_only && query.completed_only)
    return error(400, 'active_only and completed_only cannot both be true');
  const after = query.page_token && Buffer.from(query.page_token, 'base64url').toString();
  const { jobs, next } = visit.jobs.page({
    ...{ limit: query.limit, keep: keeps(visit, query) },
    ...(after !== undefined && { after }),
  });
  const sights = jobs.map((job) => seeOtherwise(databricks, visit, job));
  return {
    status: 200,
    body: {
      ...(sights.length > 0 && { runs: sights.map(entry) }),
      has_more: next !== null,
      ...(next !== null && { next_page_token: Buffer.from(next).toString('base64url') }),
    },
    served: served(sights),
  };
}

const by = (name: string) => ({ owner: `${name}@example.com` });
const demo: readonly DemoJob[] = [
  ['Feature backfill 2024', 'running', 190, { ...by('ada'), ...ends(300), ...settles(4_000) }],
  ['Nightly features', 'running', 42, { ...by('grace'), ...ends(30), ...settles(2_000) }],
  ['Train churn model', 'running', 12, { ...by('ada'), ...ends(95), ...settles(3_000) }],
  ['Train churn model, fold 2', 'queued', 11, { ...by('ada'), ...runs(20, 110) }],
  ['Compact bronze tables', 'queued', 7, { ...by('linus'), word: 'PENDING', ...runs(3, 12) }],
  ['Compact silver tables', 'queued', 6, { ...by('linus'), word: 'WAITING' }],
  ['Nightly features', 'completed', 1_480, by('grace')],
  ['Weekly report', 'completed', 2_900, { ...by('grace'), word: 'SUCCESS_WITH_FAILURES' }],
  ['Feature backfill 2023', 'failed', 5_000, { ...by('ada'), word: 'CANCELED' }],
  ['Train churn model', 'failed', 320, by('ada')],
  ['Feature backfill 2022', 'cancelled', 600, by('ada')],
];

/** The pretend Databricks: the job runs of one workspace. */
export const databricks: ProviderModel<Switches> = {
  basePaths: [''],
  contentType: 'application/json',
  auth: { header: 'authorization', prefix: 'Bearer ' },
  switches,
  switchExample: { badToken: 'forbidden' },
  settlesInMs: 300,
  missingStatuses: [400],
  // Fifteen digits, which a number in JSON holds.
  idOf: (uuid) => String(1e14 + Number.parseInt(uuid.slice(-12), 16)),
  words,
  word,
  meanings: {
    ...{ QUEUED: 'queued', PENDING: 'queued', BLOCKED: 'queued', WAITING: 'queued' },
    ...{ RUNNING: 'running', TERMINATING: 'running', 'TERMINATING, USER_CANCELED': 'cancelling' },
    ...{ USER_CANCELED: 'cancelled', SUCCESS: 'completed', SUCCESS_WITH_FAILURES: 'completed' },
    ...{ CANCELED: 'failed', SKIPPED: 'failed', INTERNAL_ERROR: 'failed', RUN_EXECUTION_ERROR: 'failed' },
  },
  demo,
  limits: () => ({}),
  error,
  badKey: ({ badToken }) =>
    badToken === 'forbidden'
      ? { status: 403, body: { error_code: 403, message: 'Invalid access token.' } }
      : error(401, 'Credential was not sent or was of an unsupported type for this API.'),
  unknownPath: (method, path) => error(404, `No API found for '${method} ${path}'`, 'ENDPOINT_NOT_FOUND'),
  wrongMethod: (method, path) => error(404, `No API found for '${method} ${path}'`, 'ENDPOINT_NOT_FOUND'),
  routes: [
    {
      method: 'POST',
      path: '/api/2.2/jobs/runs/cancel',
      operation: 'cancel',
      bodyOf: (id) => ({ run_id: Number(id) }),
      jobIds: (visit) => [idIn(visit) ?? ''].filter((id) => id !== ''),
      answer: cancel,
    },
    { method: 'GET', path: '/api/2.2/jobs/runs/get?run_id=:id', operation: 'status', answer: look },
    {
      method: 'GET',
      path: '/api/2.2/jobs/runs/get',
      operation: 'status',
      answer: () => error(400, 'Missing required field: run_id'),
    },
    { method: 'GET', path: '/api/2.2/jobs/runs/list', operation: 'list', answer: list },
  ],
};
