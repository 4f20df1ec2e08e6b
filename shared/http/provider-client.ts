import type { Cause } from '../contract/outcome.ts';
import type { TimeLimit } from '../lib/abort.ts';
import type { Clock } from '../lib/clock.ts';
import type { MeasuredRequest, RequestClass } from '../lib/telemetry/meter.ts';
import type { Auth } from './auth/auth.ts';
import { Authorizer } from './auth/authorizer.ts';
import type { CredentialSource } from './auth/credential-source.ts';
import {
  answerOf,
  type ClientAnswer,
  isAboutKey,
  isRejected,
  requestResult,
  unsentAnswer,
  withHistory,
} from './client-answer.ts';
import type { FailureLimit } from './failure-limit.ts';
import type { Accounts } from './rate-limit/accounts.ts';
import { askToLeave } from './rate-limit/ask-to-leave.ts';
import type { OperationLimiter } from './rate-limit/operation-limiter.ts';
import type { Permit, Place } from './rate-limit/permit.ts';
import type { Turn } from './rate-limit/turn.ts';
import { type SendOptions, type Sent, send } from './send-request.ts';
import type { Credential, LimitGroup, ProviderRequest } from './types.ts';
import { type ReadTurnedAway, type Verdict, verdictOn } from './verdict.ts';

const longestRequestMs = 10_000;
/** How long an answer proves that the key is accepted, in milliseconds. */
const acceptanceMs = 60_000;

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

interface Parts<Operation extends string> {
  /** The adapter's id. With the base URL and the key it identifies the account. */
  readonly provider: string;
  readonly auth: Auth;
  readonly limits: readonly LimitGroup<Operation>[];
  /** What a response says of the key or the pace, if its status does not tell. */
  readonly turnedAway?: ReadTurnedAway | undefined;
  /** The most bytes of a response body that are read. */
  readonly mostBytes?: number | undefined;
  readonly credentials: CredentialSource;
  readonly accounts: Accounts;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Called for each request that was sent, when it has ended. */
  onSent?(request: MeasuredRequest): void;
  /** Called for each request whose answer was lost for a known cause. */
  onLost?(cause: Cause): void;
  /** Called for each request that the provider did not answer because of the key, once no other key is at hand. */
  onRejected?(): void;
}

/** The client of one provider account: attaches the key, waits for the account's rate limiter, and stops after repeated failures. */
export class ProviderClient<Operation extends string> {
  readonly #parts: Parts<Operation>;
  /** The rate limiters that were used last. */
  readonly #limiters = new Map<Operation, OperationLimiter>();
  /** The last accepted key, and when it was accepted. */
  #accepted: { readonly key: string; readonly at: number } | undefined;
  readonly #authorizer: Authorizer;

  constructor(parts: Parts<Operation>) {
    this.#parts = parts;
    this.#authorizer = new Authorizer(parts.auth, parts);
  }

