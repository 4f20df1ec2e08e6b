import { STATUS_CODES } from 'node:http';
import * as z from 'zod';
import { cancelJob } from '../jobs/cancel-job.ts';
import { type DemoJob, ends, runs, settles } from '../jobs/demo-job.ts';
import { endedAt, isFinal, type Job, type JobState, startedAt } from '../jobs/job.ts';
import { type Sight, see, wordFor } from '../jobs/see-job.ts';
import { optionalTime, time } from '../time.ts';
import type { Answer, ProviderModel, RequestContext } from '../twin/provider-model.ts';

const switches = z.strictObject({
  /** Its SDK demands a bare array, its documentation says paginated with a total. */
  listShape: z.enum(['array', 'paginated']).default('array'),
  /** Cancelling a finished job is undocumented: the job as it is, or the 409 that the page declares. */
  finishedCancel: z.enum(['state', 'conflict']).default('state'),
});

/** What can be switched at the pretend Ionworks. */
export type IonworksSwitches = z.output<typeof switches>;

type Switches = IonworksSwitches;

const pageSize = 100;
const jobType = 'simulate';

/** There is no word for a cancel under way: until it is over, the job reads as processing. */
const words = {
  queued: 'pending',
  running: 'processing',
  cancelling: 'processing',
  cancelled: 'canceled',
  completed: 'completed',
  failed: 'failed',
} as const;

const word = (state: JobState) => words[state];
/** https://docs.ionworks.com/api-reference/jobs/list-jobs: the filter takes one status of the closed list. */
const knownWords: ReadonlySet<string> = new Set([...Object.values(words), 'waiting']);

/** `NOT_FOUND` for 404; the documents show the field but not its values. */
function errorCode(status: number): string {
  return (STATUS_CODES[status] ?? 'Unknown error').toUpperCase().replaceAll(/[^A-Z]+/g, '_');
}

function error(status: number, message: string): Answer {
  return { status, body: { error_code: errorCode(status), message, detail: message } };
}

const unknownJob = (id: string) => error(404, `Job ${id} not found`);

/** https://docs.ionworks.com/api-reference/jobs/cancel-job */
function body({ job, state, word, at }: Sight) {
  const started = startedAt(job);
  const ended = isFinal(state) ? Math.min(endedAt(job, state), at) : Infinity;
  return {
    job_id: job.id,
    job_type: jobType,
    status: word,
    priority: 5,
    created_at: time(job.createdAt),
    updated_at: time(Math.max(Math.min(ended, at), job.createdAt)),
    user_id: job.owner ?? '8f14e45f-ceea-467f-a8d1-6f0f6c9d1e52',
    organization_id: 'c9f0f895-fb98-4b91-99f5-1fd0297e236d',
    is_terminal: isFinal(state),
    is_failed: state === 'failed' || state === 'cancelled',
    started_at: optionalTime(started, at),
    completed_at: optionalTime(ended, at),
    compute_time: started <= at ? (Math.min(ended, at) - started) / 1000 : null,
    error: state === 'failed' ? 'The simulation ran out of time.' : null,
    error_code: state === 'failed' ? 'EXECUTION_TIMEOUT' : null,
    result: state === 'completed' ? { rmse: 0.0031 } : null,
    callback_url: null,
    parent_job_id: null,
    project_id: '45c48cce-2e2d-4fbd-8a0a-8b1f6a0d1b7e',
    access_level: 'organization',
    params_path: `jobs/${job.id}/params.json`,
    metadata_path: `jobs/${job.id}/metadata.json`,
  };
}

/** The job as a look shows it; contradicted, its word says canceled and its flags deny it. */
function bodyOf(visit: RequestContext<Switches>, job: Job) {
  const shown = body(see(ionworks, visit, job));
  if (!visit.fault('contradiction', job.id)) return shown;
  return { ...shown, status: words.cancelled, is_terminal: false, is_failed: false };
}

