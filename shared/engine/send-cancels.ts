import type {
  CancelManyReading,
  CancelReading,
  ConnectionOptions,
  UnacceptedCancel,
} from '../adapter/adapter.ts';
import { askInPool } from '../http/ask-in-pool.ts';
import type { ClientAnswer } from '../http/client-answer.ts';
import type { RequestLimits } from '../http/provider-client.ts';
import type { ProviderRequest } from '../http/types.ts';
import { backoffMs, retry } from '../lib/retry.ts';
import {
  type AttemptHistory,
  type CancelAttempt,
  isOnlyInAir,
  recordAttempt,
  recordSend,
} from './attempt-history.ts';
import { type Connection, inChunks } from './connection.ts';

const mostAttempts = 3;

/**
 * Sends one cancel for every job, in the given order, in chunks if the provider takes lists of ids. A job that a chunk did
 * not cancel is sent alone the next time, so that no job fails because of others.
 */
export async function sendCancels(
  jobs: readonly AttemptHistory[],
  connection: Connection,
  terms: RequestLimits,
): Promise<void> {
  const { cancelMany } = connection.adapter;
  if (cancelMany === undefined || jobs.some(wasSentBefore)) {
    await askInPool(jobs, terms, (job, told) => sendToOne(job, connection, told));
  } else {
    await askInPool(inChunks(jobs, cancelMany.maxIds), terms, (chunk, told) =>
      sendToChunk(chunk, connection, told),
    );
  }
}

function wasSentBefore(job: AttemptHistory): boolean {
  return job.attempts.length > 0 && !isOnlyInAir(job);
}

/** Sends with the method that is known to work at that time: the first 405 also changes the method of waiting cancels. */
async function sendToOne(job: AttemptHistory, connection: Connection, terms: RequestLimits): Promise<void> {
  const { adapter, options, learned } = connection;
  let sentWith = options;
  const makeRequest = () => {
    sentWith = { ...options, ...learned.options };
    recordSend(job);
    return adapter.cancel.request(job.id, sentWith);
  };
  const sending = await cancelOne(job.id, connection, makeRequest, terms);
  const refused = sending === 'other_method';
  recordAttempt(job, refused ? await cancelByOtherMethod(job.id, connection, sentWith, terms) : sending);
}

async function cancelOne(
  id: string,
  connection: Connection,
  makeRequest: () => ProviderRequest,
  terms: RequestLimits,
) {
  const answer = await untilConnected(
    connection,
    () => connection.client.ask('cancel', makeRequest, terms),
    terms,
  );
  if (answer.kind !== 'response') return readFailure(answer);
  const reading = connection.adapter.cancel.read(answer.response, id);
  return reading.kind === 'other_method' ? reading.kind : readReply(reading, answer);
}

/** Sends the cancel once more with the other method after a 405, which cannot have acted. Remembers the method that works. */
async function cancelByOtherMethod(
  id: string,
  connection: Connection,
  refused: ConnectionOptions,
  terms: RequestLimits,
): Promise<CancelAttempt> {
  const { adapter, learned } = connection;
  const other = adapter.cancel.otherMethod?.(refused);
  if (other === undefined) return rejectedUnread;
  const request = adapter.cancel.request(id, { ...refused, ...other });
  const sending = await cancelOne(id, connection, () => request, terms);
  if (sending === 'other_method' || sending.kind === 'skipped') return rejectedUnread;
  if (sending.kind === 'accepted' || sending.kind === 'rejected') learned.options = other;
  return sending;
}

/** Sends a chunk. If its content is refused, halves it until the faulty id is alone. */
async function sendToChunk(
  jobs: readonly AttemptHistory[],
  connection: Connection,
  terms: RequestLimits,
): Promise<void> {
  const { cancelMany } = connection.adapter;
  const [first] = jobs;
  if (cancelMany === undefined || first === undefined) return;
  if (jobs.length === 1) return sendToOne(first, connection, terms);
  const ids = jobs.map(({ id }) => id);
  const makeRequest = () => {
    for (const job of jobs) recordSend(job);
    return cancelMany.request(ids);
  };
  const answer = await untilConnected(
    connection,
    () => connection.client.ask('cancelMany', makeRequest, terms),
    terms,
  );
  const reading = answer.kind === 'response' ? cancelMany.read(answer.response, ids) : undefined;
  // One job that the key may not cancel must not keep the others running.
  if (reading?.kind === 'refused' || (answer.kind === 'response' && answer.denied)) {
    const middle = Math.ceil(jobs.length / 2);
    const halves = [jobs.slice(0, middle), jobs.slice(middle)];
    await Promise.all(halves.map((half) => sendToChunk(half, connection, terms)));
    for (const job of jobs) if (job.attempts.at(-1)?.kind === 'skipped') recordAttempt(job, rejectedUnread);
    return;
  }
  for (const job of jobs) recordAttempt(job, replyFor(job.id, answer, reading));
}

/** A cancel that was refused before it could act, for another reason than the job, and was not sent again. */
const rejectedUnread: CancelAttempt = { kind: 'unclear', code: 'unexpected_response', mayHaveActed: false };

/** What a bulk answer says about one job. A missing id, or one of which it says two things, may or may not have been cancelled. */
function replyFor(
  id: string,
  answer: ClientAnswer,
  reading: Exclude<CancelManyReading, { kind: 'refused' }> | undefined,
): CancelAttempt {
  if (answer.kind !== 'response' || reading === undefined) return readFailure(answer);
  if (reading.kind === 'failure') return readReply(reading, answer);
  const other = reading.others?.find(({ jobId }) => jobId === id)?.reading;
  const isAccepted = reading.jobIds.includes(id);
  if (isAccepted === (other !== undefined))
    return { kind: 'unclear', code: 'unexpected_response', mayHaveActed: true };
  if (other !== undefined) return replyAmongMany(other, answer.at);
  return { kind: 'accepted', reply: { providerStatus: reading.providerStatus }, at: answer.at };
}

/**
 * What is said of one job in an answer that accepts the key. A job that was refused for the key is not allowed to it; one that
 * met a limit or a fault is sent alone the next time.
 */
function replyAmongMany(reading: UnacceptedCancel['reading'], at: number): CancelAttempt {
  if (reading.kind === 'rejected') return { kind: 'rejected', at };
  const { code, mayHaveActed } = reading;
  return code === 'credentials_rejected'
    ? { kind: 'failed', code, answered: true, denied: true }
    : { kind: 'unclear', code, mayHaveActed };
}

/** Tries again, without a status check, only if the connection never opened. */
function untilConnected(
  { clock }: Connection,
  attempt: () => Promise<ClientAnswer>,
  { signal }: RequestLimits,
): Promise<ClientAnswer> {
  return retry({
    clock,
    signal,
    attempt,
    pauseAfter(answer, count) {
      const wasConnected = answer.kind !== 'lost' || answer.opened;
      return wasConnected || count >= mostAttempts ? undefined : backoffMs(count);
    },
  });
}

function readFailure(answer: ClientAnswer): CancelAttempt {
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

function readReply(
  reading: Exclude<CancelReading, { kind: 'other_method' }>,
  { at, denied }: Extract<ClientAnswer, { kind: 'response' }>,
): CancelAttempt {
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
