import * as z from 'zod';
import { cancelJob } from '../jobs/cancel-job.ts';
import { type DemoJob, ends, runs, settles } from '../jobs/demo-job.ts';
import { endedAt, isFinal, type Job, type JobState, startedAt } from '../jobs/job.ts';
import { type Sight, see, seeOtherwise, served, wordFor } from '../jobs/see-job.ts';
import { optionalTime, time } from '../time.ts';
import type { Answer, ProviderModel, RequestContext } from '../twin/provider-model.ts';

const switches = z.strictObject({
  /** Cancelling a job that is over is undocumented: the job as it is, or a refusal. */
  finishedCancel: z.enum(['state', 'refused']).default('state'),
  /** How many jobs a page has. Undocumented. */
  pageSize: z.int().positive().default(100),
});

/** What can be switched at the pretend Hugging Face. */
export type HuggingFaceSwitches = z.output<typeof switches>;

type Switches = HuggingFaceSwitches;

const namespace = 'quantlab';
const jobsPath = `/api/jobs/${namespace}`;

/** There is no stage for a cancel under way: until it is over, the job reads as running. */
const words = {
  queued: 'SCHEDULING',
  running: 'RUNNING',
  cancelling: 'RUNNING',
  cancelled: 'CANCELED',
  completed: 'COMPLETED',
  failed: 'ERROR',
} as const;
const word = (state: JobState) => words[state];
const stages: ReadonlySet<string> = new Set([...Object.values(words), 'DELETED']);

function error(status: number, message: string): Answer {
  return { status, headers: { 'x-error-message': message }, body: { error: message } };
}

const unknownJob = () => error(404, 'Job not found');

/** A job whose owner is a schedule was started by it. */
function initiatorOf({ owner = 'ada' }: Job) {
  return owner === '@daily'
    ? { type: 'scheduled-job', id: '69402ea6c83fdb1e9f4b1c11' }
    : { type: 'user', id: '5e9ecfc04957053f60648a3e', name: owner };
}

function secondsBetween(from: number, to: number): number {
  return Math.max(0, Math.floor((to - from) / 1_000));
}

/** https://github.com/huggingface/huggingface_hub/blob/main/src/huggingface_hub/_jobs_api.py */
function body({ job, state, word, at }: Sight) {
  const started = startedAt(job);
  const ended = isFinal(state) ? Math.min(endedAt(job, state), at) : Infinity;
  const runningSecs = started <= at ? secondsBetween(started, Math.min(ended, at)) : 0;
  return {
    type: 'job',
    id: job.id,
    createdAt: time(job.createdAt),
    startedAt: optionalTime(started, at),
    finishedAt: optionalTime(ended, at),
    dockerImage: 'ghcr.io/astral-sh/uv:python3.12-bookworm',
    spaceId: null,
    command: ['uv', 'run', 'train.py'],
    arguments: [],
    environment: { WANDB_MODE: 'offline' },
    secrets: ['WANDB_API_KEY'],
    flavor: job.target ?? 'cpu-basic',
    labels: job.labels ?? null,
    volumes: null,
    timeoutSeconds: 1_800,
    attempts: 1,
    status: { stage: word, message: state === 'failed' ? 'Job timeout' : null, failureCount: 0 },
    owner: { id: '64b03577072d45001c85e9c4', name: namespace, type: 'org' },
    initiator: initiatorOf(job),
    durations: {
      schedulingSecs: secondsBetween(job.createdAt, Math.min(started, ended, at)),
      runningSecs,
      totalSecs: secondsBetween(job.createdAt, Math.min(ended, at)),
    },
  };
}

function cancel(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownJob();
  const { says, effective, pretended } = cancelJob(visit, job);
  if (says === 'finished' && visit.switches.finishedCancel === 'refused')
    return error(400, 'Cannot cancel a job that is not running');
  const sight = see(huggingFace, visit, job);
  const said: Sight = pretended ? { ...sight, state: 'cancelled', word: words.cancelled } : sight;
  return { status: 200, body: body(said), effective: effective ? [id] : [] };
}

function look(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownJob();
  const sight = see(huggingFace, visit, job);
  return { status: 200, body: body(sight), served: served([sight]) };
}

/** `key=value`, or `key` alone. */
function hasLabel({ labels = {} }: Job, filter: string): boolean {
  const [key = '', value] = filter.split('=');
  return Object.hasOwn(labels, key) && (value === undefined || labels[key] === value);
}

const parameters: ReadonlySet<string> = new Set(['stage', 'label', 'cursor']);

