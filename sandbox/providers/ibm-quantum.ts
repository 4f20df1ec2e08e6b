import * as z from 'zod';
import { cancelJob } from '../jobs/cancel-job.ts';
import { type DemoJob, ends, runs, settles } from '../jobs/demo-job.ts';
import { endedAt, isFinal, type Job, type JobState, startedAt, stateAt } from '../jobs/job.ts';
import { type Sight, see, seeOtherwise, served } from '../jobs/see-job.ts';
import { time } from '../time.ts';
import type { Operation } from '../twin/exchange.ts';
import { iamAnswer, iamToken, isTokenOf, keyInForm } from '../twin/iam-tokens.ts';
import type { Answer, OutgoingRequest, ProviderModel, RequestContext } from '../twin/provider-model.ts';

const switches = z.strictObject({
  /** A job that ran too long is cancelled: the older field says why, or only the code does. */
  ranTooLong: z.enum(['in_words', 'by_code']).default('in_words'),
});

/** What can be switched at the pretend IBM Quantum. */
export type IbmQuantumSwitches = z.output<typeof switches>;

type Switches = IbmQuantumSwitches;

const tooLong = 'Cancelled - Ran too long';
/** There is no word for a cancel under way: until it is over, the job reads as running. */
const words = {
  queued: 'Queued',
  running: 'Running',
  cancelling: 'Running',
  cancelled: 'Cancelled',
  completed: 'Completed',
  failed: 'Failed',
} as const;

const mostPerPage = 200;
const instance =
  'crn:v1:bluemix:public:quantum-computing:us-east:a/0123456789abcdef0123456789abcdef:617a1f8b-59d4-435d-aa33-695433d7155e::';
const moreInfo = 'https://cloud.ibm.com/apidocs/quantum-computing#error-handling';

/** https://github.com/qBraid/qBraid/blob/main/tests/runtime/ibm/test_qiskit_runtime.py; the text of a code, not the code, is documented. */
const codes: ReadonlyMap<number, number> = new Map([
  [401, 1200],
  [403, 1200],
  [404, 1291],
  [409, 1297],
  [429, 1429],
]);

function error(status: number, message: string, code = codes.get(status) ?? 1000): Answer {
  const solution = 'Verify the request and try again.';
  return {
    status,
    body: {
      errors: [{ code, message, solution, more_info: moreInfo }],
      trace: 'c4dd86aa-1150-485e-85f3-2e4e5f410317',
    },
  };
}

const unknownJob = (id: string) => error(404, `Job not found. Job ID: ${id}`);
const unknownPath = () => error(404, 'Not Found', 1001);

/** IAM refuses a key, and the API a token. */
function badKey(_switches: Switches, operation: Operation): Answer {
  if (operation !== 'other') return error(401, 'Authentication is invalid.');
  const errorMessage = 'Provided API key could not be found.';
  return { status: 400, body: { errorCode: 'BXNIM0415E', errorMessage, context: { requestId: 'aG9zdA' } } };
}

/** A token is made from the key itself; every other request has a token and names the instance. */
function accepts({ target, text, header }: OutgoingRequest, apiKey: string, now: number): boolean {
  if (target.startsWith('/identity/')) return keyInForm(text) === apiKey;
  const [scheme, token = ''] = (header('authorization') ?? '').split(' ');
  return scheme === 'Bearer' && isTokenOf(token, apiKey, now);
}

function body({ job, state, word, at }: Sight, { ranTooLong }: Switches) {
  const isTooLong = word === tooLong;
  const began = startedAt(job);
  const ended = isFinal(state) ? Math.min(endedAt(job, state), at) : at;
  return {
    id: job.id,
    backend: job.target ?? 'ibm_fez',
    state: {
      status: isTooLong ? words.cancelled : word,
      ...(isTooLong && { reason: 'Job exceeded its maximum execution time', reason_code: 1305 }),
    },
    status: isTooLong && ranTooLong === 'by_code' ? words.cancelled : word,
    program: { id: 'sampler' },
    created: time(job.createdAt),
    runtime: 'qiskit',
    cost: 600,
    tags: Object.keys(job.labels ?? {}),
    user_id: job.owner ?? 'IBMid-5500026U46',
    usage: { seconds: began <= at ? Math.floor((ended - began) / 1_000) : 0 },
    estimated_running_time_seconds: 14.5,
    private: false,
  };
}

/** The instance, without which nothing is answered. */
function refusedBy({ header }: RequestContext<Switches>): Answer | undefined {
  const asked = header('service-crn');
  if (asked === undefined) return error(400, 'The Service-CRN header is missing.', 1211);
  return asked === instance ? undefined : error(403, 'You are not authorized to perform this action.');
}

function cancel(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownJob(id);
  const { says, effective } = cancelJob(visit, job);
  if (says === 'finished') return error(409, 'Job is in a terminal state and cannot be cancelled.');
  return { status: 204, body: undefined, effective: effective ? [id] : [] };
}

