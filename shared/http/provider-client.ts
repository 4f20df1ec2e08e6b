import type { Cause } from '../contract/outcome.ts';
import type { Clock } from '../lib/clock.ts';
import { type FailureLimit, isAcceptance, isRejection, type Tripped } from './failure-limit.ts';
import type { KeyPlace } from './key-place.ts';
import type { Accounts } from './rate-limit/accounts.ts';
import type {
  AdaptiveRateLimiter,
  Permit,
  Place,
  RequestResult,
} from './rate-limit/adaptive-rate-limiter.ts';
import type { Turn } from './rate-limit/turn.ts';
import { type Sent, send } from './send-request.ts';
import type { Credential, LimitGroup, ProviderRequest, ProviderResponse } from './types.ts';

const longestRequestMs = 10_000;
/** So long an answer shows that the key is accepted. */
const acceptanceMs = 60_000;

/** Where a connection's credential comes from. */
export interface CredentialSource {
  /** The credential in force; `undefined` where none is configured, `unreadable` where nobody can tell now. Rejects never. */
  current(): Promise<Credential | 'unreadable' | undefined>;
  /** The place of the key, by what `current` found there last. */
  keyPlace?(): KeyPlace;
  /** Called when `rejected` was not accepted: another one, where there is one by now, else `undefined`. */
  renew(rejected: Credential): Promise<Credential | undefined>;
}

/** The limits of one call. Times are those of the clock that only goes forward, in milliseconds. */
export interface RequestLimits {
  /** After this nothing new is sent. */
  readonly sendBy: number;
  /** By this every answer must be in. */
  readonly answerBy: number;
  /** Aborted when the caller went away: nothing new is sent, what was sent is waited for. */
  readonly signal?: AbortSignal | undefined;
  /** Aborted when a request that begins now is not waited for any longer, after `ms` at the latest. */
  readonly patience?: ((ms: number) => AbortSignal) | undefined;
  readonly failureLimit: FailureLimit;
  /** What the requests of the call are for, which says when it is their turn. */
  readonly turn: Turn;
  /** Told where a request has to wait for its turn. */
  queued?(place: Place): void;
}

/**
 * What came of asking, and `at` what wall time. `unsent` promises that nothing left; `lost` with `opened: false` that
 * nothing arrived. `needless`: when the turn came, or before, it was not wanted any more. `denied`: a 403 under a key that was
 * accepted a moment ago, so that it is about what was asked for. `answered`: a 429 came before.
 */
export type ClientAnswer =
  | {
      readonly kind: 'response';
      readonly response: ProviderResponse;
      readonly at: number;
      readonly denied?: boolean;
    }
  | { readonly kind: 'lost'; readonly opened: boolean; readonly cause?: Cause; readonly at: number }
  | {
      readonly kind: 'unsent';
      readonly code: UnsentCode;
      readonly cause?: Cause;
      readonly retryAfterMs?: number;
      readonly answered?: boolean;
    }
  | { readonly kind: 'skipped'; readonly reason: 'late' | 'aborted' | 'needless' };

export type UnsentCode =
  | 'provider_not_configured'
  | 'credentials_rejected'
  | 'provider_unavailable'
  | 'rate_limited';

interface Parts<Operation extends string> {
  /** Names the adapter: with the base URL and the key it makes the account. */
  readonly provider: string;
  readonly auth: { readonly header: string; readonly prefix: string };
  readonly limits: readonly LimitGroup<Operation>[];
  readonly credentials: CredentialSource;
  readonly accounts: Accounts;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Told of each request whose answer was lost for a known cause. */
  onLost?(cause: Cause): void;
}

/** The line to one provider account: attaches the key, keeps the pace of the account, and knows when to stop asking. */
export class ProviderClient<Operation extends string> {
  readonly #parts: Parts<Operation>;
  /** Those that were used last. */
  readonly #limiters = new Map<Operation, AdaptiveRateLimiter>();
  /** The key that was accepted last, and when. */
  #accepted: { readonly apiKey: string; readonly at: number } | undefined;

  constructor(parts: Parts<Operation>) {
    this.#parts = parts;
  }

