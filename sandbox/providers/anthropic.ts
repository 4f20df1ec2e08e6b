import * as z from 'zod';
import { cancelJob } from '../jobs/cancel-job.ts';
import { type DemoJob, ends, settles } from '../jobs/demo-job.ts';
import { endedAt, isFinal, type Job, type JobState } from '../jobs/job.ts';
import { type Sight, see } from '../jobs/see-job.ts';
import { optionalTime, time } from '../time.ts';
import type { Answer, ProviderModel, RequestContext } from '../twin/provider-model.ts';

const switches = z.strictObject({
  /**
   * What a cancel of a batch that has just ended gets: a refusal, or a yes that cancels no request, of which the page of the
   * cancel warns. No page says which.
   */
  lateCancel: z.enum(['refused', 'accepted']).default('refused'),
});

/** What can be switched at the pretend Anthropic. */
export type AnthropicSwitches = z.output<typeof switches>;

type Switches = AnthropicSwitches;

/** The journal adds what the counts tell: the status of every batch that is over is `ended`. */
const words = {
  queued: 'in_progress',
  running: 'in_progress',
  cancelling: 'canceling',
  cancelled: 'ended, canceled',
  completed: 'ended',
  failed: 'ended, errored',
} as const;

const word = (state: JobState) => words[state];

const request_id = 'req_011CSHoEeqs5C35K2UUqR7Fy';

/** https://platform.claude.com/docs/en/api/errors */
const errorTypes: ReadonlyMap<number, string> = new Map([
  [400, 'invalid_request_error'],
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [405, 'invalid_request_error'],
  [429, 'rate_limit_error'],
  [529, 'overloaded_error'],
]);

function error(status: number, message: string): Answer {
  const type = errorTypes.get(status) ?? 'api_error';
  return {
    status,
    body: { type: 'error', error: { type, message }, request_id },
  };
}

const unknownBatch = (id: string) => error(404, `Batch ${id} not found`);

/** All counts but the first are zero until the whole batch has ended. */
function countsOf(job: Job, state: JobState) {
  const { queued, running, done } = job.rows;
  const total = Math.max(1, queued + running + done);
  const none = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
  if (state === 'completed') return { ...none, succeeded: total };
  if (state === 'failed') return { ...none, errored: total };
  if (state !== 'cancelled') return { ...none, processing: total };
  const canceled = Math.max(1, queued);
  return { ...none, canceled, succeeded: total - canceled };
}

/** When its cancel was initiated; a cancel that came too late was, too, where it was accepted. */
function initiatedAt(job: Job, { state, at }: Sight, { lateCancel }: Switches): string | null {
  const isLate = lateCancel === 'accepted' && job.cancelRequests > 0 && state === 'completed';
  return isLate ? time(endedAt(job, 'completed')) : optionalTime(job.cancelRequestedAt, at);
}

/** https://platform.claude.com/docs/en/api/messages/batches/retrieve */
function body(sight: Sight, given: Switches) {
  const { job, state, word, at } = sight;
  const [processing_status] = word.split(', ');
  return {
    id: job.id,
    type: 'message_batch',
    processing_status,
    request_counts: countsOf(job, state),
    ended_at: isFinal(state) ? optionalTime(endedAt(job, state), at) : null,
    created_at: time(job.createdAt),
    expires_at: time(job.createdAt + 86_400_000),
    archived_at: null,
    cancel_initiated_at: initiatedAt(job, sight, given),
    results_url: isFinal(state) ? `https://api.anthropic.com/v1/messages/batches/${job.id}/results` : null,
  };
}

/** The batch as a look shows it; contradicted, requests were cancelled although no caller asked for it. */
function bodyOf(visit: RequestContext<Switches>, sight: Sight) {
  const shown = body(sight, visit.switches);
  if (!visit.fault('contradiction', sight.job.id)) return shown;
  const request_counts = { processing: 0, succeeded: 0, errored: 0, canceled: 3, expired: 0 };
  return { ...shown, processing_status: 'ended', request_counts, cancel_initiated_at: null };
}

/** The words of the journal: contradicted, the status that is shown. */
function servedOf(sights: readonly Sight[], shown: readonly ReturnType<typeof body>[]) {
  const words = sights.map(({ job, word }, index): [string, string] => {
    const { processing_status = '' } = shown[index] ?? {};
    return [job.id, word.startsWith(processing_status) ? word : processing_status];
  });
  return Object.fromEntries(words);
}

/** https://platform.claude.com/docs/en/api/versioning: no request is answered without a version. */
function withoutVersion({ header }: RequestContext<Switches>): Answer | undefined {
  return header('anthropic-version') === undefined
    ? error(400, 'anthropic-version: header is required')
    : undefined;
}