function look(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownJob(id);
  const sight = see(ibmQuantum, visit, job);
  return { status: 200, body: withCircuits(visit, body(sight, visit.switches)), served: served([sight]) };
}

/** Unless they are left out, the circuits come with a job. */
function withCircuits({ query }: RequestContext<Switches>, job: object): object {
  const circuits = 'eJwLVg'.repeat(20_000);
  return query.get('exclude_params') === 'true' ? job : { ...job, params: { pubs: [[circuits]] } };
}

/** https://github.com/qiskit-community/qrmi/blob/main/dependencies/quantum_compute_client/src/apis/jobs_api.rs */
const parameters = z.strictObject({
  limit: z.coerce.number().int().min(1).max(mostPerPage).default(mostPerPage),
  offset: z.coerce.number().int().min(0).default(0),
  pending: z.enum(['true', 'false']).optional(),
  exclude_params: z.enum(['true', 'false']).optional(),
  sort: z.literal('DESC').optional(),
});

function list(visit: RequestContext<Switches>): Answer {
  const { data } = parameters.safeParse(Object.fromEntries(visit.query));
  if (data === undefined) return error(400, 'Request validation of query failed.', 1208);
  const { limit, offset, pending } = data;
  const isPending = (job: Job) => !isFinal(stateAt(job, visit.now));
  const keep = (job: Job) => pending === undefined || isPending(job) === (pending === 'true');
  const sights = visit.jobs
    .page({ limit, skip: offset, keep })
    .jobs.map((job) => seeOtherwise(ibmQuantum, visit, job));
  const jobs = sights.map((sight) => withCircuits(visit, body(sight, visit.switches)));
  return {
    status: 200,
    body: { jobs, count: visit.jobs.count(keep), limit, offset },
    served: served(sights),
  };
}

function needsInstance(answer: (visit: RequestContext<Switches>, id: string) => Answer) {
  return (visit: RequestContext<Switches>, id: string) => refusedBy(visit) ?? answer(visit, id);
}

/** Jobs have no names; these are for who reads this file. */
const demo: readonly DemoJob[] = [
  ['Error mitigation sweep', 'running', 25, { ...ends(90), ...settles(1_000), labels: { mitigation: '' } }],
  ['Kicked Ising, 127 qubits', 'running', 8, { ...settles(1_000), target: 'ibm_torino' }],
  [
    'Forgotten session',
    'running',
    300,
    { ...settles(20_000), owner: 'IBMid-270007XK3A', labels: { nightly: '' } },
  ],
  ['Bell state check', 'queued', 4, runs(10, 12)],
  ['VQE, H2O', 'queued', 60, { labels: { vqe: '', 'team-chem': '' } }],
  ['VQE, LiH', 'queued', 61, { owner: 'IBMid-270007XK3A', labels: { vqe: '' } }],
  ['Noise learning', 'cancelling', 2, settles(600_000)],
  ['Grover, wrong oracle', 'cancelled', 70],
  ['GHZ fidelity, nightly', 'completed', 700, { labels: { nightly: '' } }],
  ['Transpiled for another device', 'failed', 90],
  ['Ran too long', 'failed', 1_400, { word: tooLong }],
];

/** The pretend Qiskit Runtime of IBM Quantum, with the IAM that makes its tokens. */
export const ibmQuantum: ProviderModel<Switches> = {
  basePaths: ['/api/v1', ''],
  contentType: 'application/json; charset=utf-8',
  auth: { header: 'authorization', prefix: 'Bearer ' },
  authorize: (_request, apiKey) => ({ authorization: `Bearer ${iamToken(apiKey, Date.now())}` }),
  accepts,
  headers: { 'service-crn': instance, 'ibm-api-version': '2026-04-15' },
  options: { instance, token_url: '/identity/token' },
  switches,
  switchExample: { ranTooLong: 'by_code' },
  settlesInMs: 300,
  idOf: (uuid) => `d${uuid.replaceAll('-', '').slice(-19)}`,
  words,
  word: (state: JobState) => words[state],
  meanings: {
    QUEUED: 'queued',
    RUNNING: 'running',
    COMPLETED: 'completed',
    FAILED: 'failed',
    CANCELLED: 'cancelled',
    [tooLong.toUpperCase()]: 'failed',
  },
  refusalStatus: 409,
  demo,
  limits: () => ({}),
  error: (status, message) => error(status, message),
  badKey,
  unknownPath,
  wrongMethod: unknownPath,
  routes: [
    { method: 'POST', path: '/jobs/:id/cancel', operation: 'cancel', answer: needsInstance(cancel) },
    { method: 'GET', path: '/jobs/:id', operation: 'status', answer: needsInstance(look) },
    { method: 'GET', path: '/jobs', operation: 'list', answer: needsInstance(list) },
    {
      method: 'POST',
      path: '/identity/token',
      operation: 'other',
      isBeside: true,
      answer: ({ text, now }) => iamAnswer(keyInForm(text) ?? '', now),
    },
  ],
};
