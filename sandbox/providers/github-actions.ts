import * as z from 'zod';
import { cancelJob } from '../jobs/cancel-job.ts';
import { type DemoJob, ends, runs, settles } from '../jobs/demo-job.ts';
import { isFinal, type Job, type JobState, startedAt, stateAt } from '../jobs/job.ts';
import { type Sight, see, served, wordFor } from '../jobs/see-job.ts';
import { time } from '../time.ts';
import { githubRepository, githubUser } from '../twin/github-answers.ts';
import type { Answer, OutgoingRequest, ProviderModel, RequestContext } from '../twin/provider-model.ts';

const switches = z.strictObject({
  /** Runs that hang in the queue for days: a cancel of them is answered 409, https://github.com/actions/runner/issues/3872 */
  zombies: z.boolean().default(false),
});

type Switches = z.output<typeof switches>;

const repository = 'octo-lab/simulations';
const runsPath = `/repos/${repository}/actions/runs`;
const docs = 'https://docs.github.com/rest';

/** There is no word for a cancel under way: jobs with `if: always()` go on, and the run is in progress until they are over. */
const words = {
  queued: 'queued',
  running: 'in_progress',
  cancelling: 'in_progress',
  cancelled: 'cancelled',
  completed: 'success',
  failed: 'failure',
} as const;

const word = (state: JobState) => words[state];
/** What the filter `status` takes: a status or a conclusion. */
const knownWords: ReadonlySet<string> = new Set([
  ...['completed', 'action_required', 'cancelled', 'failure', 'neutral', 'skipped', 'stale', 'success'],
  ...['timed_out', 'startup_failure', 'in_progress', 'queued', 'requested', 'waiting', 'pending'],
]);
const versions: ReadonlySet<string> = new Set(['2022-11-28', '2026-03-10']);

/** GitHub writes whole seconds. */
const moment = (at: number) => `${time(at).slice(0, 19)}Z`;

function error(status: number, message: string, page = ''): Answer {
  return { status, body: { message, documentation_url: docs + page, status: String(status) } };
}

const section = (name: string) => `/actions/workflow-runs#${name}-a-workflow-run`;
const unknownRun = (name: string) => error(404, 'Not Found', section(name));
const conflict = (why: string) => error(409, `Cannot cancel a workflow run that ${why}.`, section('cancel'));

const repositoryBody = githubRepository('octo-lab', 'simulations');

/** The moment the run is shown at, but not before it was created. */
function body({ job, state, word, at }: Sight) {
  const started = Math.min(startedAt(job), at);
  const url = `https://api.github.com${runsPath}/${job.id}`;
  const actor = githubUser(job.owner ?? 'octocat');
  return {
    ...{ id: Number(job.id), name: job.name, node_id: 'WFR_kwLOAAsQ', display_title: job.name ?? 'Update' },
    ...{ head_branch: job.target ?? 'main', head_sha: '009b8a3a9ccbb128af87f9b1c0f4c62e8a304f6d' },
    ...{ path: '.github/workflows/ci.yml', workflow_id: 159_038, run_number: 106, run_attempt: 1 },
    ...{ event: 'workflow_dispatch', check_suite_id: 42, check_suite_node_id: 'CS_kwDO' },
    status: isFinal(state) ? 'completed' : word,
    conclusion: isFinal(state) ? word : null,
    ...{ created_at: moment(job.createdAt), updated_at: moment(Math.max(at, job.createdAt)) },
    run_started_at: moment(Math.max(started, job.createdAt)),
    ...{ actor, triggering_actor: actor },
    ...{ url, html_url: `https://github.com/${repository}/actions/runs/${job.id}` },
    ...{ jobs_url: `${url}/jobs`, logs_url: `${url}/logs`, artifacts_url: `${url}/artifacts` },
    ...{ cancel_url: `${url}/cancel`, rerun_url: `${url}/rerun`, previous_attempt_url: null },
    ...{ workflow_url: `https://api.github.com/repos/${repository}/actions/workflows/159038` },
    check_suite_url: `https://api.github.com/repos/${repository}/check-suites/42`,
    ...{ pull_requests: [], referenced_workflows: [], head_commit: null },
    ...{ repository: repositoryBody, head_repository: repositoryBody },
  };
}

