import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { JobEntry } from '../contract/job-entries.ts';
import { inPool } from '../lib/concurrency.ts';
import { parseJson } from '../lib/json.ts';
import { compareAndSwap } from '../store/compare-and-swap.ts';
import type { Store } from '../store/store.ts';
import { type JobResult, mergeResults } from './job-result.ts';
import { draftMs, expiryOf, longAgo, partsExpireAt } from './lifetime.ts';
import { type Mark, packMark, unpackMark } from './mark.ts';
import {
  type OperationRecord,
  operationRecordSchema,
  type PageRecord,
  type ShareRecord,
  shareRecordSchema,
} from './operation.ts';
import { type ChunkResults, packResults, unpackResults } from './packed-results.ts';

/** The place of a chunk: its operation, the frozen set, the connection, and its number from 0. */
export interface ChunkPlace {
  readonly operation: Pick<OperationRecord, 'id' | 'set' | 'created_at'>;
  readonly connection: string;
  readonly chunk: number;
}

/** What is known of a chunk. */
export interface KnownChunk {
  readonly results: readonly (JobResult | undefined)[];
  /** The attempt of its mark; 0 without one. */
  readonly marked: number;
  /** How many attempts there were at it. */
  readonly attempts: number;
  /** The places of the jobs that a worker that died may have sent a cancel. */
  readonly lost: ReadonlySet<number>;
}

const idsSchema = z.lazy(() => z.array(z.string()));
const pageSchema = z.lazy(() => z.array(z.tuple([z.string(), z.string()])));
/** The most jobs in one value: with the longest ids it stays within the limit of a store. */
const jobsPerPart = 1_000;
const partsAtOnce = 4;

const keyOf = (id: string) => `operation/${id}`;
const pageKeyOf = (id: string, { page, upload }: PageRecord, part: number) =>
  `operation/${id}/page/${page}/${upload}/${part}`;
const shareKeyOf = (id: string, set: string, connection: string) =>
  `operation/${id}/${set}/share/${connection}`;

function chunkKeyOf(kind: 'ids' | 'mark' | 'result', { operation, connection, chunk }: ChunkPlace): string {
  return `operation/${operation.id}/${operation.set ?? ''}/${kind}/${connection}/${chunk}`;
}

/** The stored operations. Everything rejects if the store does. */
export class OperationRecords {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The head of an operation; `undefined` if there is none or it has expired. */
  async get(id: string): Promise<OperationRecord | undefined> {
    return recordIn((await this.#store.get(keyOf(id)))?.value);
  }

  /** Keeps a new operation. If there is one with its id already, that one is returned and nothing is changed. */
  async create(record: OperationRecord): Promise<OperationRecord> {
    let kept = record;
    await compareAndSwap(this.#store, keyOf(record.id), (value) => {
      const known = recordIn(value);
      kept = known ?? record;
      return known === undefined ? entryOf(record) : undefined;
    });
    return kept;
  }

  /**
   * Replaces the head with the result of `change`, and returns what is stored then; `undefined` from `change` leaves it as it
   * is. Does nothing if there is no such operation.
   */
  async change(
    id: string,
    change: (known: OperationRecord) => OperationRecord | undefined,
  ): Promise<OperationRecord | undefined> {
    let kept: OperationRecord | undefined;
    await compareAndSwap(this.#store, keyOf(id), (value) => {
      const known = recordIn(value);
      const next = known && change(known);
      kept = next ?? known;
      return next && entryOf(next);
    });
    return kept;
  }

