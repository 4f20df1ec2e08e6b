import type { Cause } from '../../shared/contract/outcome.ts';
import { readConnectionError } from '../../shared/http/connection-error.ts';
import { timeLimit } from '../../shared/lib/abort.ts';
import { systemClock } from '../../shared/lib/clock.ts';

/** A request to a server, complete but for the token. */
export interface RemoteRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** What is needed to send it, and how long to wait, in milliseconds. */
interface ExchangeTerms {
  readonly token: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * What a request led to. `text` is absent if the body is longer than any answer of calloff. `lost`: no answer, and with
 * `opened: false` nothing was sent. `left`: this process stopped waiting because it was told to stop.
 */
export type Exchanged =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly text: string | undefined;
      readonly retryAfterSeconds: number | undefined;
    }
  | { readonly kind: 'lost'; readonly opened: boolean; readonly cause?: Cause | undefined }
  | { readonly kind: 'left'; readonly opened: boolean };

/** Four times the largest answer of calloff, which has 5,000 outcomes. */
const largestAnswer = 32_000_000;

/** Sends a request with the token, once, and follows no redirect, which would hand the token on. Never rejects. */
export async function exchange(
  { method, url, headers, body }: RemoteRequest,
  { token, timeoutMs, signal }: ExchangeTerms,
): Promise<Exchanged> {
  if (signal?.aborted) return { kind: 'left', opened: false };
  const limit = timeLimit(systemClock, timeoutMs, signal);
  try {
    const response = await fetch(url, {
      ...{ method, redirect: 'manual', cache: 'no-store', signal: limit.signal },
      headers: { ...headers, authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body }),
    });
    const text = await textOf(response);
    const after = response.headers.get('retry-after') ?? '';
    const retryAfterSeconds = /^\d{1,6}$/.test(after) ? Number(after) : undefined;
    return { kind: 'answer', status: response.status, text, retryAfterSeconds };
  } catch (error) {
    return signal?.aborted ? { kind: 'left', opened: true } : { kind: 'lost', ...readConnectionError(error) };
  } finally {
    limit.done();
  }
}

/** The body; `undefined` if it is too long. @throws {Error} if it breaks off. */
async function textOf({ body }: Response): Promise<string | undefined> {
  if (body === null) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > largestAnswer) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
