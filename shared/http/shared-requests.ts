import type { ClientAnswer } from './client-answer.ts';

import type { Place } from './rate-limit/permit.ts';

/** The answer to a shared request; `undefined` if it is not valid for the others. */
type Shared = Promise<ClientAnswer | undefined>;

/**
 * Identical requests that wait for their turn: the first with a turn is sent for all that wait by then. One that has begun
 * is never joined, because a check after a cancel must not get an earlier answer.
 */
export class SharedRequests {
  readonly #waiting = new Map<string, Set<Seat>>();

  /** Joins the waiting requests with this `key`; without a key the request is not shared. */
  join(key: string | undefined): Seat {
    return new Seat(this.#waiting, key);
  }
}

/** A waiting request's membership in its group. The caller must leave it in the end, with the answer. */
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

  /** The answer of the request that was sent for this one as well. */
  get served(): Shared | undefined {
    return this.#served;
  }

  /** Takes its place in the queue, for the first time or again. */
  queued(place: Place): void {
    this.#place = place;
    if (this.#served === undefined) this.wait();
    else place.withdraw();
  }

  /** Waits for its own turn or that of an identical request. */
  wait(): void {
    this.#served = undefined;
    if (this.#key === undefined) return;
    const others = this.#waiting.get(this.#key) ?? new Set();
    this.#waiting.set(this.#key, others.add(this));
  }

  /** Sends the request for all that wait by now. */
  lead(): void {
    const all = this.#key === undefined ? undefined : this.#waiting.get(this.#key);
    if (this.#key !== undefined) this.#waiting.delete(this.#key);
    for (const other of all ?? []) if (other !== this) other.#serve(this.#answer.promise);
  }

  /** Leaves the group, with the answer for the others. */
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
