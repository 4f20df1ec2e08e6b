import type { Job } from './job.ts';

/** A page of jobs and the cursor of the page after it, `null` when there is none. */
export interface JobPage {
  readonly jobs: readonly Job[];
  readonly next: string | null;
}

/** What a page is asked for: at most `limit` jobs that `keep`s, after the job whose id is `after`. */
export interface PageRequest {
  readonly limit: number;
  readonly after?: string | null;
  readonly skip?: number;
  readonly keep?: (job: Job) => boolean;
}

/** All jobs of one provider: found by id at once, listed newest first a page at a time. */
export class JobBook {
  readonly #byId = new Map<string, Job>();
  readonly #position = new Map<string, number>();
  #oldestFirst: Job[] = [];
  #sorted = true;

  get size(): number {
    return this.#byId.size;
  }

  /** Adds a job. Throws when its id is taken: that is a mistake in a test. */
  add(job: Job): void {
    if (this.#byId.has(job.id)) throw new Error(`The sandbox already has a job ${job.id}.`);
    const newest = this.#oldestFirst.at(-1);
    this.#sorted &&= newest === undefined || newest.createdAt <= job.createdAt;
    this.#byId.set(job.id, job);
    this.#position.set(job.id, this.#oldestFirst.length);
    this.#oldestFirst.push(job);
  }

  find(id: string): Job | undefined {
    return this.#byId.get(id);
  }

  /** Jobs newest first, from a cursor on; costs what it passes over, not what the book holds. */
  page({ limit, after, skip = 0, keep = () => true }: PageRequest): JobPage {
    this.#sort();
    const jobs: Job[] = [];
    let toSkip = skip;
    for (let index = this.#start(after); index >= 0; index--) {
      const job = this.#oldestFirst[index];
      if (job === undefined || !keep(job)) continue;
      if (toSkip-- > 0) continue;
      if (jobs.length === limit) return { jobs, next: jobs.at(-1)?.id ?? null };
      jobs.push(job);
    }
    return { jobs, next: null };
  }

  /** How many jobs `keep`s. */
  count(keep: (job: Job) => boolean): number {
    return this.#oldestFirst.filter(keep).length;
  }

  clear(): void {
    this.#byId.clear();
    this.#position.clear();
    this.#oldestFirst = [];
    this.#sorted = true;
  }

  #start(after: string | null | undefined): number {
    if (after === null || after === undefined) return this.#oldestFirst.length - 1;
    return (this.#position.get(after) ?? 0) - 1;
  }

  #sort(): void {
    if (this.#sorted) return;
    this.#oldestFirst.sort((one, other) => one.createdAt - other.createdAt);
    for (const [index, job] of this.#oldestFirst.entries()) this.#position.set(job.id, index);
    this.#sorted = true;
  }
}
