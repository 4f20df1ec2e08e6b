import { ageOf, type Clock, type Moment, momentOf } from '../../lib/clock.ts';

/**
 * What a secret reads as where the role of the process may not read it, or where there is none: AWS tells these apart only
 * to whoever may read a secret of that bare name (docs/decisions/0010-absent-secrets.md).
 */
export const accessDenied = Symbol('denied');

/** Fetches a secret's text, `undefined` where there is no such secret. Rejects when it cannot be told now. */
export type FetchSecret = (name: string) => Promise<string | undefined | typeof accessDenied>;

/** What a secret reads as where it cannot be told whether there is one. */
export const unreadable = Symbol('unreadable');

/** What is known of a secret. */
export type ReadSecret = string | undefined | typeof accessDenied | typeof unreadable;

interface Kept {
  readonly text: Promise<ReadSecret>;
  readonly at: Moment;
  /** Whether there was a text when it was read last. */
  readonly held: boolean;
  /** Set where the read failed: not before this is it tried again, on the clock that only goes forward. */
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

  /** The secret, at most `maxAgeMs` old; one that cannot be read counts as missing. Never rejects. */
  async get(name: string): Promise<string | undefined> {
    return textOf(await this.readOrUnknown(name));
  }

  /** As {@link get}, for whom a secret that is not there means something else than one that cannot be read. */
  readOrUnknown(name: string): Promise<ReadSecret> {
    return this.#read(name, this.#maxAgeMs);
  }

  /** The secret, for someone whom the known one did not serve: read again, but at most once a minute. */
  async reread(name: string): Promise<string | undefined> {
    return textOf(await this.tellAgain(name));
  }

  /** As {@link reread}, and tells as {@link readOrUnknown} does. */
  tellAgain(name: string): Promise<ReadSecret> {
    return this.#read(name, Math.min(rereadAfterMs, this.#maxAgeMs));
  }

  #read(name: string, maxAgeMs: number): Promise<ReadSecret> {
    const at = momentOf(this.#clock);
    const known = this.#kept.get(name);
    if (known !== undefined && this.#isGood(known, maxAgeMs)) return known.text;
    const held = known?.held === true;
    const goOn = () => {
      const inForce = known?.text ?? Promise.resolve(unreadable);
      this.#kept.set(name, { text: inForce, at, held, retryAt: this.#clock.now() + retryAfterMs });
      return inForce;
    };
    const text = this.#fetchSecret(name).then<ReadSecret, ReadSecret>((read) => {
      // Whoever could read a secret before has lost the right to, and not the secret.
      if (read === accessDenied && held) return goOn();
      this.#kept.set(name, { text: Promise.resolve(read), at, held: typeof read === 'string' });
      return read;
    }, goOn);
    if (known?.retryAt === undefined) this.#kept.set(name, { text, at, held });
    else return this.#goOnWith(name, known, text);
    return text;
  }

  #isGood({ at, retryAt }: Kept, maxAgeMs: number): boolean {
    return retryAt === undefined ? ageOf(at, this.#clock) < maxAgeMs : this.#clock.now() < retryAt;
  }

  /** While reading fails, nobody is made to wait for another try where there is something in force. */
  async #goOnWith(name: string, known: Kept, next: Promise<ReadSecret>): Promise<ReadSecret> {
    this.#kept.set(name, { ...known, retryAt: this.#clock.now() + retryAfterMs });
    return textOf(await known.text) ?? next;
  }
}

function textOf(told: ReadSecret): string | undefined {
  return typeof told === 'string' ? told : undefined;
}

/** Calls `work` once for each new text that it is given in a row: what is wrong with a secret is logged once. */
export function onceFor(work: () => void): (text: string | undefined) => void {
  let last: string | undefined;
  return (text) => {
    if (text === last) return;
    last = text;
    work();
  };
}
