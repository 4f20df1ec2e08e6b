import type { Cause } from '../contract/outcome.ts';
import { readConnectionError } from '../http/connection-error.ts';
import type { Clock } from '../lib/clock.ts';

/** The result of one attempt: the status of the answer, or, without one, the cause if it is known. */
export interface Posted {
  readonly ok: boolean;
  readonly status?: number;
  readonly cause?: Cause;
}

/** How to send, and with which headers. */
export interface PostTerms {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly headers: Readonly<Record<string, string>>;
}

/** How long a receiver may take until the head of its answer has come, in milliseconds. */
const postTimeoutMs = 10_000;

/**
 * Sends one message to the operator's own URL, once. The only place that calls `fetch` for a webhook. It follows no redirect
 * and does not read the body of the answer. Never rejects.
 */
export async function post(url: string, body: string, { fetch, clock, headers }: PostTerms): Promise<Posted> {
  const patience = new AbortController();
  const stop = clock.after(postTimeoutMs, () => patience.abort());
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'calloff', ...headers },
      redirect: 'manual',
      cache: 'no-store',
      signal: patience.signal,
      body,
    });
    await response.body?.cancel();
    return { ok: response.ok, status: response.status };
  } catch (error) {
    const { cause } = patience.signal.aborted ? { cause: 'timeout' as const } : readConnectionError(error);
    return { ok: false, ...(cause && { cause }) };
  } finally {
    stop();
  }
}
