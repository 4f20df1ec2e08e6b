import { sleep } from '../clock.ts';
import type { Answer, Terms } from '../http/line.ts';
import type { ProviderRequest } from '../http/message.ts';
import { backoffMs } from '../http/retry.ts';
import { inPool } from '../pool.ts';
import type { CancelManyReading, CancelReading } from '../providers/provider-adapter.ts';
import { type Connection, inChunks } from './connection.ts';
import { type Job, noteLeaving, noteSending, type Sending } from './job.ts';
import { poolSize } from './look-at.ts';

const mostAttempts = 3;

/**
 * Sends one cancel for every job, in the given order, together where the provider takes lists of ids. What a list did
 * not bring about goes alone the next time, so that no job fails for its company.
 */
export async function sendTo(jobs: readonly Job[], connection: Connection, terms: Terms): Promise<void> {
  const { cancelMany } = connection.adapter;
  if (cancelMany === undefined || jobs.some(({ sendings }) => sendings.length > 0)) {
    await inPool(jobs, poolSize, (job) => sendToOne(job, connection, terms));
  } else {
    await inPool(inChunks(jobs, cancelMany.maxIds), poolSize, (chunk) =>
      sendToChunk(chunk, connection, terms),
    );
  }
}

/** Sends by the method that is known to work by the time it is sent: the first 405 teaches all that still wait. */
async function sendToOne(job: Job, connection: Connection, terms: Terms): Promise<void> {
  const { adapter, options, learned } = connection;
  let request = adapter.cancel.request(job.id, options);
  const makeRequest = () => {
    request = adapter.cancel.request(job.id, { ...options, ...learned });
    noteLeaving(job);
    return request;
  };
  const sending = await cancelOne(job.id, connection, makeRequest, terms);
  const refused = sending === 'other_method';
  noteSending(job, refused ? await cancelByOtherMethod(job.id, connection, request, terms) : sending);
}

async function cancelOne(
  id: string,
  connection: Connection,
  makeRequest: () => ProviderRequest,
  terms: Terms,
) {
  const answer = await reach(connection, () => connection.line.ask('cancel', makeRequest, terms), terms);
  if (answer.kind !== 'response') return unanswered(answer);
  const reading = connection.adapter.cancel.read(answer.response, id);
  return reading.kind === 'other_method' ? reading.kind : understood(reading, answer);
}

/** A 405 is answered once with the other method: one that is not allowed cannot have acted. What works is remembered. */
async function cancelByOtherMethod(
  id: string,
  connection: Connection,
  refused: ProviderRequest,
  terms: Terms,
): Promise<Sending> {
  const { adapter, options, learned } = connection;
  const cancelMethod = refused.method === 'GET' ? 'POST' : 'GET';
  const request = adapter.cancel.request(id, { ...options, cancelMethod });
  const sending = await cancelOne(id, connection, () => request, terms);
  if (sending === 'other_method' || sending.kind === 'skipped') return turnedDown;
  if (sending.kind === 'accepted' || sending.kind === 'rejected') learned.cancelMethod = cancelMethod;
  return sending;
}

/** A chunk that is turned down because of what it holds is halved until the fault stands alone. */
async function sendToChunk(jobs: readonly Job[], connection: Connection, terms: Terms): Promise<void> {
  const { cancelMany } = connection.adapter;
  const [first] = jobs;
  if (cancelMany === undefined || first === undefined) return;
  if (jobs.length === 1) return sendToOne(first, connection, terms);
  const ids = jobs.map(({ id }) => id);
  const makeRequest = () => {
    for (const job of jobs) noteLeaving(job);
    return cancelMany.request(ids);
  };
  const answer = await reach(connection, () => connection.line.ask('cancelMany', makeRequest, terms), terms);
  const reading = answer.kind === 'response' ? cancelMany.read(answer.response, ids) : undefined;
  // One job that the key may not touch must not keep the others running.
  if (reading?.kind === 'refused' || (answer.kind === 'response' && answer.denied)) {
    const middle = Math.ceil(jobs.length / 2);
    const halves = [jobs.slice(0, middle), jobs.slice(middle)];
    await Promise.all(halves.map((half) => sendToChunk(half, connection, terms)));
    for (const job of jobs) if (job.sendings.at(-1)?.kind === 'skipped') noteSending(job, turnedDown);
    return;
  }
  for (const job of jobs) noteSending(job, shareOf(job.id, answer, reading));
}

/** A cancel was turned down before it could act, for another reason than the job, and no other came to be sent. */
const turnedDown: Sending = { kind: 'unclear', code: 'unexpected_response', mayHaveActed: false };

/** What a bulk answer says of one job. An id that it leaves out may or may not have been cancelled. */
function shareOf(
  id: string,
  answer: Answer,
  reading: Exclude<CancelManyReading, { kind: 'refused' }> | undefined,
): Sending {
  if (answer.kind !== 'response' || reading === undefined) return unanswered(answer);
  if (reading.kind === 'failure') return understood(reading, answer);
  if (!reading.jobIds.includes(id))
    return { kind: 'unclear', code: 'unexpected_response', mayHaveActed: true };
  return { kind: 'accepted', reply: { providerStatus: reading.providerStatus }, at: answer.at };
}

/** Tries again, without a look, only where the connection never opened. */
async function reach(connection: Connection, attempt: () => Promise<Answer>, terms: Terms): Promise<Answer> {
  for (let attempts = 1; ; attempts += 1) {
    const answer = await attempt();
    if (answer.kind !== 'lost' || answer.opened || attempts >= mostAttempts) return answer;
    await sleep(connection.clock, backoffMs(attempts - 1), terms.signal);
  }
}

function unanswered(answer: Answer): Sending {
  if (answer.kind === 'skipped') return { kind: 'skipped' };
  if (answer.kind === 'unsent')
    return {
      ...{ kind: 'failed', code: answer.code, cause: answer.cause, retryAfterMs: answer.retryAfterMs },
      answered: answer.answered ? true : undefined,
    };
  const { opened = true, cause = undefined } = answer.kind === 'lost' ? answer : {};
  return opened
    ? { kind: 'unclear', code: 'provider_unavailable', cause, mayHaveActed: true }
    : { kind: 'failed', code: 'provider_unavailable', cause };
}

function understood(
  reading: Exclude<CancelReading, { kind: 'other_method' }>,
  { at, denied }: Extract<Answer, { kind: 'response' }>,
): Sending {
  if (reading.kind === 'rejected') return { kind: 'rejected', at };
  if (reading.kind === 'accepted') {
    return {
      kind: 'accepted',
      reply: { providerStatus: reading.providerStatus, details: reading.details },
      at,
    };
  }
  if (reading.code === 'credentials_rejected' || reading.code === 'rate_limited')
    return { kind: 'failed', code: reading.code, answered: true, denied: denied ? true : undefined };
  return { kind: 'unclear', code: reading.code, mayHaveActed: reading.mayHaveActed };
}
