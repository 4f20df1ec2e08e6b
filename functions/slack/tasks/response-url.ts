import { readRetryAfter, timeOfResponse } from '../../../shared/http/retry-after.ts';
import type { Clock } from '../../../shared/lib/clock.ts';
import { parseJson } from '../../../shared/lib/json.ts';
import { retry } from '../../../shared/lib/retry.ts';
import type { PlainMessage, SlackMessage } from '../cards/message.ts';

const slackOrigins = ['https://hooks.slack.com', 'https://hooks.slack-gov.com'] as const;

/** Why a response URL is not used. */
export type ResponseUrlFault = 'malformed' | 'foreign';

/**
 * Checks a response URL: `https` at one of Slack's two hosts, without port, user or fragment, and in the form that a URL
 * parser writes. With `allowedOrigin`, a loopback origin, only that one.
 */
export function readResponseUrl(text: string, allowedOrigin?: string): URL | ResponseUrlFault {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.href !== text || url.hash !== '') return 'malformed';
  const origins: readonly string[] = allowedOrigin === undefined ? slackOrigins : [allowedOrigin];
  const bare = url.username === '' && url.password === '';
  return bare && origins.includes(url.origin) ? url : 'foreign';
}

/**
 * The result of a message. `rejected`: Slack refused it. `lost`: no usable answer, twice; it may have arrived. `used_up`
 * and `expired`: nothing was sent.
 */
export type Delivery = 'delivered' | 'rejected' | 'lost' | 'used_up' | 'expired';

/** A response URL, its age and what it needs to send. */
export interface ResponseUrlParts {
  readonly url: URL;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** How old the URL is, in milliseconds. */
  readonly ageMs: number;
  /** How often it was used before. */
  readonly used?: number;
  /** Aborted when the process is to stop: waits are short from then on. */
  readonly stopping?: AbortSignal | undefined;
}

/** How often Slack takes a message at one URL. */
export const mostUses = 5;
const mostAttempts = 2;
/** How long Slack takes messages at one URL, in milliseconds. */
export const lifetimeMs = 30 * 60_000;
const timeoutMs = 5_000;
const lastTimeoutMs = 2_000;
const pauseMs = 1_000;
const longestPauseMs = 10_000;

/**
 * A response URL that counts its uses and is never shown, because anyone who has it may write to the channel. It does not
 * count uses by another delivery of the same task; Slack itself refuses a sixth use.
 */
export class ResponseUrl {
  readonly #parts: ResponseUrlParts;
  /** On the monotonic clock. */
  readonly #expiresAt: number;
  #used: number;

  constructor(parts: ResponseUrlParts) {
    this.#parts = parts;
    this.#used = parts.used ?? 0;
    this.#expiresAt = parts.clock.now() + lifetimeMs - parts.ageMs;
  }

  /** How often it was used. */
  get used(): number {
    return this.#used;
  }

  /** Sends a message, and once more after a lost answer, a 429 or a 5xx. Never rejects. */
  async send(message: SlackMessage | PlainMessage): Promise<Delivery> {
    const { clock, stopping } = this.#parts;
    let attempts = 0;
    const last = await retry({
      clock,
      signal: stopping,
      attempt: () => this.#attempt(message),
      pauseAfter(result, count) {
        attempts = count;
        if (typeof result === 'string' || count >= mostAttempts) return undefined;
        return Math.min(result.retryAfterMs ?? pauseMs, longestPauseMs);
      },
    });
    if (typeof last !== 'string') return 'lost';
    // Nothing was sent the second time: the first message may have arrived.
    const isUnsent = last === 'used_up' || last === 'expired';
    return isUnsent && attempts > 1 ? 'lost' : last;
  }

  async #attempt(
    message: SlackMessage | PlainMessage,
  ): Promise<Delivery | { readonly retryAfterMs: number | null }> {
    if (this.#parts.clock.now() >= this.#expiresAt) return 'expired';
    if (this.#used >= mostUses) return 'used_up';
    this.#used += 1;
    return post(message, this.#parts);
  }
}

async function post(
  message: SlackMessage | PlainMessage,
  { url, fetch, clock, stopping }: ResponseUrlParts,
): Promise<'delivered' | 'rejected' | { readonly retryAfterMs: number | null }> {
  const patience = new AbortController();
  const stop = clock.after(stopping?.aborted ? lastTimeoutMs : timeoutMs, () => patience.abort());
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'calloff' },
      redirect: 'manual',
      signal: patience.signal,
      body: JSON.stringify(message),
    });
    const said = parseJson(await response.text());
    const madeAt = timeOfResponse(response.headers.get('date'), clock.wallTime());
    if (response.status === 429 || response.status >= 500)
      return { retryAfterMs: readRetryAfter(response.headers.get('retry-after'), madeAt) };
    return response.ok && !isRefusal(said) ? 'delivered' : 'rejected';
  } catch {
    return { retryAfterMs: null };
  } finally {
    stop();
  }
}

/** Slack also refuses with a 200 whose body says `"ok": false`. */
function isRefusal(said: unknown): boolean {
  return typeof said === 'object' && said !== null && 'ok' in said && said.ok === false;
}
