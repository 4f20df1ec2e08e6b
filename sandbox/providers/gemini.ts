import * as z from 'zod';
import { cancelJob } from '../jobs/cancel-job.ts';
import { type DemoJob, ends, runs, settles } from '../jobs/demo-job.ts';
import { endedAt, isFinal, type JobState, startedAt } from '../jobs/job.ts';
import { type Sight, see, seeOtherwise, served } from '../jobs/see-job.ts';
import { time } from '../time.ts';
import type { Answer, ProviderModel, RequestContext } from '../twin/provider-model.ts';

const switches = z.strictObject({
  /** Cancelling a batch that is over is not documented: an empty answer as ever, or a precondition that fails. */
  finishedCancel: z.enum(['empty', 'precondition']).default('empty'),
});

/** What can be switched at the pretend Gemini. */
export type GeminiSwitches = z.output<typeof switches>;

type Switches = GeminiSwitches;

/** There is no word for a cancel under way: until it is over, the batch reads as running. */
const words = {
  queued: 'BATCH_STATE_PENDING',
  running: 'BATCH_STATE_RUNNING',
  cancelling: 'BATCH_STATE_RUNNING',
  cancelled: 'BATCH_STATE_CANCELLED',
  completed: 'BATCH_STATE_SUCCEEDED',
  failed: 'BATCH_STATE_FAILED',
} as const;

const mostPerPage = 100;
const requests = 120;

/** https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto: the code of each status. */
const codes: ReadonlyMap<number, string> = new Map([
  [400, 'INVALID_ARGUMENT'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [409, 'ABORTED'],
  [429, 'RESOURCE_EXHAUSTED'],
  [500, 'INTERNAL'],
  [501, 'UNIMPLEMENTED'],
  [503, 'UNAVAILABLE'],
  [504, 'DEADLINE_EXCEEDED'],
]);

function error(status: number, message: string, more: object = {}): Answer {
  return {
    status,
    body: { error: { code: status, message, status: codes.get(status) ?? 'UNKNOWN', ...more } },
  };
}

/** Ids are 36 small letters and digits; of another text the API says that it is no name of a batch. */
function unknownJob(id: string): Answer {
  if (!/^[a-z0-9]{36}$/.test(id)) return error(400, 'Could not parse the batch name');
  return error(404, 'Requested entity was not found.');
}

/** https://github.com/google/timesketch/pull/3703 */
function badKey(): Answer {
  const message = 'API key not valid. Please pass a valid API key.';
  const details = [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'API_KEY_INVALID',
      domain: 'googleapis.com',
      metadata: { service: 'generativelanguage.googleapis.com' },
    },
    { '@type': 'type.googleapis.com/google.rpc.LocalizedMessage', locale: 'en-US', message },
  ];
  return error(400, message, { details });
}

/** The time to wait stands in the body, not in a header. */
function tooMany({ 'retry-after': wait }: Readonly<Record<string, string>>): Answer {
  const delay = wait !== undefined && /^\d+$/.test(wait) ? `${wait}s` : undefined;
  const retryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: delay };
  const answer = error(429, 'Too Many Requests: you exceeded your current quota.', {
    ...(delay !== undefined && { details: [retryInfo] }),
  });
  return wait === undefined || delay !== undefined ? answer : { ...answer, headers: { 'retry-after': wait } };
}

/** How many requests have ended: none before it runs, and all when it is completed. */
function doneOf({ job, state, at }: Sight): number {
  if (state === 'completed') return requests;
  const seconds = (at - startedAt(job)) / 1000;
  return seconds > 0 ? Math.min(requests - 1, Math.floor(seconds / 60)) : 0;
}

/** Numbers of 64 bits are texts, and what is zero is left out. */
function statsOf(sight: Sight) {
  const done = doneOf(sight);
  const pending = requests - done;
  return {
    requestCount: String(requests),
    ...(done > 0 && { successfulRequestCount: String(done) }),
    ...(pending > 0 && { pendingRequestCount: String(pending) }),
  };
}

/** The end of an operation: https://github.com/googleapis/googleapis/blob/master/google/longrunning/operations.proto */
function endOf(state: JobState) {
  if (state === 'completed')
    return {
      done: true,
      response: { '@type': `${types}.GenerateContentBatchOutput`, responsesFile: 'files/batch-a1' },
    };
  if (state === 'cancelled') return { done: true, error: { code: 1, message: 'The batch was cancelled.' } };
  return state === 'failed' ? { done: true, error: { code: 13, message: 'The batch failed.' } } : {};
}

const types = 'type.googleapis.com/google.ai.generativelanguage.v1main';

/** https://ai.google.dev/api/batch-api */
function body(sight: Sight) {
  const { job, state, word, at } = sight;
  const ended = isFinal(state) ? Math.min(endedAt(job, state), at) : Infinity;
  const name = `batches/${job.id}`;
  return {
    name,
    metadata: {
      '@type': `${types}.GenerateContentBatch`,
      model: job.target ?? 'models/gemini-2.5-flash',
      displayName: job.name ?? undefined,
      createTime: time(job.createdAt),
      ...(ended !== Infinity && { endTime: time(ended) }),
      updateTime: time(Math.max(Math.min(ended, at), job.createdAt)),
      batchStats: statsOf(sight),
      state: word,
      name,
    },
    ...endOf(state),
  };
}

