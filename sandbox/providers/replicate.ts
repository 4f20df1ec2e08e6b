import * as z from 'zod';
import { cancelJob } from '../jobs/cancel-job.ts';
import { type DemoJob, ends, runs } from '../jobs/demo-job.ts';
import { endedAt, isFinal, type JobState, startedAt } from '../jobs/job.ts';
import { type Sight, see, served } from '../jobs/see-job.ts';
import { time } from '../time.ts';
import type { Answer, ProviderModel, RequestContext } from '../twin/provider-model.ts';

const switches = z.strictObject({
  /** Inputs as large as they can be: a page of 100 is then over a megabyte. */
  largeInputs: z.boolean().default(false),
});

type Switches = z.output<typeof switches>;

/** There is no word for a cancel under way: until it is over, the prediction reads as processing. */
const words = {
  queued: 'starting',
  running: 'processing',
  cancelling: 'processing',
  cancelled: 'canceled',
  completed: 'succeeded',
  failed: 'failed',
} as const;

const word = (state: JobState) => words[state];

/** Problem details, as in https://github.com/replicate/replicate-python/blob/main/replicate/exceptions.py */
function error(status: number, detail: string): Answer {
  return { status, body: { title: detail, detail, status } };
}

const unknownPrediction = () => error(404, 'Prediction not found');

/** A prediction, with times only for what has been. */
function body({ job, state, word, at }: Sight, { largeInputs }: Switches) {
  const started = startedAt(job);
  const ended = isFinal(state) ? Math.min(endedAt(job, state), at) : Infinity;
  const url = `https://api.replicate.com/v1/predictions/${job.id}`;
  return {
    ...{ id: job.id, model: job.target ?? 'stability-ai/sdxl', version: '39ed52f2a78e934b' },
    input: { prompt: largeInputs ? 'a rainbow '.repeat(1_200) : 'a studio photo of a corgi' },
    ...{ logs: '', output: null, error: state === 'failed' ? 'CUDA out of memory' : null },
    ...{ status: word, created_at: time(job.createdAt), data_removed: false, source: 'api' },
    ...(started <= at && { started_at: time(started) }),
    ...(ended <= at && { completed_at: time(ended) }),
    ...(started <= at && ended <= at && { metrics: { predict_time: (ended - started) / 1_000 } }),
    urls: { get: url, cancel: `${url}/cancel`, web: `https://replicate.com/p/${job.id}` },
  };
}

function cancel(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownPrediction();
  const { effective, pretended } = cancelJob(visit, job);
  const sight = see(replicate, visit, job);
  const said: Sight = pretended ? { ...sight, state: 'cancelled', word: words.cancelled } : sight;
  return { status: 200, body: body(said, visit.switches), effective: effective ? [id] : [] };
}

function look(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownPrediction();
  const sight = see(replicate, visit, job);
  return { status: 200, body: body(sight, visit.switches), served: served([sight]) };
}

const pageSize = 100;

/** Pages of 100, whatever is asked for; the next is a whole address. */
function list(visit: RequestContext<Switches>): Answer {
  const { jobs, next } = visit.jobs.page({ limit: pageSize, after: visit.query.get('cursor') });
  const sights = jobs.map((job) => see(replicate, visit, job));
  const address = `http://${visit.header('host')}/v1/predictions?cursor=${next}`;
  return {
    status: 200,
    body: {
      previous: null,
      next: next === null ? null : address,
      results: sights.map((sight) => body(sight, visit.switches)),
    },
    served: served(sights),
  };
}

const on = (target: string) => ({ target });
const demo: readonly DemoJob[] = [
  ['Product video', 'running', 12, { ...on('minimax/video-01'), ...ends(30) }],
  ['Product video, take 2', 'running', 6, { ...on('minimax/video-01'), ...ends(24) }],
  ['Catalogue images', 'running', 3, { ...on('stability-ai/sdxl'), ...ends(9) }],
  ['Catalogue images', 'queued', 2, { ...on('stability-ai/sdxl'), ...runs(4, 12) }],
  ['Summaries', 'queued', 1, on('meta/llama-2-70b-chat')],
  ['Summaries', 'completed', 340, on('meta/llama-2-70b-chat')],
  ['Catalogue images', 'completed', 1_480, on('stability-ai/sdxl')],
  ['Upscaling', 'failed', 75, on('stability-ai/sdxl')],
  ['Try-on, too late', 'failed', 51, { ...on('minimax/video-01'), word: 'aborted' }],
  ['Product video, wrong cut', 'cancelled', 90, on('minimax/video-01')],
];

/** The pretend Replicate. */
export const replicate: ProviderModel<Switches> = {
  basePaths: ['/v1'],
  contentType: 'application/json',
  auth: { header: 'authorization', prefix: 'Bearer ' },
  switches,
  switchExample: { largeInputs: true },
  settlesInMs: 0,
  // 26 letters and digits.
  idOf: (uuid) => uuid.replaceAll('-', '').slice(-26),
  words,
  word,
  meanings: {
    STARTING: 'queued',
    PROCESSING: 'running',
    SUCCEEDED: 'completed',
    FAILED: 'failed',
    CANCELED: 'cancelled',
    ABORTED: 'failed',
  },
  demo,
  limits: () => ({}),
  error,
  badKey: () => error(401, 'You did not pass a valid authentication token'),
  unknownPath: () => error(404, 'Not found'),
  wrongMethod: () => error(404, 'Not found'),
  routes: [
    { method: 'POST', path: '/predictions/:id/cancel', operation: 'cancel', answer: cancel },
    { method: 'GET', path: '/predictions/:id', operation: 'status', answer: look },
    { method: 'GET', path: '/predictions', operation: 'list', answer: list },
  ],
};
