import * as z from 'zod';
import { states } from '../../contract/outcome.ts';
import { type Clock, plausibleSkewMs } from '../../lib/clock.ts';
import { parseJson } from '../../lib/json.ts';
import { compareAndSwap } from '../../store/compare-and-swap.ts';
import type { Store } from '../../store/store.ts';
import { type ConfirmationRecord, jobsPerChunk, ownLifeMs, recordSchema } from './record.ts';
import type { JobShown } from './types.ts';
import { noteWaiting, type Waiting } from './waiting.ts';

/** Provider, id, and the details shown: state, name, time of creation, owner. */
const shownSchema = z.lazy(() => z.tuple([z.string(), z.string()]).rest(z.union([z.string(), z.null()])));

const chunkSchema = z.lazy(() => z.array(shownSchema));

const seenState = z.lazy(() => z.enum(states).optional().catch(undefined));

function rowOf({ provider, job_id, state, name, created_at, owner }: JobShown): (string | null)[] {
  return [provider, job_id, state ?? null, name ?? null, created_at ?? null, owner ?? null];
}

function jobIn([provider, job_id, state, name, created_at, owner]: z.infer<typeof shownSchema>): JobShown {
  const seen = seenState.parse(state ?? undefined);
  return {
    provider,
    job_id,
    ...(seen && { state: seen }),
    ...(name && { name }),
    ...(created_at && { created_at }),
    ...(owner && { owner }),
  };
}

function keyOf(id: string): string {
  return `confirmation/${id}`;
}

function chunkKeyOf(id: string, nonce: string, chunk: number): string {
  return `confirmation/${id}/${nonce}/${chunk}`;
}

/** Stored confirmations: one value for each, and further values for its jobs. Everything rejects if the store does. */
export class ConfirmationRecords {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The confirmation, unless it has expired. */
  async get(id: string): Promise<ConfirmationRecord | undefined> {
    return this.#inTime((await this.#store.get(keyOf(id)))?.value);
  }

  /** Replaces a confirmation with the result of `change`; `undefined` leaves it unchanged. */
  change(
    id: string,
    change: (known: ConfirmationRecord | undefined) => ConfirmationRecord | undefined,
  ): Promise<void> {
    return compareAndSwap(this.#store, keyOf(id), (value) => {
      const next = change(this.#inTime(value));
      return next && { value: JSON.stringify(next), expiresAt: next.expiresAt };
    });
  }

  #inTime(value: string | undefined): ConfirmationRecord | undefined {
    const { data } = recordSchema.safeParse(value === undefined ? undefined : parseJson(value));
    if (data === undefined) return undefined;
    const leftMs = data.expiresAt - this.#clock.wallTime();
    // One that seems to live longer than it may was made before the clock was set back, so its end is unknown.
    return leftMs > 0 && leftMs <= (data.lives_ms ?? ownLifeMs) + plausibleSkewMs ? data : undefined;
  }

  /** Notes that a confirmation waits, so that it can be found without its id. */
  noteWaiting(waiting: Waiting, expiresAt: number): Promise<void> {
    return noteWaiting(this.#store, waiting, expiresAt);
  }

  /** Stores the jobs, separately from the record. */
  async keepJobs(
    id: string,
    { nonce, expiresAt }: ConfirmationRecord,
    jobs: readonly JobShown[],
  ): Promise<void> {
    for (let chunk = 0; chunk * jobsPerChunk < jobs.length; chunk += 1) {
      const share = jobs.slice(chunk * jobsPerChunk, (chunk + 1) * jobsPerChunk);
      const value = JSON.stringify(share.map(rowOf));
      await this.#store.put(chunkKeyOf(id, nonce, chunk), value, { version: 0, expiresAt });
    }
  }

  /** The jobs; `undefined` if they have just expired, because they are stored separately from the record. */
  jobsOf(id: string, record: ConfirmationRecord): Promise<JobShown[] | undefined> {
    return this.#jobsIn(id, record, record.chunks);
  }

  /** The first 400 of the jobs. @see jobsOf */
  firstJobsOf(id: string, record: ConfirmationRecord): Promise<JobShown[] | undefined> {
    return this.#jobsIn(id, record, Math.min(1, record.chunks));
  }

  async #jobsIn(id: string, { nonce }: ConfirmationRecord, most: number): Promise<JobShown[] | undefined> {
    const keys = Array.from({ length: most }, (_, chunk) => chunkKeyOf(id, nonce, chunk));
    const entries = await Promise.all(keys.map((key) => this.#store.get(key)));
    const shares = entries.map((entry) => chunkSchema.safeParse(parseJson(entry?.value ?? '')).data);
    if (shares.includes(undefined)) return undefined;
    return shares.flatMap((share = []) => share.map(jobIn));
  }
}
