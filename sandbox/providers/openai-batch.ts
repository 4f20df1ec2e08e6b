import * as z from 'zod';
import { cancelJob } from '../jobs/cancel-job.ts';
import { type DemoJob, ends, runs, settles } from '../jobs/demo-job.ts';
import { endedAt, isFinal, type Job, type JobState, startedAt } from '../jobs/job.ts';
import { type Sight, see, seeOtherwise, served } from '../jobs/see-job.ts';
import { metadataOf, openaiError, openaiModel, openaiPage, optionalSeconds } from '../twin/openai-answers.ts';
import type { Answer, ProviderModel, RequestContext } from '../twin/provider-model.ts';

const switches = z.strictObject({
  /**
   * Cancelling a batch that is over is not in the documents: clients see a 409, servers that imitate the API answer 400, and
   * the example in its OpenAPI document is the completed batch as it is.
   */
  finishedCancel: z.enum(['conflict', 'bad_request', 'state']).default('conflict'),
});

/** What can be switched at the pretend OpenAI with batches. */
export type OpenaiBatchSwitches = z.output<typeof switches>;

type Switches = OpenaiBatchSwitches;

const words = {
  queued: 'validating',
  running: 'in_progress',
  cancelling: 'cancelling',
  cancelled: 'cancelled',
  completed: 'completed',
  failed: 'failed',
} as const;

const day = 86_400_000;
const requests = 200;

/** https://github.com/williamwinkler/openai-batch-manager/blob/main/test/batcher/openai_api_client_test.exs */
function unknownJob(id: string): Answer {
  return id.startsWith('batch')
    ? openaiError(404, `No batch found with id '${id}'.`)
    : openaiError(400, `Invalid 'batch_id': '${id}'. Expected an ID that begins with 'batch'.`, {
        param: 'batch_id',
        code: 'invalid_value',
      });
}

/** The times at which it got into its states. */
function timesOf({ job, state, word, at }: Sight) {
  const ended = isFinal(state) ? endedAt(job, state) : Infinity;
  const when = (isSo: boolean, moment: number) => optionalSeconds(isSo ? moment : Infinity, at);
  return {
    created_at: optionalSeconds(job.createdAt, Infinity),
    in_progress_at: optionalSeconds(startedAt(job), at),
    expires_at: optionalSeconds(job.createdAt + day, Infinity),
    finalizing_at: when(state === 'completed' || word === 'finalizing', Math.min(ended, at)),
    completed_at: when(state === 'completed', ended),
    failed_at: when(state === 'failed' && word !== 'expired', ended),
    expired_at: when(state === 'failed' && word === 'expired', ended),
    cancelling_at: optionalSeconds(job.cancelRequestedAt, at),
    cancelled_at: when(state === 'cancelled', ended),
  };
}

/** How many requests have ended: none before it runs, and all when it is completed. */
function doneOf({ job, state, at }: Sight): number {
  if (state === 'completed') return requests;
  const seconds = (at - startedAt(job)) / 1000;
  return seconds > 0 ? Math.min(requests - 1, Math.floor(seconds / 30)) : 0;
}

/** https://developers.openai.com/api/reference/resources/batches/methods/retrieve; until it is validated, it shows no model. */
function body(sight: Sight) {
  const { job, state, word } = sight;
  const isRead = startedAt(job) <= sight.at;
  const completed = doneOf(sight);
  return {
    id: job.id,
    object: 'batch',
    endpoint: '/v1/responses',
    errors: null,
    input_file_id: 'file-EFcEfUGSc6QsJMU7zYwMW3',
    completion_window: '24h',
    status: word,
    output_file_id: state === 'completed' ? 'file-BSh58m1snsDCNej1nYmTcX' : null,
    error_file_id: null,
    model: isRead ? (job.target ?? 'gpt-4o-mini-2024-07-18') : null,
    ...timesOf(sight),
    request_counts: { total: isRead ? requests : 0, completed, failed: 0 },
    usage: {
      input_tokens: completed * 23,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: completed * 2,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: completed * 25,
    },
    metadata: metadataOf(job),
  };
}

