import type { Clock } from '../clock.ts';

const windowMs = 600_000;

/** How many jobs an agent had cancelled in the last ten minutes, so that splitting a request gains nothing. */
export class RecentCancels {
  readonly #clock: Clock;
  #entries: { readonly at: number; jobs: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Jobs counted in the last ten minutes. */
  get count(): number {
    const since = this.#clock.now() - windowMs;
    this.#entries = this.#entries.filter(({ at }) => at > since);
    return this.#entries.reduce((sum, { jobs }) => sum + jobs, 0);
  }

  /** Counts `jobs` before they are sent. Calls the returned function with how many really were, to correct it. */
  reserve(jobs: number): (sent: number) => void {
    const entry = { at: this.#clock.now(), jobs };
    this.#entries.push(entry);
    return (sent) => {
      entry.jobs = sent;
    };
  }
}