/** The run as a look shows it; contradicted, it has a conclusion although it is in progress. */
function bodyOf(visit: RequestContext<Switches>, job: Job) {
  const sight = see(githubActions, visit, job);
  const shown = body(sight);
  if (!visit.fault('contradiction', job.id)) return { sight, shown };
  return {
    sight: { ...sight, word: words.running },
    shown: { ...shown, status: words.running, conclusion: words.cancelled },
  };
}

/** A client without a name is turned away, and so is a version that there is not. */
function checked(
  answer: (visit: RequestContext<Switches>, id: string) => Answer,
): (visit: RequestContext<Switches>, id: string) => Answer {
  return (visit, id) => {
    if (!visit.header('user-agent'))
      return error(403, 'Request forbidden by administrative rules: no User-Agent header.');
    const version = visit.header('x-github-api-version');
    if (version !== undefined && !versions.has(version))
      return error(400, `The version ${version} is not supported.`, '/about-the-rest-api/api-versions');
    return answer(visit, id);
  };
}

function cancel(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownRun('cancel');
  if (visit.switches.zombies && stateAt(job, visit.now) === 'queued')
    return conflict('has not been queued yet');
  const { says, effective } = cancelJob(visit, job);
  if (says === 'finished') return conflict('is completed');
  return { status: 202, body: {}, effective: effective ? [id] : [] };
}

function look(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownRun('get');
  const { sight, shown } = bodyOf(visit, job);
  return { status: 200, body: shown, served: served([sight]) };
}

