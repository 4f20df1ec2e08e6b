import type { Clock } from '../clock.ts';

/** Fetches a secret's text, `undefined` where there is no such secret. Rejects when it cannot be told. */
export type FetchSecret = (name: string) => Promise<string | undefined>;

interface Kept {
  readonly text: Promise<string | undefined>;
  readonly at: number;
  /** Set where the read failed: not before this is it tried again. */
  readonly retryAt?: number;
}

const rereadAfterMs = 60_000;
const retryAfterMs = 5_000;

/**
 * Keeps secrets for `maxAgeMs`. Reads that come together are one. A read that fails leaves what was known in force,
 * and is tried again after five seconds.
 */
export class SecretCache {
  readonly #fetchSecret: FetchSecret;
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  readonly #kept = new Map<string, Kept>();

  constructor({
    fetchSecret,
    clock,
    maxAgeMs,
  }: { fetchSecret: FetchSecret; clock: Clock; maxAgeMs: number }) {
    this.#fetchSecret = fetchSecret;
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
  }

  /** The secret, at most `maxAgeMs` old. Never rejects. */
  get(name: string): Promise<string | undefined> {
    return this.#read(name, this.#maxAgeMs);
  }

  /** The secret, for someone whom the known one did not serve: read again, but at most once a minute. */
  reread(name: string): Promise<string | undefined> {
    return this.#read(name, Math.min(rereadAfterMs, this.#maxAgeMs));
  }

  #read(name: string, maxAgeMs: number): Promise<string | undefined> {
    const now = this.#clock.now();
    const known = this.#kept.get(name);
    if (known !== undefined && now < (known.retryAt ?? known.at + maxAgeMs)) return known.text;
    const text = this.#fetchSecret(name).then(
      (read) => {
        this.#kept.set(name, { text: Promise.resolve(read), at: now });
        return read;
      },
      () => {
        const inForce = known?.text ?? Promise.resolve(undefined);
        this.#kept.set(name, { text: inForce, at: now, retryAt: this.#clock.now() + retryAfterMs });
        return inForce;
      },
    );
    if (known?.retryAt === undefined) this.#kept.set(name, { text, at: now });
    else return this.#goOnWith(name, known, text);
    return text;
  }

  /** While reading fails, nobody is made to wait for another try where there is something in force. */
  async #goOnWith(name: string, known: Kept, next: Promise<string | undefined>): Promise<string | undefined> {
    this.#kept.set(name, { ...known, retryAt: this.#clock.now() + retryAfterMs });
    return (await known.text) ?? next;
  }
}
