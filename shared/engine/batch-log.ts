import type { Place } from '../http/rate-limit/permit.ts';
import type { TurnClass } from '../http/rate-limit/turn.ts';
import type { RateLimit } from '../http/types.ts';

const latelyMs = 10_000;
/** More status checks than this within {@link latelyMs} are not from single cancels. */
const mostLately = 8;
const firstPauseMs = 900;

/** What the status batches of one connection know about each other. */
export class BatchLog {
  /** The classes for which a batch waits or is under way, with its place in the queue. */
  readonly #pending = new Map<TurnClass, Place | undefined>();
  /** When the last few status checks for cancels were requested. */
  readonly #checks: number[] = [];
  #lists: number[] = [];

  isPending(turnClass: TurnClass): boolean {
    return this.#pending.has(turnClass);
  }

  /** Records that a batch waits for its turn. */
  begin(turnClass: TurnClass, place?: Place): void {
    this.#pending.set(turnClass, place);
  }

  end(turnClass: TurnClass): void {
    this.#pending.delete(turnClass);
  }

  /** Gives up the places of all waiting batches, because no check waits for them any more. */
  withdraw(): void {
    for (const place of this.#pending.values()) place?.withdraw();
  }

  /** Records that a cancel needs a status check. */
  noteCheck(now: number): void {
    this.#checks.push(now);
    if (this.#checks.length > mostLately) this.#checks.shift();
  }

  /** Records that a list was requested. */
  noteList(now: number): void {
    this.#lists.push(now);
  }

  /**
   * How many milliseconds to wait before the next list, so that it serves many checks: none while half of a documented limit
   * is left or few checks wait, then longer with each list.
   */
  pauseMs(now: number, limit: RateLimit | undefined): number {
    if (limit === undefined) return 0;
    this.#lists = this.#lists.filter((at) => at > now - limit.windowMs);
    const beyond = this.#lists.length - limit.count / 2;
    const isCrowded = this.#checks.length === mostLately && (this.#checks[0] ?? 0) > now - latelyMs;
    if (beyond < 0 || !isCrowded) return 0;
    return Math.max(0, (this.#lists.at(-1) ?? 0) + firstPauseMs * 2 ** beyond - now);
  }
}
