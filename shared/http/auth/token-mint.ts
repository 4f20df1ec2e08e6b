import * as z from 'zod';
import { timeLimit } from '../../lib/abort.ts';
import type { Clock } from '../../lib/clock.ts';
import { type Sent, send } from '../send-request.ts';
import type { Credential, ProviderRequest } from '../types.ts';
import { isLoopback } from '../url-path.ts';
import { type MintedAuth, secret } from './auth.ts';

const longestMintMs = 10_000;
/** The part of its life for which a token is used. */
const usedPart = 0.9;

/** A token, or the answer that holds none and what that means. */
export type Minted =
  | { readonly kind: 'token'; readonly token: string }
  | {
      readonly kind: 'failed';
      readonly code: 'credentials_rejected' | 'rate_limited' | 'provider_unavailable';
      readonly sent: Sent;
    };

interface KeptToken {
  readonly token: string;
  readonly madeFrom: string;
  /** On the monotonic clock. */
  readonly until: number;
}

/** Makes short-lived tokens from a connection's key, and keeps the last one. Never shows a key or a token in an error. */
export class TokenMint {
  readonly #auth: MintedAuth;
  readonly #fetch: typeof fetch;
  readonly #clock: Clock;
  #kept: KeptToken | undefined;
  /** The minting under way, in which all share that need a token from the same key. */
  #flight: { readonly madeFrom: string; readonly minted: Promise<Minted> } | undefined;

  constructor(auth: MintedAuth, parts: { readonly fetch: typeof fetch; readonly clock: Clock }) {
    this.#auth = auth;
    this.#fetch = parts.fetch;
    this.#clock = parts.clock;
  }

  /** The token of a key: the one that is kept, or a new one. */
  token(credential: Credential): Promise<Minted> {
    const madeFrom = `${credential.baseUrl} ${credential.apiKey}`;
    const kept = this.#kept;
    if (kept?.madeFrom === madeFrom && this.#clock.now() < kept.until)
      return Promise.resolve({ kind: 'token', token: kept.token });
    if (this.#flight?.madeFrom === madeFrom) return this.#flight.minted;
    const minted = this.#mint(credential, madeFrom).finally(() => {
      if (this.#flight?.minted === minted) this.#flight = undefined;
    });
    this.#flight = { madeFrom, minted };
    return minted;
  }

  /** Forgets a token that was rejected. */
  forget(token: string): void {
    if (this.#kept?.token === token) this.#kept = undefined;
  }

  async #mint(credential: Credential, madeFrom: string): Promise<Minted> {
    const startedAt = this.#clock.now();
    const { baseUrl, request } = mintRequest(this.#auth, credential);
    const sent = await send(request, {
      ...{ fetch: this.#fetch, baseUrl, timeoutMs: longestMintMs, now: this.#clock.wallTime() },
      authorization: async () => [],
      patience: (ms) => timeLimit(this.#clock, ms),
    });
    const made = tokenIn(sent, this.#auth);
    if (made === undefined) return { kind: 'failed', code: codeOf(sent), sent };
    const { token, lifetimeMs } = made;
    this.#kept = { token, madeFrom, until: startedAt + lifetimeMs * usedPart };
    return { kind: 'token', token };
  }
}

/** @throws {Error} if the address has no encryption and is not on this machine. */
function mintRequest({ url, form }: MintedAuth, { apiKey, baseUrl }: Credential) {
  const address = new URL(url, baseUrl);
  if (address.protocol !== 'https:' && !isLoopback(address))
    throw new Error('tokens are only made over https');
  const fields = Object.entries(form).map(([name, value]): [string, string] => [
    name,
    value === secret ? apiKey : value,
  ]);
  const request: ProviderRequest = {
    method: 'POST',
    path: { segments: address.pathname.split('/').filter((segment) => segment !== '') },
    query: [...address.searchParams],
    body: new URLSearchParams(fields),
  };
  return { baseUrl: address.origin, request };
}

/** The token and its life in an answer. Both must be shaped as documented. */
function tokenIn(sent: Sent, { token, lifetimeSeconds }: MintedAuth) {
  if (sent.kind === 'lost' || sent.response.status < 200 || sent.response.status > 299) return undefined;
  const schema = z.object({
    [token]: z.string().regex(/^[\x21-\x7e]+$/),
    [lifetimeSeconds]: z.coerce.number().positive(),
  });
  const { data } = schema.safeParse(sent.response.body);
  const [made, seconds] = [data?.[token], data?.[lifetimeSeconds]];
  if (typeof made !== 'string' || typeof seconds !== 'number') return undefined;
  return { token: made, lifetimeMs: seconds * 1_000 };
}

function codeOf(sent: Sent): Extract<Minted, { kind: 'failed' }>['code'] {
  const status = sent.kind === 'lost' ? 0 : sent.response.status;
  if (status === 429) return 'rate_limited';
  return status >= 400 && status < 500 && status !== 408 ? 'credentials_rejected' : 'provider_unavailable';
}
