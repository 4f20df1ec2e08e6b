import type { Turn, TurnClass } from './turn.ts';

/** A request that waits for its turn. `again`: it had a 429 before. `since`: when it began to wait, in milliseconds. */
export interface QueuedRequest {
  readonly turn: Turn;
  readonly again: boolean;
  readonly since: number;
}

/**
 * The rank of each class, 0 the most urgent. All requests of single calls that cancel have one rank, so that a new cancel
 * need not wait for a big one.
 */
const rankOf = { cancel: 0, check_before: 0, operation: 1, wait: 2, read: 3, follow: 4 } as const satisfies {
  readonly [turnClass in TurnClass]: number;
};

/** After so many milliseconds of waiting the requests of a rank have a more urgent one, so that none waits for ever. */
const promotions = [
  { from: rankOf.operation, to: rankOf.cancel, afterMs: 1_000 },
  { from: rankOf.follow, to: rankOf.read, afterMs: 300_000 },
] as const;

/** The waiting requests of one rank, by call; the call whose turn it is comes first. */
class Rank<Waiter extends QueuedRequest> {
  readonly lines = new Map<symbol, Waiter[]>();
  readonly #counts = new Map<TurnClass, number>();

  /** The classes with waiting requests. */
  get waiting(): TurnClass[] {
    return [...this.#counts].filter(([, count]) => count > 0).map(([turnClass]) => turnClass);
  }

  has(waiter: Waiter): boolean {
    return this.lines.get(waiter.turn.call)?.includes(waiter) ?? false;
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

/** The waiting requests of one rank, by their classes. */
interface WaitingRank {
  readonly rank: number;
  readonly classes: readonly TurnClass[];
}

/**
 * The waiting requests: those of cancels before the others. Within a rank the calls take turns, each with its requests in
 * order.
 */
export class TurnQueue<Waiter extends QueuedRequest> {
  readonly #ranks = Array.from({ length: rankOf.follow + 1 }, () => new Rank<Waiter>());

  /** Adds a request to the queue; one that is sent `again` goes before the others of its call. */
  add(waiter: Waiter): void {
    this.#ranks[rankOf[waiter.turn.class]]?.add(waiter);
  }

  /** Removes a queued request. */
  remove(waiter: Waiter): void {
    this.#ranks.find((rank) => rank.has(waiter))?.remove(waiter);
  }

  /** Gives the requests that have waited long a more urgent rank. */
  promote(now: number): void {
    for (const { from, to, afterMs } of promotions)
      for (const line of [...(this.#ranks[from]?.lines.values() ?? [])])
        for (let [head] = line; head !== undefined && head.since <= now - afterMs; [head] = line) {
          this.#ranks[from]?.remove(head);
          this.#ranks[to]?.add(head);
        }
  }

  /** The ranks with waiting requests, the most urgent first. */
  get waiting(): readonly WaitingRank[] {
    return this.#ranks
      .map(({ waiting: classes }, rank) => ({ rank, classes }))
      .filter(({ classes }) => classes.length > 0);
  }

  /** How many requests wait or are still to come; `Infinity` if a call does not tell. */
  get left(): number {
    const lines = this.#ranks.flatMap((rank) => [...rank.lines.values()]);
    return lines.reduce(
      (sum, line) => sum + line.length + (line[0]?.turn.left?.() ?? Number.POSITIVE_INFINITY),
      0,
    );
  }

  /** Whether a cancel waits that is no part of an operation. */
  get isContested(): boolean {
    return this.#ranks[rankOf.cancel]?.waiting.some((turnClass) => turnClass !== 'operation') ?? false;
  }

  /** Removes and returns the next request of these classes; with `againFirst`, one that is sent again, if there is one. */
  take({ rank: index, classes }: WaitingRank, againFirst: boolean): Waiter | undefined {
    const rank = this.#ranks[index];
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
    const own = this.#ranks.findIndex((rank) => rank.has(waiter));
    const before = this.#ranks.slice(0, own).flatMap(({ lines }) => [...lines.values()]);
    const calls = [...(this.#ranks[own]?.lines.keys() ?? [])];
    const urgent = before.reduce((sum, { length }) => sum + length, 0);
    return urgent + Math.max(0, calls.indexOf(waiter.turn.call));
  }

  *[Symbol.iterator](): Generator<Waiter> {
    for (const { lines } of this.#ranks) for (const line of lines.values()) yield* line;
  }
}
