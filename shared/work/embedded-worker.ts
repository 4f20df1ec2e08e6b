import { type Clock, sleep, within } from '../lib/clock.ts';
import type { Worker } from './worker.ts';

/** How often an embedded worker reads every agenda, in milliseconds: another process may have made an appointment. */
const pollMs = 2_000;
/** How long a worker that was seen alive counts as alive, in milliseconds: it renews its lease every four seconds. */
const othersMs = 10_000;
/** How long a stop waits for what was sent to be recorded, in milliseconds. */
const longestStopMs = 7_000;

/** Runs a worker in a process that lives on: it visits every connection that has something due, several at a time. */
export class EmbeddedWorker {
  readonly #worker: Worker;
  readonly #clock: Clock;
  readonly #visits = new Map<string, Promise<void>>();
  /** When another worker was last seen alive, on the monotonic clock. */
  #othersAt = Number.NEGATIVE_INFINITY;
  readonly #stopped = new AbortController();
  #wake = new AbortController();
  #running: Promise<void> | undefined;

  constructor(worker: Worker, clock: Clock) {
    this.#worker = worker;
    this.#clock = clock;
  }

  /** Begins to work. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Whether another worker works at one of the connections: it was seen alive within the last seconds. */
  get seesOthers(): boolean {
    return this.#clock.now() - this.#othersAt < othersMs;
  }

  /** Says that there is work, so that the worker reads the agendas at once. */
  ring(): void {
    this.#wake.abort();
  }

  /** Ends the work: resolves when what was sent is recorded, or after seven seconds. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#worker.stop();
    this.#wake.abort();
    await within(this.#clock, longestStopMs, Promise.all([this.#running, ...this.#visits.values()]));
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      await this.#visitAll();
      await sleep(this.#clock, pollMs, this.#wake.signal);
      if (this.#wake.signal.aborted) this.#wake = new AbortController();
    }
  }

  async #visitAll(): Promise<void> {
    for (const name of await this.#worker.connections().catch(() => [])) {
      if (this.#visits.has(name) || this.#stopped.signal.aborted) continue;
      if (!(await this.#worker.isDue(name).catch(() => false))) continue;
      const visit = this.#worker
        .visit(name)
        .then((result) => {
          if (result === 'busy') this.#othersAt = this.#clock.now();
        })
        .finally(() => this.#visits.delete(name));
      this.#visits.set(name, visit);
    }
  }
}
