import { STATUS_CODES } from 'node:http';
import * as z from 'zod';
import { cancelJob } from '../jobs/cancel-job.ts';
import { type DemoJob, ends, runs } from '../jobs/demo-job.ts';
import { endedAt, type Job, type JobState, startedAt } from '../jobs/job.ts';
import type { JobPage } from '../jobs/job-book.ts';
import { type Sight, see, seeOtherwise, served, wordFor } from '../jobs/see-job.ts';
import { optionalTime, time } from '../time.ts';
import type { Answer, ProviderModel, RequestContext } from '../twin/provider-model.ts';

const switches = z.strictObject({
  /** Cancelling a finished job: nothing happens (qiskit-ionq), or it then reads as canceled (Cirq). The answer is the same. */
  finishedCancel: z.enum(['noop', 'flips']).default('noop'),
  /** An id the bulk cancel does not know: left out of the answer, or a 404 for all. Undocumented. */
  unknownInBulk: z.enum(['omitted', 'rejected']).default('omitted'),
  /** How many ids the bulk cancel takes before it answers 413. Undocumented. */
  bulkMaximum: z.int().positive().default(10_000),
});

/** What can be switched at the pretend IonQ. */
export type IonqSwitches = z.output<typeof switches>;

type Switches = IonqSwitches;

const pageSize = 25;
const words = {
  queued: 'ready',
  running: 'started',
  cancelling: 'started',
  cancelled: 'canceled',
  completed: 'completed',
  failed: 'failed',
} as const;
const word = (state: JobState) => words[state];
/** https://docs.ionq.com/api-reference/v0.4/jobs/get-jobs: the filter takes one status of the closed list. */
const knownWords: ReadonlySet<string> = new Set([...Object.values(words), 'submitted']);

function error(status: number, message: string, shape?: string): Answer {
  const reason = STATUS_CODES[status] ?? 'Error';
  if (shape === 'code') return { status, body: { code: status, message } };
  if (shape === 'nested') return { status, body: { error: { type: reason, message } } };
  if (shape === 'status_code') return { status, body: { statusCode: status, error: reason, message } };
  return { status, body: { error: reason, message, statusCode: status } };
}

const unknownJob = () => error(404, 'Job not found');

/** An entry of a list: https://docs.ionq.com/api-reference/v0.4/jobs/get-jobs */
function entry({ job, state, word, at }: Sight) {
  return {
    id: job.id,
    status: word,
    type: 'ionq.circuit.v1',
    backend: job.target ?? 'qpu.forte-1',
    dry_run: false,
    submitter_id: job.owner ?? '64b03577072d45001c85e9c4',
    project_id: '1333d459-cf47-4a5e-acc1-8d4eb4f7b025',
    parent_job_id: null,
    session_id: null,
    metadata: job.labels ?? null,
    name: job.name?.replaceAll(',', ' '),
    submitted_at: time(job.createdAt),
    started_at: optionalTime(startedAt(job), at),
    completed_at: state === 'completed' || state === 'failed' ? optionalTime(endedAt(job, state), at) : null,
    predicted_execution_duration_ms: 12_000,
    predicted_wait_time_ms: state === 'queued' ? 90_000 : null,
    execution_duration_ms: state === 'completed' ? 11_400 : null,
    shots: 1000,
    noise: { model: 'ideal' },
    failure: state === 'failed' ? { code: 'InternalError', message: 'The job failed to execute.' } : null,
    settings: { compilation: {} },
    stats: { qubits: 20, circuits: 1, gate_counts: { '1q': 1028, '2q': 110 } },
    results:
      state === 'completed'
        ? { probabilities: { url: `/v0.4/jobs/${job.id}/results/probabilities`, format: 'json' } }
        : null,
    output: {},
  };
}

/** https://docs.ionq.com/api-reference/v0.4/jobs/get-job */
function body(sight: Sight) {
  return { ...entry(sight), child_job_ids: null };
}

/** Whether the cancel took effect; the answer is `canceled` either way. */
function cancel(visit: RequestContext<Switches>, job: Job): boolean {
  const flips = visit.switches.finishedCancel === 'flips' ? 'always' : 'where_accepted';
  return cancelJob(visit, job, flips).effective;
}

function cancelOne(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownJob();
  return { status: 200, body: { id, status: 'canceled' }, effective: cancel(visit, job) ? [id] : [] };
}

/** https://docs.ionq.com/api-reference/v0.4/jobs/cancel-jobs: nothing but `ids` is allowed. */
const bulk = z.strictObject({ ids: z.array(z.string()) });

function bulkIds({ body }: RequestContext<Switches>): readonly string[] {
  return bulk.safeParse(body).data?.ids ?? [];
}