const page = z.coerce.number().int().min(1);
/** Of the syntax for dates only "until". */
const until = z
  .string()
  .regex(/^<=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  .transform((text) => Date.parse(text.slice(2)));
const filter = z.string().refine((status) => knownWords.has(status));
const listQuery = z.object({
  status: filter.optional(),
  ...{ created: until.optional(), actor: z.string().optional(), branch: z.string().optional() },
  per_page: page.max(100).default(30),
  page: page.default(1),
});
type ListQuery = z.output<typeof listQuery>;

function keeps(visit: RequestContext<Switches>, { status, created, actor, branch }: ListQuery) {
  return (job: Job) => {
    const isIn = status === 'completed' ? isFinal(stateAt(job, visit.now)) : undefined;
    return (
      (status === undefined || (isIn ?? wordFor(githubActions, visit, job) === status)) &&
      (created === undefined || Math.floor(job.createdAt / 1_000) * 1_000 <= created) &&
      (actor === undefined || actor === (job.owner ?? 'octocat')) &&
      (branch === undefined || branch === (job.target ?? 'main'))
    );
  };
}

function list(visit: RequestContext<Switches>): Answer {
  const { data: query } = listQuery.safeParse(Object.fromEntries(visit.query));
  if (query === undefined) return error(422, 'Validation Failed', '/actions/workflow-runs');
  const keep = keeps(visit, query);
  const skip = (query.page - 1) * query.per_page;
  const isSearch = [query.status, query.created, query.actor, query.branch].some(
    (each) => each !== undefined,
  );
  // A search, which is what a list with a filter is, shows no more than 1,000.
  const limit = isSearch ? Math.min(query.per_page, Math.max(0, 1_000 - skip)) : query.per_page;
  const total = visit.jobs.count(keep);
  const found = visit.jobs.page({ limit, skip, keep }).jobs.map((job) => bodyOf(visit, job));
  const hasMore = skip + found.length < total && limit === query.per_page;
  const next = new URLSearchParams(visit.query);
  next.set('page', String(query.page + 1));
  return {
    status: 200,
    ...(hasMore && { headers: { link: `<http://${visit.header('host')}${runsPath}?${next}>; rel="next"` } }),
    body: { total_count: total, workflow_runs: found.map(({ shown }) => shown) },
    served: served(found.map(({ sight }) => sight)),
  };
}

const by = (owner: string, target: string) => ({ owner, target });
const demo: readonly DemoJob[] = [
  ['Nightly simulation', 'running', 95, { ...by('ada', 'main'), ...ends(240), ...settles(4_000) }],
  ['Parameter sweep', 'running', 31, { ...by('grace', 'sweep-4'), ...ends(90), ...settles(2_000) }],
  ['Parameter sweep', 'running', 30, { ...by('grace', 'sweep-5'), ...ends(95), ...settles(2_000) }],
  ['Integration tests', 'queued', 12, { ...by('ada', 'retry-limits'), ...runs(5, 25) }],
  ['Deploy to staging', 'queued', 8, { ...by('linus', 'main'), word: 'waiting' }],
  ['Parameter sweep', 'queued', 6, { ...by('grace', 'sweep-6'), word: 'pending', ...runs(60, 150) }],
  ['Build', 'completed', 180, by('linus', 'main')],
  ['Nightly simulation', 'completed', 1_535, by('ada', 'main')],
  ['Integration tests', 'failed', 64, by('ada', 'retry-limits')],
  ['Nightly simulation', 'failed', 2_975, { ...by('ada', 'main'), word: 'timed_out' }],
  ['Build', 'cancelled', 44, by('grace', 'sweep-3')],
];

/** Most clients send the token after "Bearer", octokit after "token". */
function accepts({ header }: OutgoingRequest, apiKey: string): boolean {
  return [`Bearer ${apiKey}`, `token ${apiKey}`].includes(header('authorization') ?? '');
}

/** The pretend GitHub Actions, with the runs of one repository. */
export const githubActions: ProviderModel<Switches> = {
  basePaths: [''],
  contentType: 'application/json; charset=utf-8',
  answerHeaders: { 'x-github-request-id': 'C9E2:2F4A1B:5C3D7E:6A8B9C:692A2F10' },
  auth: { header: 'authorization', prefix: 'Bearer ' },
  accepts,
  options: { repository },
  switches,
  switchExample: { zombies: true },
  ...{ settlesInMs: 300, timeUnitMs: 1_000 },
  // Fifteen digits, which a number in JSON holds.
  idOf: (uuid) => String(1e14 + Number.parseInt(uuid.slice(-12), 16)),
  words,
  word,
  meanings: {
    ...{
      QUEUED: 'queued',
      REQUESTED: 'queued',
      WAITING: 'queued',
      PENDING: 'queued',
      IN_PROGRESS: 'running',
    },
    ...{ SUCCESS: 'completed', NEUTRAL: 'completed', SKIPPED: 'completed', CANCELLED: 'cancelled' },
    ...{ FAILURE: 'failed', TIMED_OUT: 'failed', STARTUP_FAILURE: 'failed', STALE: 'failed' },
    ACTION_REQUIRED: 'failed',
  },
  // A conclusion shows nothing while the run is in progress.
  flagged: ['contradiction'],
  ...{ refusalStatus: 409, limitedStatus: 403 },
  demo,
  limits: () => ({}),
  error,
  badKey: () => error(401, 'Bad credentials'),
  // The secondary limit is told by a 403.
  tooMany: (headers) => ({
    ...error(
      403,
      'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
    ),
    headers,
  }),
  // Another repository, or one that the token cannot see, has no runs.
  unknownPath: (_method, target) => {
    const [, run, cancels] = /^\/repos\/[^/]+\/[^/]+\/actions\/runs\/(\d+)(\/cancel)?$/.exec(target) ?? [];
    if (run === undefined) return error(404, 'Not Found');
    return unknownRun(cancels === undefined ? 'get' : 'cancel');
  },
  wrongMethod: () => error(404, 'Not Found'),
  routes: [
    { method: 'POST', path: `${runsPath}/:id/cancel`, operation: 'cancel', answer: checked(cancel) },
    { method: 'GET', path: `${runsPath}/:id`, operation: 'status', answer: checked(look) },
    { method: 'GET', path: runsPath, operation: 'list', answer: checked(list) },
  ],
};