function cancel(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  const refused = withoutVersion(visit);
  if (refused !== undefined) return refused;
  if (job === undefined) return unknownBatch(id);
  const { says, found, effective, pretended } = cancelJob(visit, job);
  const sight = see(anthropic, visit, job);
  if (says === 'finished' && (visit.switches.lateCancel === 'refused' || found !== 'completed'))
    return error(400, `Batch ${id} cannot be canceled: its processing has ended.`);
  if (!effective && !pretended) return { status: 200, body: body(sight, visit.switches) };
  const said: Sight = { ...sight, state: 'cancelling', word: words.cancelling };
  const initiated = { ...body(said, visit.switches), cancel_initiated_at: time(visit.now) };
  return { status: 200, body: initiated, effective: effective ? [id] : [] };
}

function look(visit: RequestContext<Switches>, id: string): Answer {
  const job = visit.jobs.find(id);
  const refused = withoutVersion(visit);
  if (refused !== undefined) return refused;
  if (job === undefined) return unknownBatch(id);
  const sight = see(anthropic, visit, job);
  const shown = bodyOf(visit, sight);
  return { status: 200, body: shown, served: servedOf([sight], [shown]) };
}

function list(visit: RequestContext<Switches>): Answer {
  const limit = Number(visit.query.get('limit') ?? 20);
  const after = visit.query.get('after_id');
  const refused = withoutVersion(visit);
  if (refused !== undefined) return refused;
  if (!(limit >= 1 && limit <= 1_000)) return error(400, 'limit: must be between 1 and 1000');
  if (after !== null && visit.jobs.find(after) === undefined)
    return error(400, `after_id: ${after} is unknown`);
  const { jobs, next } = visit.jobs.page({ limit, ...(after !== null && { after }) });
  const sights = jobs.map((job) => see(anthropic, visit, job));
  const data = sights.map((sight) => bodyOf(visit, sight));
  const ends = { first_id: jobs.at(0)?.id ?? null, last_id: jobs.at(-1)?.id ?? null };
  return { status: 200, body: { data, has_more: next !== null, ...ends }, served: servedOf(sights, data) };
}

const rows = (rowsQueued: number, rowsRunning: number, rowsDone: number) => ({
  rowsQueued,
  rowsRunning,
  rowsDone,
});

/** Batches have no names; these are for who reads this file. */
const demo: readonly DemoJob[] = [
  ['Grade 20,000 answers', 'running', 25, { ...rows(18_000, 40, 1_960), ...ends(200), ...settles(4_000) }],
  ['Translate the help pages', 'running', 12, { ...rows(400, 20, 80), ...ends(40), ...settles(4_000) }],
  ['Summaries of the board papers', 'running', 3, { ...rows(90, 10, 0), ...ends(15) }],
  ['Label support tickets', 'running', 50, { ...rows(3_000, 60, 9_000), ...ends(30), ...settles(60_000) }],
  ['Rewrite product texts', 'queued', 1, rows(5_000, 0, 0)],
  ['Nightly evaluation', 'cancelling', 6, { ...rows(800, 10, 200), ...settles(120_000) }],
  ['Nightly evaluation, yesterday', 'completed', 1_300, rows(0, 0, 1_010)],
  ['Extract the invoices', 'completed', 400, rows(0, 0, 320)],
  ['Wrong prompt', 'cancelled', 90, rows(2_000, 0, 12)],
  ['Requests that were too long', 'failed', 700, rows(0, 0, 44)],
];

/** The pretend Anthropic: its Message Batches, in which nothing is called cancelled. */
export const anthropic: ProviderModel<Switches> = {
  basePaths: [''],
  contentType: 'application/json',
  answerHeaders: { 'request-id': request_id },
  auth: { header: 'x-api-key', prefix: '' },
  // Its SDK sends the same key as a bearer since version 1: https://github.com/anthropics/anthropic-sdk-typescript
  accepts: ({ header }, apiKey) =>
    header('x-api-key') === apiKey || header('authorization') === `Bearer ${apiKey}`,
  headers: { 'anthropic-version': '2026-10-21' },
  switches,
  switchExample: { lateCancel: 'accepted' },
  settlesInMs: 300,
  idOf: (uuid) => `msgbatch_${uuid.replaceAll('-', '')}`,
  words,
  word,
  showsAs: { queued: 'running', failed: 'completed' },
  quoted: (word) => word.split(', ')[0] ?? word,
  meanings: {
    IN_PROGRESS: 'running',
    CANCELING: 'cancelling',
    'ENDED, CANCELED': 'cancelled',
    ENDED: 'completed',
    'ENDED, ERRORED': 'completed',
  },
  // The counts tell more than the word.
  flagged: ['contradiction'],
  refusalStatus: 400,
  demo,
  limits: () => ({}),
  error,
  badKey: () => error(401, 'invalid x-api-key'),
  unknownPath: () => error(404, 'Not Found'),
  wrongMethod: (_method, _path, allowed) => ({
    ...error(405, 'Method Not Allowed'),
    headers: { allow: allowed.join(', ') },
  }),
  routes: [
    { method: 'POST', path: '/v1/messages/batches/:id/cancel', operation: 'cancel', answer: cancel },
    { method: 'GET', path: '/v1/messages/batches/:id', operation: 'status', answer: look },
    { method: 'GET', path: '/v1/messages/batches', operation: 'list', answer: list },
  ],
};
