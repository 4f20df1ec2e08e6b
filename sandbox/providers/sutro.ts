import * as z from 'zod';
import { cancelJob } from '../jobs/cancel-job.ts';
import { type DemoJob, ends, runs, settles } from '../jobs/demo-job.ts';
import { endedAt, isFinal, type JobState, startedAt } from '../jobs/job.ts';
import { type Sight, see, seeOtherwise, served } from '../jobs/see-job.ts';
import { optionalTime, time } from '../time.ts';
import type { Answer, ProviderModel, RequestContext } from '../twin/provider-model.ts';

const switches = z.strictObject({
  /** By POST: https://docs.sutro.sh/batch-api-reference/cancel-job */
  postAllowed: z.boolean().default(true),
  /** By GET, as the SDK: https://docs.sutro.sh/reference/api/cancel-job */
  getAllowed: z.boolean().default(true),
  /**
   * `older`, https://docs.sutro.sh/batch-api-reference/cancel-job: a finished or missing job is 200 `cancelled: false`.
   * `newer`, https://docs.sutro.sh/reference/api/cancel-job: a missing job is 404, a finished one is not rejected.
   */
  behaviour: z.enum(['older', 'newer']).default('older'),
  /** `job_status` as a map by id, or as the plain string it used to be. */
  statusShape: z.enum(['map', 'string']).default('map'),
  /** Older lists say when a job was created in another field. */
  createdField: z.enum(['datetime_created', 'created_at']).default('datetime_created'),
  /** Lower case is the older one; it says `pending` for `QUEUED`. */
  caseStyle: z.enum(['upper', 'lower']).default('upper'),
});

/** What can be switched at the pretend Sutro, whose deployments and documents differ. */
export type SutroSwitches = z.output<typeof switches>;

type Switches = SutroSwitches;

const words = {
  queued: 'QUEUED',
  running: 'RUNNING',
  cancelling: 'CANCELLING',
  cancelled: 'CANCELLED',
  completed: 'SUCCEEDED',
  failed: 'FAILED',
} as const;

function word(state: JobState, { caseStyle }: Switches): string {
  if (caseStyle === 'upper') return words[state];
  return state === 'queued' ? 'pending' : words[state].toLowerCase();
}

function error(status: number, message: string): Answer {
  return { status, body: { detail: message } };
}

const unknownJob = (id: string) => error(404, `Job ${id} not found`);

/** https://docs.sutro.sh/reference/api/fetch-job */
function body({ job, state, word, at }: Sight) {
  const rows = job.rows.queued + job.rows.running + job.rows.done;
  return {
    job_id: job.id,
    status: word,
    model: job.target ?? 'llama-3.1-8b',
    system_prompt: 'You are a helpful assistant.',
    job_priority: 1,
    datetime_created: time(job.createdAt),
    datetime_started: optionalTime(startedAt(job), at),
    datetime_completed: isFinal(state) ? optionalTime(endedAt(job, state), at) : null,
    json_schema: null,
    sampling_params: { temperature: 0.7, top_p: 0.95, max_tokens: 2048 },
    name: job.name,
    description: null,
    dataset_id: null,
    input_tokens: state === 'completed' ? 15_420 : null,
    output_tokens: state === 'completed' ? 8_230 : null,
    job_cost: state === 'completed' ? 0.0234 : null,
    num_rows: rows,
    failure_reason: state === 'failed' ? { message: 'The model ran out of memory.' } : null,
    cost_estimate: 0.025,
  };
}

/** https://docs.sutro.sh/batch-api-reference/cancel-job, which shows the sentence for a completed job. */
const why = {
  cancelled: 'has already been cancelled',
  completed: 'has already completed',
  failed: 'has already failed',
} as const;

function cancel(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  const older = visit.switches.behaviour === 'older';
  if (job === undefined) {
    return older
      ? { status: 200, body: { cancelled: false, message: `Job ${id} not found` } }
      : unknownJob(id);
  }
  const { says, found, effective } = cancelJob(visit, job);
  const body =
    says === 'finished' && older
      ? { cancelled: false, message: `Job ${id} could not be cancelled because it ${why[found]}` }
      : {
          cancelled: true,
          message: older ? `Job ${id} has been successfully cancelled` : `Job ${id} cancelled.`,
        };
  return { status: 200, body, effective: effective ? [id] : [] };
}