  /** The milliseconds from now on for which the provider asks calloff to wait; 0 if it does not. */
  get heldMs(): number {
    return Math.max(0, ...[...this.#limiters.values()].map(({ heldMs }) => heldMs));
  }

  /**
   * Builds a request at its turn, sends it and returns its answer; if there is none to send by then, another takes the turn.
   * After a response that limits the pace it waits and sends again, while there is time; after a rejected key once more, if
   * the key has changed. Sends nothing else twice.
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
    const answer = await this.#askWithTokens(credential, operation, makeRequest, terms);
    if (!isRejected(answer)) return answer;
    const renewed = await this.#parts.credentials.renew(credential);
    const second = renewed && (await this.#askWithTokens(renewed, operation, makeRequest, terms));
    if (isAboutKey(second ?? answer)) this.#parts.onRejected?.();
    return second === undefined || second.kind === 'skipped' ? answer : second;
  }

  /** Asks with a key. If a token that was made from it is rejected, asks once more with a new one. */
  async #askWithTokens(
    credential: Credential,
    operation: Operation,
    makeRequest: () => ProviderRequest | undefined,
    terms: RequestLimits,
  ): Promise<ClientAnswer> {
    const tried = new Set<string>();
    const answer = await this.#askWith(credential, operation, makeRequest, { ...terms, tried });
    if (!isAboutKey(answer) || tried.size === 0 || !this.#authorizer.forget(tried)) return answer;
    const second = await this.#askWith(credential, operation, makeRequest, { ...terms, tried });
    if (isRejected(second)) terms.failureLimit.reject(credential.apiKey);
    return second.kind === 'skipped' ? answer : second;
  }

  async #askWith(
    credential: Credential,
    operation: Operation,
    makeRequest: () => ProviderRequest | undefined,
    terms: RequestLimits & { readonly tried: Set<string> },
  ): Promise<ClientAnswer> {
    const { accounts, clock, provider, limits } = this.#parts;
    const limiter = accounts.limiter(operation, { provider, limits, credential });
    this.#limiters.set(operation, limiter);
    for (let again = false; ; again = true) {
      const askedAt = clock.now();
      const { sendBy: deadline, signal, turn } = terms;
      const authorized = await this.#authorizer.authorize(credential, terms);
      if (authorized.kind !== 'authorized') {
        if ('cause' in authorized && authorized.cause) this.#parts.onLost?.(authorized.cause);
        return withHistory(authorized, again);
      }
      const { sentAs } = authorized;
      terms.tried.add(sentAs);
      const queued = (place: Place) => terms.queued?.(place);
      const permit = await limiter.acquire({ deadline, turn, signal, again, queued });
      const entry = terms.leave === undefined ? permit : await askToLeave(permit, terms, clock);
      const refusal = unsentAnswer(entry, terms.failureLimit.trippedFor(sentAs), again);
      if (refusal !== undefined || entry.kind !== 'entered')
        return refusal === undefined ? { kind: 'skipped', reason: 'late' } : withHistory(refusal, again);
      const request = requestOf(makeRequest, entry);
      if (request === undefined) return { kind: 'skipped', reason: 'needless' };
      accounts.note(turn, clock.now() - askedAt);
      const wire = { ...authorized, baseUrl: credential.baseUrl };
      const sentAt = clock.now();
      const { sent, verdict } = await this.#send(request, wire, terms).catch((error: unknown) => {
        entry.release({ kind: 'lost' });
        throw error;
      });
      terms.failureLimit.note(sent, sentAs, verdict.kind);
      entry.release(requestResult(sent, verdict));
      const seconds = (clock.now() - sentAt) / 1_000;
      const ended = classOf(sent, verdict);
      if (ended !== '2xx' && ended !== '4xx') turn.onTrouble?.();
      this.#parts.onSent?.({ operation, class: ended, seconds });
      if (sent.kind === 'lost') {
        if (sent.cause !== undefined) this.#parts.onLost?.(sent.cause);
        return { ...sent, at: clock.wallTime() };
      }
      if (verdict.kind !== 'limited') return { ...answerOf(sent, verdict), at: clock.wallTime() };
    }
  }

  /** What an answer says of the key and the pace. Remembers the key, or the token, that was accepted. */
  #verdictOn(sent: Sent, key: string): Verdict {
    if (sent.kind === 'lost') return { kind: 'nothing' };
    const { clock, turnedAway } = this.#parts;
    const now = clock.now();
    const verdict = verdictOn(sent, sent.madeAt, turnedAway);
    if (verdict.kind === 'accepted') this.#accepted = { key, at: now };
    if (verdict.kind !== 'forbidden') return verdict;
    const { key: accepted, at = 0 } = this.#accepted ?? {};
    return accepted === key && now - at <= acceptanceMs ? verdict : { kind: 'rejected' };
  }

  async #send(
    request: ProviderRequest,
    {
      baseUrl,
      authorization,
      sentAs,
    }: Pick<SendOptions, 'baseUrl' | 'authorization'> & { readonly sentAs: string },
    terms: RequestLimits,
  ): Promise<{ readonly sent: Sent; readonly verdict: Verdict }> {
    const { clock, fetch, mostBytes } = this.#parts;
    const sent = await send(request, {
      ...{ fetch, baseUrl, authorization, mostBytes, patience: terms.patience, now: clock.wallTime() },
      timeoutMs: requestTimeoutMs(clock.now(), terms.answerBy),
    });
    return { sent, verdict: this.#verdictOn(sent, sentAs) };
  }
}

/** How a request ended, as it is counted. */
function classOf(sent: Sent, verdict: Verdict): RequestClass {
  if (sent.kind === 'lost') return 'lost';
  if (verdict.kind === 'limited' || verdict.kind === 'rejected') return verdict.kind;
  const { status } = sent.response;
  if (status >= 500) return '5xx';
  if (status >= 400) return '4xx';
  return status >= 300 ? '3xx' : '2xx';
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