  /** Milliseconds for which the provider asks to be left alone from now on; 0 if it does not. */
  get heldMs(): number {
    return Math.max(0, ...[...this.#limiters.values()].map(({ heldMs }) => heldMs));
  }

  /**
   * Sends a request, made when its turn has come, and gives its answer; if there is none by then, another goes instead.
   * A 429 is waited for and sent again, as long as there is time; a rejected key is sent once more if it has changed.
   * Nothing else is sent twice.
   */
  async ask(
    operation: Operation,
    makeRequest: () => ProviderRequest | undefined,
    terms: RequestLimits,
  ): Promise<ClientAnswer> {
    const credential = await this.#parts.credentials.current();
    if (credential === undefined) return { kind: 'unsent', code: 'provider_not_configured' };
    if (credential === 'unreadable')
      return { kind: 'unsent', code: 'provider_unavailable', cause: 'secret_unreadable' };
    const answer = await this.#askWith(credential, operation, makeRequest, terms);
    if (!isRejected(answer)) return answer;
    const renewed = await this.#parts.credentials.renew(credential);
    if (renewed === undefined) return answer;
    const second = await this.#askWith(renewed, operation, makeRequest, terms);
    return second.kind === 'skipped' ? answer : second;
  }

  async #askWith(
    credential: Credential,
    operation: Operation,
    makeRequest: () => ProviderRequest | undefined,
    terms: RequestLimits,
  ): Promise<ClientAnswer> {
    const { accounts, clock, provider, limits } = this.#parts;
    const limiter = accounts.limiter(operation, { provider, limits, credential });
    this.#limiters.set(operation, limiter);
    for (let again = false; ; again = true) {
      const askedAt = clock.now();
      const { sendBy: deadline, signal, turn } = terms;
      const queued = (place: Place) => terms.queued?.(place);
      const entry = await limiter.acquire({ deadline, turn, signal, again, queued });
      const refusal = refusalOf(entry, terms.failureLimit.trippedFor(credential.apiKey), again);
      if (refusal !== undefined || entry.kind !== 'entered')
        return refusal === undefined ? { kind: 'skipped', reason: 'late' } : withHistory(refusal, again);
      const request = requestOf(makeRequest, entry);
      if (request === undefined) return { kind: 'skipped', reason: 'needless' };
      accounts.note(turn, clock.now() - askedAt);
      const sent = await this.#send(credential, request, terms).catch((error: unknown) => {
        entry.release({ kind: 'lost' });
        throw error;
      });
      const denied = this.#isDenied(sent, credential.apiKey);
      terms.failureLimit.note(sent, credential.apiKey, denied);
      entry.release(passageOf(sent));
      if (sent.kind === 'lost') {
        if (sent.cause !== undefined) this.#parts.onLost?.(sent.cause);
        return { ...sent, at: clock.wallTime() };
      }
      if (sent.response.status !== 429)
        return { kind: 'response', response: sent.response, at: clock.wallTime(), denied };
    }
  }

  /** Whether an answer is a 403 under a key that was accepted a moment ago. Remembers which keys are. */
  #isDenied(sent: Sent, apiKey: string): boolean {
    if (sent.kind === 'lost') return false;
    const now = this.#parts.clock.now();
    if (isAcceptance(sent.response)) this.#accepted = { apiKey, at: now };
    const { apiKey: accepted, at = 0 } = this.#accepted ?? {};
    if (sent.response.status !== 403 || !isRejection(sent.response)) return false;
    return accepted === apiKey && now - at <= acceptanceMs;
  }

  async #send(
    { apiKey, baseUrl }: Credential,
    request: ProviderRequest,
    terms: RequestLimits,
  ): Promise<Sent> {
    const { auth, clock } = this.#parts;
    return send(request, {
      fetch: this.#parts.fetch,
      baseUrl,
      authorization: [auth.header, auth.prefix + apiKey],
      timeoutMs: requestTimeoutMs(clock.now(), terms.answerBy),
      patience: terms.patience,
      now: clock.wallTime(),
    });
  }
}

/**
 * Milliseconds that one request may take: ten seconds, and never longer than there is until `answerBy`. A whole number
 * above 0, because `AbortSignal.timeout` throws at any other.
 */
export function requestTimeoutMs(now: number, answerBy: number): number {
  return Math.max(1, Math.floor(Math.min(longestRequestMs, answerBy - now)));
}

/** The request whose turn has come. Where there is none, or a bug of ours, the turn is another's. */
function requestOf(
  makeRequest: () => ProviderRequest | undefined,
  entry: Extract<Permit, { kind: 'entered' }>,
): ProviderRequest | undefined {
  let request: ProviderRequest | undefined;
  try {
    request = makeRequest();
  } finally {
    if (request === undefined) entry.release({ kind: 'unused' });
  }
  return request;
}

/** What was not sent again after a 429 had been answered before. */
function withHistory(answer: ClientAnswer, answered: boolean): ClientAnswer {
  return answer.kind === 'unsent' && answered ? { ...answer, answered } : answer;
}

/** Whether the key was not accepted, now or before in the same call. */
function isRejected(answer: ClientAnswer): boolean {
  if (answer.kind === 'response') return isRejection(answer.response);
  return answer.kind === 'unsent' && answer.code === 'credentials_rejected';
}

function passageOf(sent: Sent): RequestResult {
  if (sent.kind === 'lost') return { kind: sent.opened ? 'lost' : 'unopened' };
  return sent.response.status === 429
    ? { kind: 'limited', retryAfterMs: sent.retryAfterMs }
    : { kind: 'answered' };
}

/** Why the gate, or a breaker that tripped while waiting, keeps this request from being sent. */
function refusalOf(entry: Permit, tripped: Tripped | undefined, again: boolean): ClientAnswer | undefined {
  if (entry.kind === 'held')
    return { kind: 'unsent', code: 'rate_limited', retryAfterMs: entry.retryAfterMs };
  if (entry.kind === 'withdrawn') return { kind: 'skipped', reason: 'needless' };
  if (entry.kind === 'late' || entry.kind === 'aborted')
    return again ? { kind: 'unsent', code: 'rate_limited' } : { kind: 'skipped', reason: entry.kind };
  if (tripped === undefined) return undefined;
  entry.release({ kind: 'unused' });
  return { kind: 'unsent', ...tripped };
}