/** The parameters of every request: https://cloud.google.com/apis/docs/system-parameters */
const systemParameters = ['alt', 'fields', 'key', 'prettyPrint', 'quotaUser', '$alt', '$fields'];

/** A request with a parameter or a field that the API does not know is refused. */
function unknownName({ query, body: sent }: RequestContext<Switches>, known: readonly string[]) {
  const names = [...query.keys()].filter((name) => ![...systemParameters, ...known].includes(name));
  const fields = typeof sent === 'object' && sent !== null ? Object.keys(sent) : [];
  const [unknown] = [
    ...names.map((name) => [name, 'bind query parameter']),
    ...fields.map((name) => [name, 'find field']),
  ];
  return (
    unknown &&
    error(400, `Invalid JSON payload received. Unknown name "${unknown[0]}": Cannot ${unknown[1]}.`)
  );
}

function cancel(visit: RequestContext<Switches>, id: string): Answer {
  const refused = unknownName(visit, []);
  if (refused !== undefined) return refused;
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownJob(id);
  const { says, effective } = cancelJob(visit, job);
  if (says === 'finished' && visit.switches.finishedCancel === 'precondition')
    return error(400, 'Batch is already in a terminal state.', { status: 'FAILED_PRECONDITION' });
  return { status: 200, body: {}, effective: effective ? [id] : [] };
}

function look(visit: RequestContext<Switches>, id: string): Answer {
  const refused = unknownName(visit, []);
  if (refused !== undefined) return refused;
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownJob(id);
  const sight = see(gemini, visit, job);
  return { status: 200, body: body(sight), served: served([sight]) };
}

/** Empty fields are left out, so a list without batches is `{}`. */
function list(visit: RequestContext<Switches>): Answer {
  const refused = unknownName(visit, ['pageSize', 'pageToken', 'filter', 'returnPartialSuccess', 'name']);
  if (refused !== undefined) return refused;
  const asked = Number(visit.query.get('pageSize') ?? 0);
  if (!(asked >= 0)) return error(400, 'Invalid value at "page_size" (TYPE_INT32).');
  const limit = asked === 0 ? mostPerPage : Math.min(asked, mostPerPage);
  const { jobs, next } = visit.jobs.page({ limit, after: visit.query.get('pageToken') });
  const sights = jobs.map((job) => seeOtherwise(gemini, visit, job));
  const operations = sights.map(body);
  return {
    status: 200,
    body: { ...(operations.length > 0 && { operations }), ...(next !== null && { nextPageToken: next }) },
    served: served(sights),
  };
}

const demo: readonly DemoJob[] = [
  ['product-descriptions', 'running', 90, { ...ends(400), ...settles(1_000) }],
  ['ticket-triage', 'running', 35, { ...ends(120), ...settles(20_000) }],
  ['image-captions', 'running', 1_500, { ...settles(1_000), target: 'models/gemini-2.5-flash-image' }],
  ['evaluation-rerun', 'queued', 3, runs(10, 60)],
  ['evaluation-night', 'queued', 1_700, { target: 'models/gemini-2.5-pro' }],
  ['comments-moderation', 'cancelling', 12, settles(600_000)],
  ['comments-moderation-try', 'cancelled', 55],
  ['ticket-triage-yesterday', 'completed', 1_480],
  ['broken-input', 'failed', 230],
  ['too-long-in-queue', 'failed', 3_100, { word: 'BATCH_STATE_EXPIRED' }],
];

/** The pretend Gemini API, as far as batches go. */
export const gemini: ProviderModel<Switches> = {
  basePaths: ['/v1beta'],
  contentType: 'application/json; charset=UTF-8',
  auth: { header: 'x-goog-api-key', prefix: '' },
  switches,
  switchExample: { finishedCancel: 'precondition' },
  // The real one takes longer, and nothing says how long.
  settlesInMs: 300,
  badKeyStatus: 400,
  missingStatuses: [404, 400],
  idOf: (uuid) => `${uuid.replaceAll('-', '')}0cal`.slice(-36),
  words,
  word: (state) => words[state],
  meanings: {
    BATCH_STATE_PENDING: 'queued',
    BATCH_STATE_RUNNING: 'running',
    BATCH_STATE_SUCCEEDED: 'completed',
    BATCH_STATE_FAILED: 'failed',
    BATCH_STATE_CANCELLED: 'cancelled',
    BATCH_STATE_EXPIRED: 'failed',
  },
  demo,
  limits: () => ({}),
  error: (status, message) => error(status, message),
  badKey,
  tooMany,
  // The real one has no body here. Every twin answers in JSON, so this has the words of Google's other APIs.
  unknownPath: () => error(404, 'Method not found.'),
  wrongMethod: () => error(404, 'Method not found.'),
  routes: [
    { method: 'POST', path: '/batches/:id:cancel', operation: 'cancel', answer: cancel },
    { method: 'GET', path: '/batches/:id', operation: 'status', answer: look },
    { method: 'GET', path: '/batches', operation: 'list', answer: list },
  ],
};