function finished({ switches }: RequestContext<Switches>, sight: Sight): Answer {
  if (switches.finishedCancel === 'state') return { status: 200, body: body(sight) };
  const status = switches.finishedCancel === 'conflict' ? 409 : 400;
  return openaiError(status, `Cannot cancel a batch with status '${sight.word}'.`);
}

function cancel(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownJob(id);
  const { says, effective, pretended } = cancelJob(visit, job);
  const sight = see(openaiBatch, visit, job);
  if (says === 'finished') return finished(visit, sight);
  if (!effective && !pretended) return { status: 200, body: body(sight) };
  const said: Sight = { ...sight, state: 'cancelling', word: words.cancelling };
  const cancelling_at = optionalSeconds(visit.now, visit.now);
  return { status: 200, body: { ...body(said), cancelling_at }, effective: effective ? [id] : [] };
}

function look(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownJob(id);
  const sight = see(openaiBatch, visit, job);
  return { status: 200, body: body(sight), served: served([sight]) };
}

/** https://developers.openai.com/api/reference/resources/batches/methods/list */
function list(visit: RequestContext<Switches>): Answer {
  const asked = openaiPage(visit);
  if ('refused' in asked) return asked.refused;
  const sights = asked.page.jobs.map((job: Job) => seeOtherwise(openaiBatch, visit, job));
  const data = sights.map(body);
  const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  const has_more = asked.page.next !== null;
  return { status: 200, body: { object: 'list', data, ...ends, has_more }, served: served(sights) };
}

/** Batches have no names; these are for who reads this file. */
const demo: readonly DemoJob[] = [
  [
    'Product descriptions',
    'running',
    40,
    { ...ends(300), ...settles(1_000), labels: { team: 'shop', run: '7' } },
  ],
  ['Ticket triage', 'running', 15, { ...ends(90), ...settles(20_000), labels: { team: 'support' } }],
  ['Forgotten embeddings', 'running', 700, { ...settles(1_000), target: 'text-embedding-3-large' }],
  ['Evaluation, last lines', 'running', 130, { word: 'finalizing', ...ends(3), labels: { team: 'evals' } }],
  ['Evaluation, rerun', 'queued', 2, { ...runs(6, 60), labels: { team: 'evals' } }],
  ['Product descriptions, FR', 'queued', 1, runs(9, 240)],
  ['Moderation of comments', 'cancelling', 5, settles(600_000)],
  ['Moderation of comments, first try', 'cancelled', 50],
  ['Ticket triage, yesterday', 'completed', 1_500, { labels: { team: 'support' } }],
  ['Malformed input file', 'failed', 220],
  ['Evaluation, too long', 'failed', 3_000, { word: 'expired', labels: { team: 'evals' } }],
];

/** The pretend OpenAI, as far as batches go. */
export const openaiBatch: ProviderModel<Switches> = {
  ...openaiModel,
  switches,
  switchExample: { finishedCancel: 'state' },
  // The real one takes ten minutes: https://developers.openai.com/api/reference/resources/batches/methods/cancel
  settlesInMs: 300,
  missingStatuses: [404, 400],
  timeUnitMs: 1_000,
  idOf: (uuid) => `batch_${uuid.replaceAll('-', '')}`,
  words,
  word: (state: JobState) => words[state],
  meanings: {
    VALIDATING: 'queued',
    IN_PROGRESS: 'running',
    FINALIZING: 'running',
    CANCELLING: 'cancelling',
    CANCELLED: 'cancelled',
    COMPLETED: 'completed',
    FAILED: 'failed',
    EXPIRED: 'failed',
  },
  demo,
  routes: [
    { method: 'POST', path: '/batches/:id/cancel', operation: 'cancel', answer: cancel },
    { method: 'GET', path: '/batches/:id', operation: 'status', answer: look },
    { method: 'GET', path: '/batches', operation: 'list', answer: list },
  ],
};
