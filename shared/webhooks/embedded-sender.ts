import { sleep } from '../lib/clock.ts';
import { deliverDue } from './deliver-due.ts';
import type { WebhookParts } from './enqueue.ts';

/** How long a process waits at most before it looks for events that another process has stored, in milliseconds. */
const longestWaitMs = 30_000;

/** Sends events in a process that lives on. On Lambda `deliverDue` is called once a minute instead. */
export class EmbeddedSender {
  readonly #parts: WebhookParts;
  readonly #stopped = new AbortController();
  #wake = new AbortController();
  #running: Promise<void> | undefined;
  #isLast = false;

  constructor(parts: WebhookParts) {
    this.#parts = parts;
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
    const { clock } = this.#parts;
    while (!this.#stopped.signal.aborted) {
      const isLast = this.#isLast;
      const { nextAt = Number.POSITIVE_INFINITY } = await deliverDue(this.#parts, this.#stopped.signal);
      if (isLast) return;
      const waitMs = Math.max(1_000, Math.min(nextAt - clock.wallTime(), longestWaitMs));
      await sleep(clock, waitMs, AbortSignal.any([this.#wake.signal, this.#stopped.signal]));
      if (this.#wake.signal.aborted) this.#wake = new AbortController();
    }
  }
}
