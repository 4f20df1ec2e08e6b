import type { Turn, TurnClass } from './turn.ts';

/** A request that waits for its turn. `again`: it had a 429 before. */
export interface QueuedRequest {
  readonly turn: Turn;
  readonly again: boolean;
}

/** The ranks, most urgent first. All requests of cancels have one rank, so that a new cancel need not wait for a big one. */
const ranks: readonly (readonly TurnClass[])[] = [['cancel', 'check_before'], ['wait'], ['read']];

/** The waiting requests of one rank, by call; the call whose turn it is comes first. */
class Rank<Waiter extends QueuedRequest> {
  readonly classes: readonly TurnClass[];
  readonly lines = new Map<symbol, Waiter[]>();
  readonly #counts = new Map<TurnClass, number>();

  constructor(classes: readonly TurnClass[]) {
    this.classes = classes;
  }

  /** The classes with waiting requests. */
  get waiting(): TurnClass[] {
    return this.classes.filter((each) => (this.#counts.get(each) ?? 0) > 0);
  }

  add(waiter: Waiter): void {
    const { call } = waiter.turn;
    const line = this.lines.get(call) ?? [];
    if (waiter.again) line.unshift(waiter);
    else line.push(waiter);
    this.lines.set(call, line);
    this.#count(waiter, 1);
  }

  remove(waiter: Waiter): void {
    const { call } = waiter.turn;
    const line = this.lines.get(call) ?? [];
    line.splice(line.indexOf(waiter), 1);
    if (line.length === 0) this.lines.delete(call);
    this.#count(waiter, -1);
  }

  /** The first request of these classes in each call's line, from the call whose turn it is. */
  *heads(classes: readonly TurnClass[]): Generator<Waiter> {
    for (const line of this.lines.values()) {
      const head = line.find(({ turn }) => classes.includes(turn.class));
      if (head !== undefined) yield head;
    }
  }

  /** Moves a call behind the others. */
  rotate(call: symbol): void {
    const line = this.lines.get(call);
    if (line === undefined) return;
    this.lines.delete(call);
    this.lines.set(call, line);
  }

  #count({ turn }: Waiter, change: number): void {
    this.#counts.set(turn.class, (this.#counts.get(turn.class) ?? 0) + change);
  }
}

/**
 * The waiting requests: those of cancels before the others. Within a rank the calls take turns, each with its requests in
 * order.
 */
export class TurnQueue<Waiter extends QueuedRequest> {
  readonly #ranks = ranks.map((classes) => new Rank<Waiter>(classes));

  /** Adds a request to the queue; one that is sent `again` goes before the others of its call. */
  add(waiter: Waiter): void {
    this.#rankOf(waiter)?.add(waiter);
  }

  /** Removes a queued request. */
  remove(waiter: Waiter): void {
    this.#rankOf(waiter)?.remove(waiter);
  }

  /** The classes with waiting requests, by rank, the most urgent first. */
  get waiting(): readonly (readonly TurnClass[])[] {
    return this.#ranks.map(({ waiting }) => waiting).filter(({ length }) => length > 0);
  }

  /** Removes and returns the next request of these classes; with `againFirst`, one that is sent again, if there is one. */
  take(classes: readonly TurnClass[], againFirst: boolean): Waiter | undefined {
    const rank = this.#ranks.find((each) => each.classes.some((one) => classes.includes(one)));
    if (rank === undefined) return undefined;
    const [first] = rank.heads(classes);
    const next = (againFirst ? [...rank.heads(classes)].find(({ again }) => again) : undefined) ?? first;
    if (next === undefined) return undefined;
    rank.remove(next);
    rank.rotate(next.turn.call);
    return next;
  }

  /** Estimates how many requests go before a waiting one: all that are more urgent, and one of each other call. */
  ahead(waiter: Waiter): number {
    const own = this.#ranks.findIndex(({ classes }) => classes.includes(waiter.turn.class));
    const before = this.#ranks.slice(0, own).flatMap(({ lines }) => [...lines.values()]);
    const calls = [...(this.#ranks[own]?.lines.keys() ?? [])];
    const urgent = before.reduce((sum, { length }) => sum + length, 0);
    return urgent + Math.max(0, calls.indexOf(waiter.turn.call));
  }

  *[Symbol.iterator](): Generator<Waiter> {
    for (const { lines } of this.#ranks) for (const line of lines.values()) yield* line;
  }

  #rankOf({ turn }: Waiter): Rank<Waiter> | undefined {
    return this.#ranks.find(({ classes }) => classes.includes(turn.class));
  }
}
