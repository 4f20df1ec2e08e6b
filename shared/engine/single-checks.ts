/** How many jobs of a set may be checked one by one, and how many were. */
export class SingleChecks {
  readonly #most: number;
  #made: number;

  /** `made`: how many were checked before. */
  constructor(most: number, made = 0) {
    this.#most = most;
    this.#made = made;
  }

  /** How many were checked one by one. */
  get made(): number {
    return this.#made;
  }

  /** Whether no more may be. */
  get areSpent(): boolean {
    return this.#made >= this.#most;
  }

  /** The first of these jobs, as many as may still be checked. */
  among(ids: readonly string[]): readonly string[] {
    return ids.slice(0, Math.max(0, this.#most - this.#made));
  }

  /** Notes that so many were checked. */
  note(count: number): void {
    this.#made += count;
  }
}