function list(visit: RequestContext<Switches>): Answer {
  const { query, switches } = visit;
  const asked = query.getAll('stage');
  if ([...query.keys()].some((name) => !parameters.has(name)) || asked.some((stage) => !stages.has(stage)))
    return error(400, `stage must be one of ${[...stages].join(', ')}`);
  const keep = (job: Job) =>
    (asked.length === 0 || asked.includes(wordFor(huggingFace, visit, job))) &&
    query.getAll('label').every((label) => hasLabel(job, label));
  const { jobs, next } = visit.jobs.page({ limit: switches.pageSize, after: query.get('cursor'), keep });
  const sights = jobs.map((job) => seeOtherwise(huggingFace, visit, job));
  return {
    status: 200,
    ...(next !== null && { headers: { link: linkTo(visit, next) } }),
    body: sights.map(body),
    served: served(sights),
  };
}

function linkTo({ query, header }: RequestContext<Switches>, cursor: string): string {
  const after = new URLSearchParams(query);
  after.set('cursor', cursor);
  return `<http://${header('host')}${jobsPath}?${after}>; rel="next"`;
}

const on = (owner: string, target: string, labels?: Readonly<Record<string, string>>) => ({
  ...{ owner, target },
  ...(labels && { labels }),
});
const demo: readonly DemoJob[] = [
  ['Fine-tune', 'running', 55, { ...on('ada', 'a100-large', { team: 'vision' }), ...ends(200) }],
  ['Fine-tune, other seed', 'running', 54, { ...on('ada', 'a100-large'), ...settles(3_000) }],
  ['Embed the corpus', 'running', 21, { ...on('grace', 'l4x1', { team: 'search' }), ...ends(70) }],
  ['Nightly evaluation', 'running', 9, { ...on('@daily', 't4-small'), ...ends(12) }],
  ['Label images', 'queued', 5, { ...on('grace', 'a10g-large', { team: 'vision' }), ...runs(4, 30) }],
  ['Label images, second half', 'queued', 4, on('grace', 'a10g-large', { team: 'vision' })],
  ['Nightly evaluation', 'completed', 1_449, on('@daily', 't4-small')],
  ['Convert the checkpoints', 'completed', 300, on('linus', 'cpu-upgrade')],
  ['Fine-tune', 'failed', 480, on('ada', 'a100-large', { team: 'vision' })],
  ['Scratch', 'failed', 4_000, { ...on('linus', 'cpu-basic'), word: 'DELETED' }],
  ['Fine-tune, wrong split', 'cancelled', 700, on('ada', 'a100-large')],
];

/** The pretend Hugging Face: the jobs of one organization. */
export const huggingFace: ProviderModel<Switches> = {
  basePaths: [''],
  contentType: 'application/json; charset=utf-8',
  answerHeaders: { 'x-request-id': 'Root=1-692a2f10-5b1c3d7e2f4a6b8c9d0e1f2a' },
  auth: { header: 'authorization', prefix: 'Bearer ' },
  options: { namespace },
  switches,
  switchExample: { pageSize: 2 },
  settlesInMs: 300,
  // As long as an ObjectId.
  idOf: (uuid) => uuid.replaceAll('-', '').slice(8),
  words,
  word,
  meanings: {
    ...{ SCHEDULING: 'queued', RUNNING: 'running' },
    ...{ CANCELED: 'cancelled', COMPLETED: 'completed', ERROR: 'failed', DELETED: 'failed' },
  },
  demo,
  limits: () => ({}),
  error,
  badKey: () => error(401, 'Invalid credentials in Authorization header'),
  tooMany: (headers) => {
    const { 'retry-after': seconds, ...rest } = headers;
    const t = /^\d+$/.test(seconds ?? '') ? seconds : '55';
    return {
      ...error(429, 'Too Many Requests'),
      headers: {
        ...rest,
        ratelimit: `"api";r=0;t=${t}`,
        'ratelimit-policy': '"fixed window";"api";q=1000;w=300',
      },
    };
  },
  unknownPath: () => error(404, "Sorry, we can't find the page you are looking for."),
  wrongMethod: () => error(404, "Sorry, we can't find the page you are looking for."),
  routes: [
    { method: 'POST', path: `${jobsPath}/:id/cancel`, operation: 'cancel', answer: cancel },
    { method: 'GET', path: `${jobsPath}/:id`, operation: 'status', answer: look },
    { method: 'GET', path: jobsPath, operation: 'list', answer: list },
  ],
};
