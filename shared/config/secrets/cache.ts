import { ageOf, type Clock, type Moment, momentOf } from '../../lib/clock.ts';

/**
 * The value of a secret that does not exist or that the role of the process may not read. AWS tells these apart only for
 * a role that may read a secret of that bare name (docs/decisions/0010-absent-secrets.md).
 */
export const accessDenied = Symbol('denied');

/** Fetches a secret's text; `undefined` if there is no such secret. Rejects if that is not known now. */
export type FetchSecret = (name: string) => Promise<string | undefined | typeof accessDenied>;

/** The value of a secret if it is not known whether there is one. */
export const unreadable = Symbol('unreadable');

/** What is known about a secret. */
export type ReadSecret = string | undefined | typeof accessDenied | typeof unreadable;

interface Kept {
  readonly text: Promise<ReadSecret>;
  readonly at: Moment;
  /** Whether the last read found a text. */
  readonly held: boolean;
  /** Set if the read failed: when to try again, on the monotonic clock. */
  readonly retryAt?: number;
}

const rereadAfterMs = 60_000;
const retryAfterMs = 5_000;

/**
 * Keeps secrets for `maxAgeMs`. Simultaneous reads are merged. A read that fails leaves the last known value in force and
 * is tried again after five seconds.
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

  /** The secret, at most `maxAgeMs` old. One that cannot be read counts as missing. Never rejects. */
  async get(name: string): Promise<string | undefined> {
    return textOf(await this.readOrUnknown(name));
  }

  /** Like {@link get}, but tells a missing secret from one that cannot be read. */
  readOrUnknown(name: string): Promise<ReadSecret> {
    return this.#read(name, this.#maxAgeMs);
  }

  /** The secret, read again because the known one did not work, but at most once a minute. */
  async reread(name: string): Promise<string | undefined> {
    return textOf(await this.rereadOrUnknown(name));
  }

  /** Like {@link reread}, but tells a missing secret from one that cannot be read. */
  rereadOrUnknown(name: string): Promise<ReadSecret> {
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
      // A role that could read the secret before has lost the right, not the secret.
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

  /** While reads fail, callers do not wait for the next try if a value is in force. */
  async #goOnWith(name: string, known: Kept, next: Promise<ReadSecret>): Promise<ReadSecret> {
    this.#kept.set(name, { ...known, retryAt: this.#clock.now() + retryAfterMs });
    return textOf(await known.text) ?? next;
  }
}

function textOf(told: ReadSecret): string | undefined {
  return typeof told === 'string' ? told : undefined;
}

/** Calls `work` once for each change of the text, so that the fault of a secret is logged once. */
export function onceFor(work: () => void): (text: string | undefined) => void {
  let last: string | undefined;
  return (text) => {
    if (text === last) return;
    last = text;
    work();
  };
}
