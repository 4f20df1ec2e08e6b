import type { Cause } from '../contract/outcome.ts';
import type { TimeLimit } from '../lib/abort.ts';
import type { Clock } from '../lib/clock.ts';
import { type Auth, keyHeader } from './auth/auth.ts';
import { type FailureLimit, isAcceptance, isRejection, type Tripped } from './failure-limit.ts';
import type { KeyPlace } from './key-location.ts';
import type { Accounts } from './rate-limit/accounts.ts';
import type {
  AdaptiveRateLimiter,
  Permit,
  Place,
  RequestResult,
} from './rate-limit/adaptive-rate-limiter.ts';
import { askToLeave } from './rate-limit/ask-to-leave.ts';
import type { Turn } from './rate-limit/turn.ts';
import { type Sent, send } from './send-request.ts';
import type { Credential, LimitGroup, ProviderRequest, ProviderResponse } from './types.ts';

const longestRequestMs = 10_000;
/** How long an answer proves that the key is accepted, in milliseconds. */
const acceptanceMs = 60_000;

/** Where a connection's credential comes from. */
export interface CredentialSource {
  /** The credential in force; `undefined` if none is configured, `unreadable` if it cannot be read now. Never rejects. */
  current(): Promise<Credential | 'unreadable' | undefined>;
  /** The place of the key, with the fault that `current` found there last. */
  keyPlace?(): KeyPlace;
  /** Called after the provider rejected a credential: returns a newer one, or `undefined` if there is none. */
  renew(rejected: Credential): Promise<Credential | undefined>;
}

/** The limits of one call. Times are on the monotonic clock, in milliseconds. */
export interface RequestLimits {
  /** After this nothing new is sent. */
  readonly sendBy: number;
  /** When every answer must be in. */
  readonly answerBy: number;
  /** Aborted when the caller disconnects: no new request is sent, but the answers to sent ones are awaited. */
  readonly signal?: AbortSignal | undefined;
  /** Makes the limit on the wait for a request that begins now: `ms`, or less if the call is hastened. */
  readonly patience?: ((ms: number) => TimeLimit) | undefined;
  readonly failureLimit: FailureLimit;
  /** The purpose of the requests, which decides their turn. */
  readonly turn: Turn;
  /**
   * Asked with the permit, right before each request leaves, and before it leaves again. If it answers false, nothing is
   * sent. Between a true answer and the request nothing else is waited for.
   */
  readonly leave?: (() => Promise<boolean>) | undefined;
  /** Called if a request has to wait for its turn. */
  queued?(place: Place): void;
}

/**
 * The result of a request, and its wall time `at`. `unsent` promises that nothing was sent; `lost` with `opened: false`
 * that nothing arrived. `needless`: the request was no longer needed at its turn. `denied`: a 403 with a key that was
 * accepted a moment ago, so it is about this request. `answered`: a 429 came before.
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
  /** The adapter's id. With the base URL and the key it identifies the account. */
  readonly provider: string;
  readonly auth: Auth;
  readonly limits: readonly LimitGroup<Operation>[];
  readonly credentials: CredentialSource;
  readonly accounts: Accounts;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Called for each request whose answer was lost for a known cause. */
  onLost?(cause: Cause): void;
}

/** The client of one provider account: attaches the key, waits for the account's rate limiter, and stops after repeated failures. */
export class ProviderClient<Operation extends string> {
  readonly #parts: Parts<Operation>;
  /** The rate limiters that were used last. */
  readonly #limiters = new Map<Operation, AdaptiveRateLimiter>();
  /** The last accepted key, and when it was accepted. */
  #accepted: { readonly apiKey: string; readonly at: number } | undefined;

  constructor(parts: Parts<Operation>) {
    this.#parts = parts;
  }

  /** The milliseconds from now on for which the provider asks calloff to wait; 0 if it does not. */
  get heldMs(): number {
    return Math.max(0, ...[...this.#limiters.values()].map(({ heldMs }) => heldMs));
  }

  /**
   * Builds a request at its turn, sends it and returns its answer; if there is none to send by then, another takes the turn.
   * After a 429 it waits and sends again, while there is time; after a rejected key once more, if the key has changed.
   * Sends nothing else twice.
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
      const permit = await limiter.acquire({ deadline, turn, signal, again, queued });
      const entry = terms.leave === undefined ? permit : await askToLeave(permit, terms, clock);
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

  /** Whether an answer is a 403 with a key that was accepted a moment ago. Remembers accepted keys. */
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
      authorization: keyHeader(auth, apiKey),
      timeoutMs: requestTimeoutMs(clock.now(), terms.answerBy),
      patience: terms.patience,
      now: clock.wallTime(),
    });
  }
}

/**
 * The milliseconds that one request may take: ten seconds, and never beyond `answerBy`. A whole number above 0, because
 * `timeLimit` throws at any other.
 */
export function requestTimeoutMs(now: number, answerBy: number): number {
  return Math.max(1, Math.floor(Math.min(longestRequestMs, answerBy - now)));
}

/** Builds the request at its turn. If there is none, or on a bug, another takes the turn. */
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

/** Marks an answer whose request had a 429 before. */
function withHistory(answer: ClientAnswer, answered: boolean): ClientAnswer {
  return answer.kind === 'unsent' && answered ? { ...answer, answered } : answer;
}

/** Whether the provider rejected the key, now or earlier in the same call. */
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

/** Why the rate limiter, or a failure limit reached while waiting, keeps this request from being sent. */
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
