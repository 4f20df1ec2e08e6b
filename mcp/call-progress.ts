import type { Phase, Progress } from '../shared/contract/progress.ts';
import type { Clock } from '../shared/lib/clock.ts';
import { phaseMessage } from '../shared/messages/progress.ts';

/** A client may take a call for lost of which it hears nothing for a while. */
const everyMs = 4_000;
/** What a number still grows by while nothing is done: a part of what is left to the next. */
const part = 1 / 8;

/** What a client is told of a call. `progress` grows with every notification, and never beyond `total`. */
export interface ProgressNotice {
  readonly progress: number;
  readonly total?: number;
  readonly message: string;
}

/**
 * Tells a client how far a call is: when it has come further or is at something else, and every four seconds in any case.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/progress
 */
export class CallProgress {
  readonly #clock: Clock;
  readonly #tell: (notice: ProgressNotice) => void;
  #phase: Phase = { kind: 'finding' };
  #done = 0;
  #total: number | undefined;
  #last: number | undefined;
  #cancel: () => void;

  /** Ends with {@link stop}. */
  constructor(clock: Clock, tell: (notice: ProgressNotice) => void) {
    this.#clock = clock;
    this.#tell = tell;
    this.#cancel = clock.after(everyMs, () => this.#say());
  }

  /** How many jobs needed nothing more sent when that was last told. */
  get done(): number {
    return this.#done;
  }

  /** Takes how far the call is. */
  report({ done, total, phase }: Progress): void {
    const isNews = done > this.#done || phase.kind !== this.#phase.kind || this.#total === undefined;
    this.#done = Math.max(this.#done, done);
    this.#total = total;
    this.#phase = phase;
    if (isNews) this.#say();
  }

  /** Takes that the call waits for a person, until `work` is over. */
  async asking<T>(work: () => Promise<T>): Promise<T> {
    this.#phase = { kind: 'asking' };
    this.#say();
    return work();
  }

  stop(): void {
    this.#cancel();
  }

  #say(): void {
    this.#cancel();
    this.#cancel = this.#clock.after(everyMs, () => this.#say());
    const progress = this.#next();
    this.#last = progress;
    const total = this.#total;
    this.#tell({ progress, ...(total === undefined ? {} : { total }), message: phaseMessage(this.#phase) });
  }

  /** More than was told before, and less than all: the call is not over yet. */
  #next(): number {
    const most = this.#total ?? 1;
    const done = Math.min(this.#done, most - 1 / 2);
    const last = this.#last ?? -1;
    if (done > last) return Math.max(0, done);
    return last + (Math.min(most, Math.floor(last) + 1) - last) * part;
  }
}
