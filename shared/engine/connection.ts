import type { ConnectionOptions, Failure, ProviderAdapter, RequestKind } from '../adapter/adapter.ts';
import type { CredentialSource } from '../http/auth/credential-source.ts';
import type { ClientAnswer } from '../http/client-answer.ts';
import type { ProviderClient, RequestLimits } from '../http/provider-client.ts';
import type { Place } from '../http/rate-limit/permit.ts';
import type { Seat, SharedRequests } from '../http/shared-requests.ts';
import type { ProviderRequest, ProviderResponse } from '../http/types.ts';
import type { Clock } from '../lib/clock.ts';
import { within } from '../lib/clock.ts';
import { yieldIfBusy } from '../lib/event-loop.ts';
import { backoffMs, retry } from '../lib/retry.ts';
import type { Failed, Skipped } from './attempt-history.ts';
import type { BatchLog } from './batch-log.ts';
import type { StatusCache } from './status-cache.ts';
import type { WaitingChecks } from './waiting-checks.ts';

/** A provider account of this installation: its name, its adapter and its client. */
export interface Connection {
  readonly name: string;
  readonly adapter: ProviderAdapter;
  readonly options: ConnectionOptions;
  readonly client: ProviderClient<RequestKind>;
  readonly credentials: CredentialSource;
  readonly clock: Clock;
  /** Options learned from the provider's answers. They override the configured ones. */
  readonly learned: { options?: ConnectionOptions };
  /** Single status checks on behalf of lists. */
  readonly statusCache: StatusCache;
  /** Identical requests that wait, which are sent once for all. */
  readonly sameRequests: SharedRequests;
  readonly waitingChecks: WaitingChecks;
  readonly batchLog: BatchLog;
}

const mostAttempts = 3;

/**
 * A read: its request, and how to read the answer. A request that is built when its turn comes is shared with others only
 * if it has the same `key`.
 */
export interface StatusQuestion<Reading> {
  readonly operation: RequestKind;
  readonly request: ProviderRequest | (() => ProviderRequest | undefined);
  readonly key?: string;
  read(response: ProviderResponse): Reading | Failure;
}

/** The key of a request. Requests with the same key are interchangeable. */
export function keyOf({ method, path, query = [], body, headers = {} }: ProviderRequest): string {
  return JSON.stringify([method, path.segments, query, body, Object.entries(headers).toSorted()]);
}

/** The reading and the wall time of the answer, or why there is none. */
export type ReadResult<Reading> =
  | { readonly kind: 'read'; readonly reading: Reading; readonly at: number }
  | Failed
  | Skipped;

/**
 * Sends a read, which may be repeated safely, up to three times. A rejected key and a rate limit are final, because the
 * client has already handled them. Identical reads that wait are sent once for all.
 */
export async function ask<Reading extends { readonly kind: string }>(
  connection: Connection,
  question: StatusQuestion<Reading>,
  terms: RequestLimits,
): Promise<ReadResult<Reading>> {
  const { clock, sameRequests } = connection;
  const { request } = question;
  const seat = sameRequests.join(typeof request === 'function' ? question.key : keyOf(request));
  let answer: ClientAnswer | undefined;
  try {
    for (;;) {
      const own = await askInTurn(connection, question, terms, seat);
      answer = own.answer;
      if (answer.kind !== 'skipped' || seat.served === undefined) return own.result;
      answer = await within(clock, terms.answerBy - clock.now(), seat.served);
      if (answer !== undefined) return await readAnswer(answer, question);
      seat.wait();
    }
  } finally {
    seat.leave(answer !== undefined && tellsAll(answer, terms, clock) ? answer : undefined);
  }
}

/** An answer, and its reading. */
interface Understood<Reading> {
  readonly answer: ClientAnswer;
  readonly result: ReadResult<Reading>;
}

/** Sends the request itself, unless another call has sent the same one by its turn. */
async function askInTurn<Reading extends { readonly kind: string }>(
  { client, clock }: Connection,
  question: StatusQuestion<Reading>,
  terms: RequestLimits,
  seat: Seat,
): Promise<Understood<Reading>> {
  const { operation, request } = question;
  const makeRequest = () => {
    if (seat.served !== undefined) return undefined;
    const made = typeof request === 'function' ? request() : request;
    if (made !== undefined) seat.lead();
    return made;
  };
  const queued = (place: Place) => {
    seat.queued(place);
    terms.queued?.(place);
  };
  let failed: Understood<Reading> | undefined;
  const last = await retry<Understood<Reading>>({
    clock,
    signal: terms.signal,
    async attempt() {
      const answer = await client.ask(operation, makeRequest, { ...terms, queued });
      return { answer, result: await readAnswer(answer, question) };
    },
    pauseAfter(understood, count) {
      const { answer, result } = understood;
      if (result.kind !== 'failed' || !mayPass(answer, result) || count >= mostAttempts) return undefined;
      const pauseMs = backoffMs(count);
      if (clock.now() + pauseMs >= terms.answerBy) return undefined;
      failed = understood;
      return pauseMs;
    },
  });
  // If no other attempt was made, the one before it says why.
  const isUnasked = last.result.kind === 'skipped' && seat.served === undefined;
  return isUnasked ? (failed ?? last) : last;
}

/** Whether an answer, or its loss, is valid for every call that waits for it. */
function tellsAll(answer: ClientAnswer, { answerBy, signal }: RequestLimits, clock: Clock): boolean {
  if (answer.kind === 'response') return true;
  return answer.kind === 'lost' && !signal?.aborted && clock.now() < answerBy;
}

async function readAnswer<Reading extends { readonly kind: string }>(
  answer: ClientAnswer,
  question: StatusQuestion<Reading>,
): Promise<ReadResult<Reading>> {
  if (answer.kind === 'skipped') return { kind: 'skipped' };
  if (answer.kind === 'unsent')
    return { kind: 'failed', code: answer.code, cause: answer.cause, retryAfterMs: answer.retryAfterMs };
  if (answer.kind === 'lost') return { kind: 'failed', code: 'provider_unavailable', cause: answer.cause };
  await yieldIfBusy();
  const reading = question.read(answer.response);
  if (!isFailure(reading)) return { kind: 'read', reading, at: answer.at };
  const { code, doubtful } = reading;
  const denied = answer.denied ? true : undefined;
  return { kind: 'failed', code, ...(denied && { denied }), ...(doubtful && { doubtful }) };
}

function isFailure(reading: { readonly kind: string }): reading is Failure {
  return reading.kind === 'failure';
}

function mayPass(answer: ClientAnswer, { code, doubtful }: Failed): boolean {
  return !doubtful && answer.kind !== 'unsent' && code !== 'credentials_rejected' && code !== 'rate_limited';
}

/** `items` in groups of at most `size`, in order. */
export function inChunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** A job that may be asked for: its connection exists and its id is canonical. */
export interface Target {
  readonly connection: Connection;
  readonly jobId: string;
}