function cancelMany(visit: RequestContext<Switches>): Answer {
  const asked = bulk.safeParse(visit.body);
  if (!asked.success) return error(400, 'Request body must be {"ids": [string]} and nothing else');
  const { ids } = asked.data;
  if (ids.length > visit.switches.bulkMaximum) return error(413, 'Too many ids');
  const known = [...new Set(ids)].map((id) => visit.jobs.find(id)).filter((job) => job !== undefined);
  if (known.length < new Set(ids).size && visit.switches.unknownInBulk === 'rejected') return unknownJob();
  const half = known.some((job) => visit.fault('half_of_bulk', job.id) !== undefined);
  const jobs = half ? known.slice(0, Math.ceil(known.length / 2)) : known;
  const effective = jobs.filter((job) => cancel(visit, job)).map((job) => job.id);
  return { status: 200, body: { ids: jobs.map((job) => job.id), status: 'canceled' }, effective };
}

function look(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownJob();
  const sight = see(ionq, visit, job);
  return { status: 200, body: body(sight), served: served([sight]) };
}

/** Ids may be repeated or separated by commas; no document says which. */
function queryIds({ query }: RequestContext<Switches>): readonly string[] {
  return query.getAll('ids').flatMap((ids) => ids.split(','));
}

function answerPage(visit: RequestContext<Switches>, { jobs, next }: JobPage): Answer {
  const sights = jobs.map((job) => seeOtherwise(ionq, visit, job));
  return { status: 200, body: { jobs: sights.map(entry), next }, served: served(sights) };
}

function pageOf(visit: RequestContext<Switches>) {
  const status = visit.query.get('status');
  const asked = Number(visit.query.get('limit') ?? pageSize);
  return {
    limit: asked >= 1 ? Math.min(Math.floor(asked), pageSize) : pageSize,
    after: visit.query.get('next'),
    keep: (job: Job) => status === null || status === wordFor(ionq, visit, job),
  };
}

function list(visit: RequestContext<Switches>): Answer {
  const status = visit.query.get('status');
  if (status !== null && !knownWords.has(status))
    return error(400, `status must be one of ${[...knownWords].join(', ')}`);
  return answerPage(visit, visit.jobs.page(pageOf(visit)));
}

function statusMany(visit: RequestContext<Switches>): Answer {
  const { limit, after, keep } = pageOf(visit);
  const ids = [...new Set(queryIds(visit))];
  const rest = ids.slice(after === null ? 0 : ids.indexOf(after) + 1);
  const found = rest.map((id) => visit.jobs.find(id)).filter((job) => job !== undefined);
  const jobs = found.filter(keep);
  const shown = jobs.slice(0, limit);
  return answerPage(visit, { jobs: shown, next: jobs.length > limit ? (shown.at(-1)?.id ?? null) : null });
}

const demo: readonly DemoJob[] = [
  ['VQE ansatz sweep, H2O', 'running', 14, ends(45)],
  ['VQE ansatz sweep, LiH', 'queued', 13, runs(30, 60)],
  ['QAOA max-cut, 20 qubits', 'queued', 9, { word: 'submitted', ...runs(20, 40) }],
  ['Bell state check', 'running', 3, ends(2)],
  ['GHZ fidelity, nightly', 'completed', 400],
  ['GHZ fidelity, nightly', 'completed', 1840],
  ['Randomised benchmarking', 'failed', 95],
  ['Grover search, wrong oracle', 'cancelled', 60],
  ['Phase estimation, 12 bits', 'queued', 6],
  ['Error mitigation trial', 'running', 31, ends(180)],
];

/** The pretend IonQ, v0.4. */
export const ionq: ProviderModel<Switches> = {
  basePaths: ['/v0.4'],
  contentType: 'application/json; charset=utf-8',
  auth: { header: 'authorization', prefix: 'apiKey ' },
  switches,
  switchExample: { finishedCancel: 'flips' },
  settlesInMs: 0,
  idOf: (uuid) => uuid,
  words,
  word,
  meanings: {
    SUBMITTED: 'queued',
    READY: 'queued',
    STARTED: 'running',
    CANCELED: 'cancelled',
    COMPLETED: 'completed',
    FAILED: 'failed',
  },
  errorShapes: ['code', 'status_code', 'nested'],
  demo,
  limits: () => ({}),
  error,
  badKey: () => error(401, 'Invalid API key provided'),
  unknownPath: () => error(404, 'Not Found'),
  wrongMethod: () => error(404, 'Not Found'),
  routes: [
    {
      method: 'PUT',
      path: '/jobs/status/cancel',
      operation: 'cancelMany',
      jobIds: bulkIds,
      answer: cancelMany,
    },
    { method: 'PUT', path: '/jobs/:id/status/cancel', operation: 'cancel', answer: cancelOne },
    { method: 'GET', path: '/jobs/:id', operation: 'status', answer: look },
    {
      method: 'GET',
      path: '/jobs',
      whereQuery: 'ids',
      operation: 'statusMany',
      jobIds: queryIds,
      answer: statusMany,
    },
    { method: 'GET', path: '/jobs', operation: 'list', answer: list },
  ],
};
