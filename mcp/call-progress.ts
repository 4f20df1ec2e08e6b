import type { Phase, Progress } from '../shared/contract/progress.ts';
import type { Clock } from '../shared/lib/clock.ts';
import { phaseMessage } from '../shared/messages/progress.ts';

/** The longest silence: a client may give up a call that sends no progress for a while. */
const everyMs = 4_000;
/** By how much `progress` grows while no job is done: this share of the distance to the next whole number. */
const part = 1 / 8;

/** The progress of a call as a client sees it. `progress` grows with every notification and never exceeds `total`. */
export interface ProgressNotice {
  readonly progress: number;
  readonly total?: number;
  readonly message: string;
}

/**
 * Notifies a client of the progress of a call: at each change, and at least every four seconds.
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

  /** How many jobs needed no further request at the last report. */
  get done(): number {
    return this.#done;
  }

  /** Takes the current progress of the call. */
  report({ done, total, phase }: Progress): void {
    const isNews = done > this.#done || phase.kind !== this.#phase.kind || this.#total === undefined;
    this.#done = Math.max(this.#done, done);
    this.#total = total;
    this.#phase = phase;
    if (isNews) this.#say();
  }

  /** Reports that the call waits for a person while `work` runs. */
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

  /** More than in the last notification and less than the total, because the call has not ended yet. */
  #next(): number {
    const most = this.#total ?? 1;
    const done = Math.min(this.#done, most - 1 / 2);
    const last = this.#last ?? -1;
    if (done > last) return Math.max(0, done);
    return last + (Math.min(most, Math.floor(last) + 1) - last) * part;
  }
}
