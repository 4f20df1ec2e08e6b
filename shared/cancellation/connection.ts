import type { Clock } from '../clock.ts';
import { sleep, within } from '../clock.ts';
import type { Place } from '../http/gate.ts';
import type { Answer, CredentialSource, Line, Terms } from '../http/line.ts';
import type { ProviderRequest, ProviderResponse } from '../http/message.ts';
import { backoffMs } from '../http/retry.ts';
import type { SameRequests, Seat } from '../http/same-requests.ts';
import { pause } from '../pauses.ts';
import type {
  ConnectionOptions,
  Failure,
  Operation,
  ProviderAdapter,
} from '../providers/provider-adapter.ts';

import type { BatchLog } from './batch-log.ts';
import type { Glances } from './glances.ts';
import type { Failed, Skipped } from './job.ts';
import type { WaitingLooks } from './waiting-looks.ts';

/** A provider account known to this installation: who it is, how to speak to it, and the line that leads there. */
export interface Connection {
  readonly name: string;
  readonly adapter: ProviderAdapter;
  readonly options: ConnectionOptions;
  readonly line: Line<Operation>;
  readonly credentials: CredentialSource;
  readonly clock: Clock;
  /** What was found out while speaking to it: the method that its cancel wants. */
  readonly learned: { cancelMethod?: 'GET' | 'POST' };
  /** Single looks on behalf of searches. */
  readonly glances: Glances;
  /** What waits there to be asked by more than one. */
  readonly sameRequests: SameRequests;
  readonly looks: WaitingLooks;
  readonly batches: BatchLog;
}

const mostAttempts = 3;

/**
 * One thing to read: what to ask, and how to understand the answer. A request that is made when its turn has come, or not
 * at all, is made for others only if it has the same `key`.
 */
export interface Question<Reading> {
  readonly operation: Operation;
  readonly request: ProviderRequest | (() => ProviderRequest | undefined);
  readonly key?: string;
  read(response: ProviderResponse): Reading | Failure;
}

/** What requests have in common that can be made for one another. */
export function keyOf({ method, path, query = [] }: ProviderRequest): string {
  return JSON.stringify([method, path.segments, query]);
}

/** What was read, and at what wall time the answer came; or why nothing was. */
export type Result<Reading> =
  | { readonly kind: 'read'; readonly reading: Reading; readonly at: number }
  | Failed
  | Skipped;

/**
 * Asks something that may be asked as often as one likes, and tries up to three times. A rejected key and a limit are
 * final: the line has done for them what can be done. Of several who wait to ask the same, one asks for all.
 */
export async function ask<Reading extends { readonly kind: string }>(
  connection: Connection,
  question: Question<Reading>,
  terms: Terms,
): Promise<Result<Reading>> {
  const { clock, sameRequests } = connection;
  const { request } = question;
  const seat = sameRequests.join(typeof request === 'function' ? question.key : keyOf(request));
  let answer: Answer | undefined;
  try {
    for (;;) {
      const own = await askInTurn(connection, question, terms, seat);
      answer = own.answer;
      if (answer.kind !== 'skipped' || seat.served === undefined) return own.result;
      answer = await within(clock, terms.answerBy - clock.now(), seat.served);
      if (answer !== undefined) return await understand(answer, question);
      seat.wait();
    }
  } finally {
    seat.leave(answer !== undefined && tellsAll(answer, terms, clock) ? answer : undefined);
  }
}

/** What was answered, and what that means to the one who asked. */
interface Understood<Reading> {
  readonly answer: Answer;
  readonly result: Result<Reading>;
}

/** Asks by itself, unless somebody else has asked for it when its turn comes. */
async function askInTurn<Reading extends { readonly kind: string }>(
  { line, clock }: Connection,
  question: Question<Reading>,
  terms: Terms,
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
  for (let attempt = 1; ; attempt += 1) {
    const answer = await line.ask(operation, makeRequest, { ...terms, queued });
    const understood = { answer, result: await understand(answer, question) };
    const { result } = understood;
    if (result.kind === 'skipped') return seat.served === undefined ? (failed ?? understood) : understood;
    if (result.kind !== 'failed' || !mayPass(answer, result) || attempt >= mostAttempts) return understood;
    const pauseMs = backoffMs(attempt - 1);
    if (clock.now() + pauseMs >= terms.answerBy) return understood;
    failed = understood;
    await sleep(clock, pauseMs, terms.signal);
  }
}

/** Whether an answer, or that it was lost, has nothing to do with who asked. */
function tellsAll(answer: Answer, { answerBy, signal }: Terms, clock: Clock): boolean {
  if (answer.kind === 'response') return true;
  return answer.kind === 'lost' && !signal?.aborted && clock.now() < answerBy;
}

async function understand<Reading extends { readonly kind: string }>(
  answer: Answer,
  question: Question<Reading>,
): Promise<Result<Reading>> {
  if (answer.kind === 'skipped') return { kind: 'skipped' };
  if (answer.kind === 'unsent')
    return { kind: 'failed', code: answer.code, cause: answer.cause, retryAfterMs: answer.retryAfterMs };
  if (answer.kind === 'lost') return { kind: 'failed', code: 'provider_unavailable', cause: answer.cause };
  await pause();
  const reading = question.read(answer.response);
  if (!isFailure(reading)) return { kind: 'read', reading, at: answer.at };
  const { code, doubtful } = reading;
  const denied = answer.denied ? true : undefined;
  return { kind: 'failed', code, ...(denied && { denied }), ...(doubtful && { doubtful }) };
}

function isFailure(reading: { readonly kind: string }): reading is Failure {
  return reading.kind === 'failure';
}

function mayPass(answer: Answer, { code, doubtful }: Failed): boolean {
  return !doubtful && answer.kind !== 'unsent' && code !== 'credentials_rejected' && code !== 'rate_limited';
}

/** `items` in groups of at most `size`, in order. */
export function inChunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