  /**
   * Removes a draft; its pages expire by themselves. Returns `false` for one that has been started, or that `isToGo` does not
   * pick.
   */
  async removeDraft(id: string, isToGo: (draft: OperationRecord) => boolean = () => true): Promise<boolean> {
    let isDraft = true;
    await compareAndSwap(this.#store, keyOf(id), (value) => {
      const known = recordIn(value);
      isDraft = value === undefined || (known?.wanted === 'draft' && isToGo(known));
      return value === undefined || !isDraft ? undefined : { value, expiresAt: longAgo };
    });
    return isDraft;
  }

  /** Keeps the jobs of a page of a draft. They count from when the head names what this returns. */
  async putPage(
    { id, created_at, selector }: OperationRecord,
    page: number,
    jobs: readonly JobEntry[],
  ): Promise<PageRecord> {
    const parts = inParts(jobs);
    const kept = {
      page,
      upload: randomBytes(6).toString('base64url'),
      parts: parts.length,
      jobs: jobs.length,
    };
    // A draft may be kept by a confirmation; a listing that was paused can be resumed for sixty days.
    const expiresAt = selector === undefined ? created_at + 2 * draftMs : partsExpireAt({ created_at });
    await inPool([...parts.entries()], partsAtOnce, ([part, jobsOfPart]) => {
      const value = JSON.stringify(jobsOfPart.map(({ provider, job_id }) => [provider, job_id]));
      return this.#put(pageKeyOf(id, kept, part), value, expiresAt);
    });
    return kept;
  }

  /** The jobs of a page. Rejects if they are not there: they live as long as their draft or their listing. */
  async page(id: string, page: PageRecord): Promise<readonly JobEntry[]> {
    const parts = Array.from({ length: page.parts }, (_, part) => part);
    const entries = await Promise.all(parts.map((part) => this.#store.get(pageKeyOf(id, page, part))));
    return entries.flatMap((entry) => {
      const { data } = pageSchema.safeParse(parseJson(entry?.value ?? ''));
      if (data === undefined) throw new Error('a page of a draft is not in the store');
      return data.map(([provider, job_id]) => ({ provider, job_id }));
    });
  }

  /** Keeps the ids of a chunk, which never change. */
  async putIds(place: ChunkPlace, ids: readonly string[]): Promise<void> {
    const terms = { version: 0, expiresAt: partsExpireAt(place.operation) };
    await this.#store.put(chunkKeyOf('ids', place), JSON.stringify(ids), terms);
  }

  /** The ids of a chunk. Rejects if they are not there: a set is complete before its operation starts. */
  async ids(place: ChunkPlace): Promise<readonly string[]> {
    const entry = await this.#store.get(chunkKeyOf('ids', place));
    const { data } = idsSchema.safeParse(parseJson(entry?.value ?? ''));
    if (data === undefined) throw new Error('the ids of a chunk are not in the store');
    return data;
  }

  /** The mark of a chunk, and what is known of its `size` jobs. */
  async known(place: ChunkPlace, size: number): Promise<KnownChunk> {
    const keys = [chunkKeyOf('mark', place), chunkKeyOf('result', place)];
    const [markEntry, resultEntry] = await Promise.all(keys.map((key) => this.#store.get(key)));
    const { attempt = 0, due = [] } = unpackMark(markEntry?.value) ?? {};
    const { closes, open = [], results } = unpackResults(resultEntry?.value, size);
    const lost = new Set(attempt > closes ? [...due, ...open] : open);
    return { marked: attempt, attempts: Math.max(attempt, closes), lost, results };
  }

  /**
   * Writes which jobs may be sent a cancel from now on. Rejects if another worker has marked the chunk since it was read,
   * because its mark must not be lost.
   */
  putMark(place: ChunkPlace, mark: Mark): Promise<void> {
    return compareAndSwap(this.#store, chunkKeyOf('mark', place), (value) => {
      const { attempt = 0 } = unpackMark(value) ?? {};
      if (attempt >= mark.attempt) throw new Error('another worker has marked this chunk');
      return { value: packMark(mark), expiresAt: partsExpireAt(place.operation) };
    });
  }

  /**
   * Joins what is known of a chunk's jobs with what was seen, in the order of its `size` ids, and returns the result.
   * `closes`: the attempt of the mark that this answers, but for the jobs at the places `open`.
   */
  async merge(
    place: ChunkPlace,
    size: number,
    seen: Partial<ChunkResults> & Pick<ChunkResults, 'results'>,
  ): Promise<ChunkResults> {
    let merged: ChunkResults = { closes: 0, results: [] };
    await compareAndSwap(this.#store, chunkKeyOf('result', place), (value) => {
      const known = unpackResults(value, size);
      merged = {
        ...closing(known, seen),
        results: known.results.map((before, index) => joined(before, seen.results[index])),
      };
      return { value: packResults(merged), expiresAt: partsExpireAt(place.operation) };
    });
    return merged;
  }

  /** The progress at a connection; `undefined` before anything was done there. */
  async share({ id, set = '' }: OperationRecord, connection: string): Promise<ShareRecord | undefined> {
    return shareIn((await this.#store.get(shareKeyOf(id, set, connection)))?.value);
  }

  /** Replaces the progress at a connection. Only the holder of its lease may. */
  async changeShare(
    { id, set = '', created_at }: OperationRecord,
    connection: string,
    change: (known: ShareRecord | undefined) => ShareRecord | undefined,
  ): Promise<void> {
    await compareAndSwap(this.#store, shareKeyOf(id, set, connection), (value) => {
      const next = change(shareIn(value));
      return next && { value: JSON.stringify(next), expiresAt: partsExpireAt({ created_at }) };
    });
  }

  #put(key: string, value: string, expiresAt: number): Promise<void> {
    return compareAndSwap(this.#store, key, () => ({ value, expiresAt }));
  }
}

function inParts(jobs: readonly JobEntry[]): (readonly JobEntry[])[] {
  return Array.from({ length: Math.ceil(jobs.length / jobsPerPart) }, (_, part) =>
    jobs.slice(part * jobsPerPart, (part + 1) * jobsPerPart),
  );
}

/** Which mark is answered, and for which of its jobs it is not. The answers to a later mark hold the open jobs of earlier ones. */
function closing(known: ChunkResults, { closes = 0, open = [] }: Partial<ChunkResults>) {
  if (closes > known.closes) return { closes, open };
  const { open: stillOpen = [] } = known;
  const isAnswered = (place: number) => closes === known.closes && !open.includes(place);
  return { closes: known.closes, open: stillOpen.filter((place) => !isAnswered(place)) };
}

function joined(known: JobResult | undefined, seen: JobResult | undefined): JobResult | undefined {
  return seen === undefined ? known : mergeResults(known, seen);
}

function entryOf(record: OperationRecord) {
  return { value: JSON.stringify(record), expiresAt: expiryOf(record) };
}

function recordIn(value: string | undefined): OperationRecord | undefined {
  return operationRecordSchema.safeParse(value === undefined ? undefined : parseJson(value)).data;
}

function shareIn(value: string | undefined): ShareRecord | undefined {
  return shareRecordSchema.safeParse(value === undefined ? undefined : parseJson(value)).data;
}
