import { type Clock, within } from '../../lib/clock.ts';
import type { ClientAnswer } from '../client-answer.ts';
import type { FailureLimit } from '../failure-limit.ts';
import type { SendOptions } from '../send-request.ts';
import type { Credential } from '../types.ts';
import type { Auth, HeaderAuth, MintedAuth, SigV4Auth } from './auth.ts';
import { TokenMint } from './token-mint.ts';

/** How to put a key onto a request. `sentAs` is what the provider sees of it: the key itself, or a token made from it. */
interface Authorized {
  readonly kind: 'authorized';
  readonly sentAs: string;
  readonly authorization: SendOptions['authorization'];
}

type Unauthorized = Extract<ClientAnswer, { kind: 'unsent' }>;

/** The limits of the call that a request belongs to. */
interface CallLimits {
  readonly answerBy: number;
  readonly failureLimit: FailureLimit;
}

/** Turns a connection's key into what its requests carry. Sends nothing, unless it is a token that must be made first. */
export class Authorizer {
  readonly #auth: Auth;
  readonly #clock: Clock;
  readonly #mint: TokenMint | undefined;

  constructor(auth: Auth, parts: { readonly fetch: typeof fetch; readonly clock: Clock }) {
    this.#auth = auth;
    this.#clock = parts.clock;
    this.#mint = auth.kind === 'minted' ? new TokenMint(auth, parts) : undefined;
  }

  /** What a request carries for this key; or why it cannot be sent. */
  async authorize(credential: Credential, limits: CallLimits): Promise<Authorized | Unauthorized> {
    const auth = this.#auth;
    if (auth.kind === 'sigv4') return bySignature(auth, credential, this.#clock);
    if (auth.kind !== 'minted') return byHeader(auth, credential.apiKey);
    return this.#byToken(auth, credential, limits);
  }

  /** Forgets the tokens that were rejected. Returns whether another one may be accepted in their place. */
  forget(rejected: Iterable<string>): boolean {
    for (const token of rejected) this.#mint?.forget(token);
    return this.#mint !== undefined;
  }

  async #byToken(
    auth: MintedAuth,
    credential: Credential,
    { answerBy, failureLimit }: CallLimits,
  ): Promise<Authorized | Unauthorized> {
    const tripped = failureLimit.trippedFor(credential.apiKey);
    if (tripped !== undefined || this.#mint === undefined)
      return { kind: 'unsent', code: 'credentials_rejected', ...tripped };
    const minted = await within(this.#clock, answerBy - this.#clock.now(), this.#mint.token(credential));
    if (minted === undefined) return { kind: 'unsent', code: 'provider_unavailable', cause: 'timeout' };
    if (minted.kind === 'token') return byHeader(auth, minted.token);
    const { code, sent } = minted;
    failureLimit.note(sent, credential.apiKey, code === 'credentials_rejected' ? 'rejected' : 'nothing');
    const { cause } = sent.kind === 'lost' ? sent : {};
    const retryAfterMs = sent.kind === 'response' && code === 'rate_limited' ? sent.retryAfterMs : null;
    return { kind: 'unsent', code, ...(cause && { cause }), ...(retryAfterMs !== null && { retryAfterMs }) };
  }
}

function byHeader({ header, prefix }: HeaderAuth | MintedAuth, sentAs: string): Authorized {
  return { kind: 'authorized', sentAs, authorization: [header, prefix + sentAs] };
}

/** Loads what a connection needs to put its key onto requests, so that its first request need not wait for that. */
export async function loadSigner(auth: Auth): Promise<void> {
  if (auth.kind === 'sigv4') await import('./sign-request.ts');
}

/** The signer is loaded only if a connection needs it. */
async function bySignature(
  auth: SigV4Auth,
  { apiKey }: Credential,
  clock: Clock,
): Promise<Authorized | Unauthorized> {
  const { accessKeyOf, signWith } = await import('./sign-request.ts');
  const key = await accessKeyOf(apiKey);
  if (key === undefined) return { kind: 'unsent', code: 'provider_not_configured' };
  return { kind: 'authorized', sentAs: key.accessKeyId, authorization: signWith(auth, key, clock) };
}
