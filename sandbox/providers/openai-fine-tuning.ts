import * as z from 'zod';
import { cancelJob } from '../jobs/cancel-job.ts';
import { type DemoJob, ends, runs, settles } from '../jobs/demo-job.ts';
import { endedAt, isFinal, type Job, type JobState, startedAt } from '../jobs/job.ts';
import { type Sight, see, seeOtherwise, served } from '../jobs/see-job.ts';
import {
  metadataOf,
  openaiAccount,
  openaiError,
  openaiModel,
  openaiPage,
  optionalSeconds,
} from '../twin/openai-answers.ts';
import type { Answer, ProviderModel, RequestContext } from '../twin/provider-model.ts';

const switches = z.strictObject({
  /**
   * Cancelling a job that is over is not in the documents: the route before answered 400, and the example in the OpenAPI
   * document is the succeeded job as it is.
   */
  finishedCancel: z.enum(['bad_request', 'state']).default('bad_request'),
});

/** What can be switched at the pretend OpenAI with fine-tuning jobs. */
export type OpenaiFineTuningSwitches = z.output<typeof switches>;

type Switches = OpenaiFineTuningSwitches;

/** There is no word for a cancel under way: until it is over, the job reads as running. */
const words = {
  queued: 'queued',
  running: 'running',
  cancelling: 'running',
  cancelled: 'cancelled',
  completed: 'succeeded',
  failed: 'failed',
} as const;

const quarter = 900_000;

/** https://github.com/alexrudall/ruby-openai/blob/main/spec/fixtures/cassettes/fine_tuning_job_cancel.yml */
function unknownJob(id: string): Answer {
  return openaiError(404, `Could not find fine tune: ${id}`, {
    param: 'fine_tune_id',
    code: 'fine_tune_not_found',
  });
}

/** https://developers.openai.com/api/reference/resources/fine_tuning/subresources/jobs/methods/retrieve */
function body({ job, state, word, at }: Sight) {
  const ended = isFinal(state) ? endedAt(job, state) : Infinity;
  const isRunning = startedAt(job) <= at && !isFinal(state);
  const base = job.target ?? 'gpt-4o-mini-2024-07-18';
  return {
    object: 'fine_tuning.job',
    id: job.id,
    model: base,
    created_at: optionalSeconds(job.createdAt, Infinity),
    finished_at: optionalSeconds(ended, at),
    fine_tuned_model: state === 'completed' ? `ft:${base}:calloff::A1b2C3d4` : null,
    organization_id: job.owner ?? openaiAccount.organization,
    result_files: state === 'completed' ? ['file-BSh58m1snsDCNej1nYmTcX'] : [],
    status: word,
    validation_file: null,
    training_file: 'file-EFcEfUGSc6QsJMU7zYwMW3',
    hyperparameters: { n_epochs: 4, batch_size: 1, learning_rate_multiplier: 1 },
    trained_tokens: state === 'completed' ? 5_768 : null,
    error:
      state === 'failed'
        ? { code: 'invalid_training_file', message: 'The job failed.', param: 'training_file' }
        : null,
    user_provided_suffix: null,
    seed: 42,
    estimated_finish: isRunning ? optionalSeconds(at + quarter, Infinity) : null,
    integrations: [],
    metadata: metadataOf(job),
    method: { type: 'supervised' },
  };
}

/** https://github.com/alexrudall/ruby-openai/blob/main/spec/fixtures/cassettes/finetunes_cancel.yml */
function finished({ switches }: RequestContext<Switches>, sight: Sight): Answer {
  if (switches.finishedCancel === 'state') return { status: 200, body: body(sight) };
  return openaiError(400, `Cannot cancel a job ${sight.job.id} that already has status "${sight.word}".`);
}

/** The documents say that it is cancelled immediately, and the route before answered with that word. */
function cancel(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownJob(id);
  const { says, effective, pretended } = cancelJob(visit, job);
  const sight = see(openaiFineTuning, visit, job);
  if (says === 'finished') return finished(visit, sight);
  if (!pretended) return { status: 200, body: body(sight), effective: effective ? [id] : [] };
  const finished_at = optionalSeconds(visit.now, visit.now);
  return {
    status: 200,
    body: { ...body({ ...sight, state: 'cancelled', word: words.cancelled }), finished_at },
  };
}

function look(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  if (job === undefined) return unknownJob(id);
  const sight = see(openaiFineTuning, visit, job);
  return { status: 200, body: body(sight), served: served([sight]) };
}

/** https://developers.openai.com/api/reference/resources/fine_tuning/subresources/jobs/methods/list */
function list(visit: RequestContext<Switches>): Answer {
  const asked = openaiPage(visit);
  if ('refused' in asked) return asked.refused;
  const sights = asked.page.jobs.map((job: Job) => seeOtherwise(openaiFineTuning, visit, job));
  const has_more = asked.page.next !== null;
  return { status: 200, body: { object: 'list', data: sights.map(body), has_more }, served: served(sights) };
}

/** Jobs have no names; these are for who reads this file. */
const demo: readonly DemoJob[] = [
  ['Support tone', 'running', 50, { ...ends(200), ...settles(1_000), labels: { team: 'support' } }],
  [
    'Support tone, more epochs',
    'running',
    20,
    { ...ends(400), ...settles(20_000), labels: { team: 'support' } },
  ],
  ['Forgotten grader', 'running', 900, { ...settles(1_000), target: 'o4-mini-2025-04-16' }],
  ['Invoice fields', 'queued', 3, { word: 'validating_files', ...runs(5, 90) }],
  ['Invoice fields, second set', 'queued', 2, { ...runs(90, 180), labels: { team: 'finance' } }],
  ['Contract clauses', 'queued', 1],
  ['Invoice fields, first try', 'completed', 1_600, { labels: { team: 'finance' } }],
  ['Support tone, first try', 'completed', 4_000, { labels: { team: 'support' } }],
  ['Wrong training file', 'failed', 300],
  ['Too expensive', 'cancelled', 130],
];

/** The pretend OpenAI, as far as fine-tuning jobs go. */
export const openaiFineTuning: ProviderModel<Switches> = {
  ...openaiModel,
  switches,
  switchExample: { finishedCancel: 'state' },
  settlesInMs: 0,
  timeUnitMs: 1_000,
  idOf: (uuid) => `ftjob-${uuid.replaceAll('-', '').slice(-24)}`,
  words,
  word: (state: JobState) => words[state],
  meanings: {
    VALIDATING_FILES: 'queued',
    QUEUED: 'queued',
    RUNNING: 'running',
    CANCELLED: 'cancelled',
    SUCCEEDED: 'completed',
    FAILED: 'failed',
  },
  demo,
  routes: [
    { method: 'POST', path: '/fine_tuning/jobs/:id/cancel', operation: 'cancel', answer: cancel },
    { method: 'GET', path: '/fine_tuning/jobs/:id', operation: 'status', answer: look },
    { method: 'GET', path: '/fine_tuning/jobs', operation: 'list', answer: list },
  ],
};