/** https://docs.sutro.sh/reference/api/job-status */
function lookAtStatus(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownJob(id);
  const sight = see(sutro, visit, job);
  const body = {
    message: `Job status with job_id ${id} retrieved.`,
    job_status: visit.switches.statusShape === 'map' ? { [id]: sight.word } : sight.word,
    metadata:
      sight.state === 'failed' ? { failure_reason: { message: 'The model ran out of memory.' } } : null,
  };
  return { status: 200, body, served: served([sight]) };
}

function lookAtJob(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownJob(id);
  const sight = seeOtherwise(sutro, visit, job);
  return { status: 200, body: { job: body(sight) }, served: served([sight]) };
}

/** https://docs.sutro.sh/reference/api/list-jobs: without a limit, all jobs and no cursor. */
function list(visit: RequestContext<Switches>): Answer {
  const asked = visit.query.get('limit');
  const limit = asked === null ? Infinity : Number(asked);
  if (asked !== null && !(limit >= 1 && limit <= 100)) return error(422, 'limit must be between 1 and 100');
  const { jobs, next } = visit.jobs.page({ limit, after: asked === null ? null : visit.query.get('cursor') });
  const sights = jobs.map((job) => seeOtherwise(sutro, visit, job));
  const entries = sights.map(body).map(({ datetime_created, ...rest }) => ({
    ...rest,
    [visit.switches.createdField]: datetime_created,
  }));
  const whole = { message: 'Jobs retrieved successfully.', jobs: entries };
  return {
    status: 200,
    body: asked === null ? whole : { jobs: entries, next_cursor: next },
    served: served(sights),
  };
}

const demo: readonly DemoJob[] = [
  ['Synthetic interviews, batch 7', 'running', 18, { ...ends(70), ...settles(1_000) }],
  ['Synthetic interviews, batch 8', 'queued', 17, runs(70, 140)],
  ['Embeddings for the help centre', 'running', 2, { word: 'STARTING', ...ends(25) }],
  ['Toxicity labels', 'cancelling', 26, settles(120_000)],
  ['Forgotten experiment', 'running', 4300, settles(1_000)],
  ['Customer support batch', 'queued', 3, runs(5, 30)],
  ['Paper abstracts to JSON', 'completed', 500],
  ['Paper abstracts to JSON, retry', 'completed', 470],
  ['Translate manuals, FR', 'failed', 130],
  ['Translate manuals, ES', 'cancelled', 128],
];

/** The pretend Sutro; the newer documents put the same routes under `/v1`. */
export const sutro: ProviderModel<Switches> = {
  basePaths: ['', '/v1'],
  contentType: 'application/json',
  auth: { header: 'authorization', prefix: 'Key ' },
  switches,
  switchExample: { behaviour: 'newer', postAllowed: false },
  settlesInMs: 300,
  idOf: (uuid) => `job-${uuid}`,
  words,
  word,
  meanings: {
    QUEUED: 'queued',
    PENDING: 'queued',
    STARTING: 'running',
    RUNNING: 'running',
    CANCELLING: 'cancelling',
    CANCELLED: 'cancelled',
    SUCCEEDED: 'completed',
    FAILED: 'failed',
  },
  demo,
  limits: () => ({}),
  error,
  badKey: () => error(401, 'Invalid API key'),
  unknownPath: () => error(404, 'Not Found'),
  wrongMethod: (_method, _path, allowed) => ({
    ...error(405, 'Method Not Allowed'),
    headers: { allow: allowed.join(', ') },
  }),
  routes: [
    {
      method: 'POST',
      path: '/job-cancel/:id',
      operation: 'cancel',
      open: (it) => it.postAllowed,
      answer: cancel,
    },
    {
      method: 'GET',
      path: '/job-cancel/:id',
      operation: 'cancel',
      open: (it) => it.getAllowed,
      answer: cancel,
    },
    { method: 'GET', path: '/job-status/:id', operation: 'status', answer: lookAtStatus },
    { method: 'GET', path: '/jobs/:id', operation: 'status', answer: lookAtJob },
    { method: 'GET', path: '/list-jobs', operation: 'list', answer: list },
  ],
};
