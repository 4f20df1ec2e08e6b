import { type Clock, sleep } from '../lib/clock.ts';
import type { DeliveryPass } from './pass.ts';

/** How long a process waits at most before it looks for events that another process has stored, in milliseconds. */
const longestWaitMs = 30_000;

/** Sends what is stored in a process that lives on. On Lambda `deliver` is called once a minute instead. */
export class EmbeddedSender {
  readonly #clock: Clock;
  readonly #deliver: (signal: AbortSignal) => Promise<DeliveryPass>;
  readonly #stopped = new AbortController();
  #wake = new AbortController();
  #running: Promise<void> | undefined;
  #isLast = false;

  constructor(clock: Clock, deliver: (signal: AbortSignal) => Promise<DeliveryPass>) {
    this.#clock = clock;
    this.#deliver = deliver;
  }

  /** Begins to send. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Says that an event was stored, so that the sender need not find it by itself. */
  ring(): void {
    this.#wake.abort();
  }

  /** Begins no attempt any more, and resolves when none is under way: within ten seconds. What waits stays in the store. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#wake.abort();
    await this.#running;
  }

  /** Makes one more attempt at what is due, for a process that is about to end, and then rests until it is started again. */
  async finish(): Promise<void> {
    this.#isLast = true;
    this.#wake.abort();
    await this.#running;
    this.#isLast = false;
    this.#running = undefined;
  }

  async #run(): Promise<void> {
    const clock = this.#clock;
    while (!this.#stopped.signal.aborted) {
      const isLast = this.#isLast;
      const { nextAt = Number.POSITIVE_INFINITY } = await this.#deliver(this.#stopped.signal);
      if (isLast) return;
      const waitMs = Math.max(1_000, Math.min(nextAt - clock.wallTime(), longestWaitMs));
      await sleep(clock, waitMs, AbortSignal.any([this.#wake.signal, this.#stopped.signal]));
      if (this.#wake.signal.aborted) this.#wake = new AbortController();
    }
  }
}
