import type { Place } from '../http/rate-limit/adaptive-rate-limiter.ts';
import type { TurnClass } from '../http/rate-limit/turn.ts';
import type { RateLimit } from '../http/types.ts';

const latelyMs = 10_000;
/** So many looks within {@link latelyMs} are more than single cancels make. */
const mostLately = 8;
const firstPauseMs = 900;

/** What the batches of looks at one connection have to know of each other. */
export class BatchLog {
  /** The classes for which a batch waits or is under way, with its place in line. */
  readonly #pending = new Map<TurnClass, Place | undefined>();
  /** When the last few looks were wanted for cancels. */
  readonly #looks: number[] = [];
  #lists: number[] = [];

  isPending(turnClass: TurnClass): boolean {
    return this.#pending.has(turnClass);
  }

  /** Notes that a batch waits for its turn. */
  begin(turnClass: TurnClass, place?: Place): void {
    this.#pending.set(turnClass, place);
  }

  end(turnClass: TurnClass): void {
    this.#pending.delete(turnClass);
  }

  /** Gives up the places of all batches that wait: nobody is left whom they could show anything. */
  withdraw(): void {
    for (const place of this.#pending.values()) place?.withdraw();
  }

  /** Notes that a cancel wants a look. */
  noteLook(now: number): void {
    this.#looks.push(now);
    if (this.#looks.length > mostLately) this.#looks.shift();
  }

  /** Notes that a list was asked for. */
  noteList(now: number): void {
    this.#lists.push(now);
  }

  /**
   * How many milliseconds to wait before the next list, so that it serves many: none while half of a documented limit is
   * left or few want to look, then longer with each list.
   */
  pauseMs(now: number, limit: RateLimit | undefined): number {
    if (limit === undefined) return 0;
    this.#lists = this.#lists.filter((at) => at > now - limit.windowMs);
    const beyond = this.#lists.length - limit.count / 2;
    const isCrowded = this.#looks.length === mostLately && (this.#looks[0] ?? 0) > now - latelyMs;
    if (beyond < 0 || !isCrowded) return 0;
    return Math.max(0, (this.#lists.at(-1) ?? 0) + firstPauseMs * 2 ** beyond - now);
  }
}
