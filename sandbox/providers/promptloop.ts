import * as z from 'zod';
import { cancelJob } from '../jobs/cancel-job.ts';
import { type DemoJob, ends, runs } from '../jobs/demo-job.ts';
import type { JobState } from '../jobs/job.ts';
import { type Sight, see } from '../jobs/see-job.ts';
import { time } from '../time.ts';
import type { Answer, ProviderModel, RequestContext } from '../twin/provider-model.ts';

const switches = z.strictObject({
  /** Its page declares 403 and no 401, so a bad key may be either. */
  badKeyStatus: z.union([z.literal(401), z.literal(403)]).default(403),
  /** The limits its documentation states, per minute. */
  documentedLimits: z.boolean().default(false),
});

/** What can be switched at the pretend PromptLoop. */
export type PromptloopSwitches = z.output<typeof switches>;

type Switches = PromptloopSwitches;

/** Free-form in the documents; these are assumed. */
const words = {
  queued: 'queued',
  running: 'processing',
  cancelling: 'processing',
  cancelled: 'cancelled',
  completed: 'completed',
  failed: 'failed',
} as const;

const word = (state: JobState) => words[state];

function error(status: number, message: string): Answer {
  return { status, body: { status: 'error', data: {}, message, error: { code: status, details: message } } };
}

const unknownJob = (id: string) => error(404, `Batch ${id} not found`);

function rowsCompleted({ job, state, at }: Sight): number {
  const { queued, running, done, finishInMs } = job.rows;
  if (state === 'completed') return queued + running + done;
  return state === 'cancelled' && at >= job.cancelRequestedAt + finishInMs ? running + done : done;
}

/** Rows in progress finish after a cancel, and the free-form `job_status` says so until then. */
function jobStatus({ job, state, word, unseen, at }: Sight): string {
  const finishing =
    state === 'cancelled' && job.rows.running > 0 && at < job.cancelRequestedAt + job.rows.finishInMs;
  return finishing && !unseen ? words.running : word;
}

interface Batch {
  readonly batch_id: string;
  readonly task_id: string;
  readonly batch_name: string;
  readonly created_at: string;
  readonly completed: boolean;
  readonly cancelled: boolean;
  readonly jobs_submitted: number;
  readonly jobs_completed: number;
  readonly job_status: string;
}

/** https://docs.promptloop.com: `GET /v0.1/batches/{id}`. */
function body(sight: Sight): Batch {
  const { job, state, unseen } = sight;
  return {
    batch_id: job.id,
    task_id: '3d0c9a52-7a54-4be3-93a5-0a5be3d6c1ce',
    batch_name: job.name ?? `Batch ${job.id.slice(0, 8)}`,
    created_at: time(job.createdAt),
    completed: state === 'completed' && !unseen,
    cancelled: state === 'cancelled' && !unseen,
    jobs_submitted: job.rows.queued + job.rows.running + job.rows.done,
    jobs_completed: rowsCompleted(sight),
    job_status: jobStatus(sight),
  };
}

function cancel(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownJob(id);
  const { says, found, effective } = cancelJob(visit, job);
  const yes = says === 'yes' || found === 'cancelled';
  const contradiction = visit.fault('contradiction', id);
  const status = contradiction ? (contradiction.says ?? 'success') : yes ? 'success' : 'error';
  const cancelled = contradiction ? status === 'error' : yes;
  const message = yes ? 'Batch successfully cancelled' : `Batch is already ${found}`;
  const data = { batch_id: id, cancelled, jobs_removed: effective ? job.rows.queued : 0 };
  return { status: 200, body: { status, data, message }, effective: effective ? [id] : [] };
}

/** What is noted of a batch that its entry in a list does not tell more of. */
const openWord = 'open';

/** What the flags of a batch say; `otherwise` is said of one that is neither cancelled nor completed. */
function said({ completed, cancelled }: Batch, otherwise: string): string {
  return cancelled ? 'cancelled' : completed ? 'completed' : otherwise;
}

function look(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownJob(id);
  const batch = body(see(promptloop, visit, job));
  return {
    status: 200,
    body: { status: 'success', data: batch, message: 'Batch found' },
    served: { [id]: said(batch, batch.job_status) },
  };
}

/**
 * https://docs.promptloop.com/v0.1/batches/get-all-batches shows no filters and no paging, and items that end with the
 * two flags: no counts, no `job_status`.
 */
function list(visit: RequestContext<Switches>): Answer {
  const { jobs } = visit.jobs.page({ limit: Infinity });
  const batches = jobs.map((job) => body(see(promptloop, visit, job)));
  const data = batches.map(({ jobs_submitted: _s, jobs_completed: _c, job_status: _w, ...item }) => item);
  return {
    status: 200,
    body: { status: 'success', data, message: 'Batches found' },
    served: Object.fromEntries(batches.map((batch) => [batch.batch_id, said(batch, openWord)])),
  };
}

const rows = (rowsQueued: number, rowsRunning: number, rowsDone: number) => ({
  rowsQueued,
  rowsRunning,
  rowsDone,
  rowsFinishInMs: 15_000,
});
const demo: readonly DemoJob[] = [
  ['Classify support tickets, Q3', 'running', 22, { ...rows(1800, 12, 640), ...ends(90) }],
  ['Enrich leads, trade fair', 'running', 48, { ...rows(210, 8, 782), ...ends(20) }],
  ['Review sentiment, German', 'running', 11, { ...rows(40, 10, 450), ...ends(4) }],
  ['Summarise supplier contracts', 'queued', 5, { ...rows(320, 0, 0), ...runs(10, 50) }],
  ['Address clean-up', 'queued', 1, { ...rows(77, 0, 0), ...runs(3, 9) }],
  ['Company descriptions, refresh', 'queued', 2, rows(5000, 0, 0)],
  ['Website tone check', 'completed', 180, rows(0, 0, 95)],
  ['Product tags, spring catalogue', 'completed', 2900, rows(0, 0, 1400)],
  ['Competitor prices', 'cancelled', 75, rows(60, 0, 40)],
  ['Job titles to departments', 'failed', 1500, rows(12, 0, 3)],
];

/** The pretend PromptLoop, v0. */
export const promptloop: ProviderModel<Switches> = {
  basePaths: [''],
  contentType: 'application/json; charset=utf-8',
  auth: { header: 'x-api-key', prefix: '' },
  switches,
  switchExample: { documentedLimits: true, badKeyStatus: 401 },
  settlesInMs: 0,
  idOf: (uuid) => uuid,
  words,
  word,
  meanings: {
    QUEUED: 'queued',
    PROCESSING: 'running',
    CANCELLED: 'cancelled',
    COMPLETED: 'completed',
    FAILED: 'failed',
  },
  openWord,
  hasEnvelope: true,
  demo,
  limits: ({ documentedLimits }) =>
    documentedLimits ? { status: { perMinute: 20 }, list: { perMinute: 10 } } : {},
  error,
  badKey: ({ badKeyStatus }) => error(badKeyStatus, 'Invalid API key'),
  unknownPath: (method, path) => error(404, `Cannot ${method} ${path}`),
  wrongMethod: (method, path) => error(404, `Cannot ${method} ${path}`),
  routes: [
    { method: 'POST', path: '/v0/batches/:id/cancel', operation: 'cancel', answer: cancel },
    { method: 'GET', path: '/v0.1/batches/:id', operation: 'status', answer: look },
    { method: 'GET', path: '/v0.1/batches', operation: 'list', answer: list },
  ],
};
