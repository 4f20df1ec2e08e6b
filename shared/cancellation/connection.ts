import type { Clock } from '../clock.ts';
import { sleep } from '../clock.ts';
import type { Answer, CredentialSource, Line, Terms } from '../http/line.ts';
import type { ProviderRequest, ProviderResponse } from '../http/message.ts';
import { backoffMs } from '../http/retry.ts';
import type {
  ConnectionOptions,
  Failure,
  Operation,
  ProviderAdapter,
} from '../providers/provider-adapter.ts';
import type { Glances } from './glances.ts';
import type { Failed, Skipped } from './job.ts';

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
}

const mostAttempts = 3;

/** One thing to read: what to ask, and how to understand the answer. */
export interface Question<Reading> {
  readonly operation: Operation;
  readonly request: ProviderRequest;
  read(response: ProviderResponse): Reading | Failure;
}

/** What was read, and at what wall time the answer came; or why nothing was. */
export type Result<Reading> =
  | { readonly kind: 'read'; readonly reading: Reading; readonly at: number }
  | Failed
  | Skipped;

/**
 * Asks something that may be asked as often as one likes, and tries up to three times. A rejected key and a limit are
 * final: the line has done for them what can be done.
 */
export async function ask<Reading extends { readonly kind: string }>(
  { line, clock }: Connection,
  question: Question<Reading>,
  terms: Terms,
): Promise<Result<Reading>> {
  let failed: Failed | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await line.ask(question.operation, () => question.request, terms);
    const result = understand(answer, question);
    if (result.kind === 'skipped' && failed !== undefined) return failed;
    if (result.kind !== 'failed' || !mayPass(answer, result) || attempt >= mostAttempts) return result;
    const pauseMs = backoffMs(attempt - 1);
    if (clock.now() + pauseMs >= terms.answerBy) return result;
    failed = result;
    await sleep(clock, pauseMs, terms.signal);
  }
}

function understand<Reading extends { readonly kind: string }>(
  answer: Answer,
  question: Question<Reading>,
): Result<Reading> {
  if (answer.kind === 'skipped') return { kind: 'skipped' };
  if (answer.kind === 'unsent')
    return { kind: 'failed', code: answer.code, cause: answer.cause, retryAfterMs: answer.retryAfterMs };
  if (answer.kind === 'lost') return { kind: 'failed', code: 'provider_unavailable', cause: answer.cause };
  const reading = question.read(answer.response);
  const denied = answer.denied ? true : undefined;
  return isFailure(reading)
    ? { kind: 'failed', code: reading.code, ...(denied && { denied }) }
    : { kind: 'read', reading, at: answer.at };
}

function isFailure(reading: { readonly kind: string }): reading is Failure {
  return reading.kind === 'failure';
}

function mayPass(answer: Answer, { code }: Failed): boolean {
  return answer.kind !== 'unsent' && code !== 'credentials_rejected' && code !== 'rate_limited';
}

/** `items` in groups of at most `size`, in order. */
export function inChunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
