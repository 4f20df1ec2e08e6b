import type { ClientAnswer } from './provider-client.ts';
import type { Place } from './rate-limit/adaptive-rate-limiter.ts';

/** What was answered to a request that others wanted to make too; `undefined` if that says nothing about theirs. */
type Shared = Promise<ClientAnswer | undefined>;

/**
 * Those who wait to make the same request: the first whose turn comes makes it for all who wait by then. One that has
 * begun is never shared, because whoever asks after a cancel must be shown what came after it.
 */
export class SharedRequests {
  readonly #waiting = new Map<string, Set<Seat>>();

  /** Joins those who wait to make a request that is known by `key`; without one nobody else makes it. */
  join(key: string | undefined): Seat {
    return new Seat(this.#waiting, key);
  }
}

/** The seat of one who waits to make a request. To be left in the end, with the answer. */
export class Seat {
  readonly #waiting: Map<string, Set<Seat>>;
  readonly #key: string | undefined;
  readonly #answer = Promise.withResolvers<ClientAnswer | undefined>();
  #place: Place | undefined;
  #served: Shared | undefined;

  constructor(waiting: Map<string, Set<Seat>>, key: string | undefined) {
    this.#waiting = waiting;
    this.#key = key;
    this.wait();
  }

  /** The answer to the request of another who made it for this one too. */
  get served(): Shared | undefined {
    return this.#served;
  }

  /** Has a place in line, at first or once more. */
  queued(place: Place): void {
    this.#place = place;
    if (this.#served === undefined) this.wait();
    else place.withdraw();
  }

  /** Waits for a turn of one's own or for somebody else's. */
  wait(): void {
    this.#served = undefined;
    if (this.#key === undefined) return;
    const others = this.#waiting.get(this.#key) ?? new Set();
    this.#waiting.set(this.#key, others.add(this));
  }

  /** Makes the request, for all who wait by now. */
  lead(): void {
    const all = this.#key === undefined ? undefined : this.#waiting.get(this.#key);
    if (this.#key !== undefined) this.#waiting.delete(this.#key);
    for (const other of all ?? []) if (other !== this) other.#serve(this.#answer.promise);
  }

  /** Leaves, with what was answered for those who were led. */
  leave(answer: ClientAnswer | undefined): void {
    this.#answer.resolve(answer);
    const others = this.#key === undefined ? undefined : this.#waiting.get(this.#key);
    others?.delete(this);
    if (this.#key !== undefined && others?.size === 0) this.#waiting.delete(this.#key);
  }

  #serve(answer: Shared): void {
    this.#served = answer;
    this.#place?.withdraw();
  }
}
