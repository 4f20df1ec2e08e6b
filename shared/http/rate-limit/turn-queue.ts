import type { Turn, TurnClass } from './turn.ts';

/** Somebody who waits for a turn. `again`: was refused with a 429 before. */
export interface QueuedRequest {
  readonly turn: Turn;
  readonly again: boolean;
}

/** Most urgent first. What a cancel needs is of one rank, so that a new one does not wait until a big one is done. */
const ranks: readonly (readonly TurnClass[])[] = [['cancel', 'look_before'], ['wait'], ['read']];

/** Those of one rank who wait, by call; the call whose turn it is comes first. */
class Rank<Waiter extends QueuedRequest> {
  readonly classes: readonly TurnClass[];
  readonly lines = new Map<symbol, Waiter[]>();
  readonly #counts = new Map<TurnClass, number>();

  constructor(classes: readonly TurnClass[]) {
    this.classes = classes;
  }

  /** The classes in which somebody waits. */
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

  /** The first of these classes in each line, from the call whose turn it is. */
  *heads(classes: readonly TurnClass[]): Generator<Waiter> {
    for (const line of this.lines.values()) {
      const head = line.find(({ turn }) => classes.includes(turn.class));
      if (head !== undefined) yield head;
    }
  }

  /** Puts a call behind the others. */
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
 * Those who wait: what a cancel needs before what others want. Among equals the calls take turns, each with its own in
 * the order of asking.
 */
export class TurnQueue<Waiter extends QueuedRequest> {
  readonly #ranks = ranks.map((classes) => new Rank<Waiter>(classes));

  /** Puts somebody in line: those who ask `again` before the others of their call. */
  add(waiter: Waiter): void {
    this.#rankOf(waiter)?.add(waiter);
  }

  /** Takes somebody out of line who is in it. */
  remove(waiter: Waiter): void {
    this.#rankOf(waiter)?.remove(waiter);
  }

  /** The classes in which somebody waits, those of one rank together, the most urgent first. */
  get waiting(): readonly (readonly TurnClass[])[] {
    return this.#ranks.map(({ waiting }) => waiting).filter(({ length }) => length > 0);
  }

  /** Takes the next of these classes out of line: with `againFirst` one who asks again, if there is one. */
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

  /** How many go before somebody who waits, about: all who are more urgent, and one of each other call. */
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