function cancel(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownJob(id);
  const { says, found, effective, pretended } = cancelJob(visit, job);
  if (says === 'finished' && visit.switches.finishedCancel === 'conflict') {
    return error(409, `Job ${id} cannot be cancelled: it is ${words[found]}`);
  }
  const sight = see(ionworks, visit, job);
  const said: Sight = pretended ? { ...sight, state: 'cancelled', word: words.cancelled } : sight;
  return { status: 200, body: body(said), effective: effective ? [id] : [] };
}

function look(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownJob(id);
  const shown = bodyOf(visit, job);
  return { status: 200, body: shown, served: { [id]: shown.status } };
}

function list(visit: RequestContext<Switches>): Answer {
  const status = visit.query.get('status');
  const type = visit.query.get('job_type') ?? jobType;
  const limit = Number(visit.query.get('limit') ?? pageSize);
  const offset = Number(visit.query.get('offset') ?? 0);
  if (!(limit >= 1 && offset >= 0)) return error(422, 'limit must be at least 1 and offset at least 0');
  if (status !== null && !knownWords.has(status))
    return error(422, `status must be one of ${[...knownWords]}`);
  const keep = (job: Job) =>
    type === jobType && (status === null || status === wordFor(ionworks, visit, job));
  const jobs = visit.jobs.page({ limit, skip: offset, keep }).jobs.map((job) => bodyOf(visit, job));
  const served = Object.fromEntries(jobs.map((job) => [job.job_id, job.status]));
  const paginated = { jobs, total: visit.jobs.count(keep), limit, offset };
  return { status: 200, body: visit.switches.listShape === 'array' ? jobs : paginated, served };
}

/** Lists show no names; these are for who reads this file. */
const demo: readonly DemoJob[] = [
  ['NMC811 cycle ageing', 'running', 35, { ...ends(120), ...settles(1_000) }],
  ['LFP fast charge', 'running', 7, { ...ends(15), ...settles(1_000) }],
  ['Thermal sweep, repaired', 'running', 40, { ...ends(200), ...settles(1_000) }],
  ['Half-cell data fit', 'queued', 4, runs(12, 80)],
  ['Half-cell data fit, second electrode', 'queued', 4, { word: 'waiting', ...runs(30, 90) }],
  ['Calendar ageing, 24 months', 'queued', 2],
  ['Drive cycle validation', 'completed', 210],
  ['Drive cycle validation, cold', 'completed', 1300],
  ['Electrode thickness optimum', 'failed', 640],
  ['Thermal sweep', 'cancelled', 44],
];

/** The pretend Ionworks. Its SDK parses JSON only where the content type is exactly this one. */
export const ionworks: ProviderModel<Switches> = {
  basePaths: [''],
  contentType: 'application/json',
  auth: { header: 'x-api-key', prefix: '' },
  switches,
  switchExample: { listShape: 'paginated' },
  settlesInMs: 300,
  idOf: (uuid) => uuid,
  words,
  word,
  meanings: {
    PENDING: 'queued',
    WAITING: 'queued',
    PROCESSING: 'running',
    CANCELED: 'cancelled',
    COMPLETED: 'completed',
    FAILED: 'failed',
  },
  // Its flags count before its word: contradicted, the word canceled shows nothing, and with an unknown word
  // they tell the end, though not a cancelled job from a failed one.
  flagged: ['contradiction', 'unseen_status'],
  refusalStatus: 409,
  demo,
  limits: () => ({}),
  error,
  badKey: () => error(401, 'Invalid API key'),
  unknownPath: () => ({ status: 404, body: { detail: 'Not Found' } }),
  wrongMethod: (_method, _path, allowed) => ({
    status: 405,
    headers: { allow: allowed.join(', ') },
    body: { detail: 'Method Not Allowed' },
  }),
  routes: [
    { method: 'POST', path: '/jobs/:id/cancel', operation: 'cancel', answer: cancel },
    { method: 'GET', path: '/jobs/:id', operation: 'status', answer: look },
    { method: 'GET', path: '/jobs', operation: 'list', answer: list },
    // Its SDK asks with the slash: https://github.com/ionworks/ionworks-api/blob/main/ionworks/job.py
    { method: 'GET', path: '/jobs/', operation: 'list', answer: list },
  ],
};
