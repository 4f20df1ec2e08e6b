import type { Terms } from '../http/line.ts';
import { inPool } from '../pool.ts';
import type { ListReading, Sighting } from '../providers/provider-adapter.ts';
import { ask, type Connection, inChunks, type Result } from './connection.ts';
import type { Look } from './job.ts';

type ListPage = Extract<ListReading, { kind: 'page' }>;

/** Up to this many jobs are looked at one by one. */
export const few = 3;
/** Pages in a row that may show no job asked for, before single looks are the cheaper way. */
const patiencePages = 3;
/** How many requests of one call wait before the gate at the most. */
export const poolSize = 256;

/**
 * Looks at jobs in the way that costs the fewest requests: by lists of ids where the provider takes them, else by
 * pages of its list as long as these pay, and the rest one by one. What a page leaves out is never taken for missing.
 */
export async function lookAt(
  ids: readonly string[],
  connection: Connection,
  terms: Terms,
): Promise<Map<string, Look>> {
  const looks = new Map<string, Look>();
  if (ids.length > 1 && connection.adapter.lookMany !== undefined)
    await lookByIds(ids, connection, terms, looks);
  else if (ids.length > few) await lookByPages(ids, connection, terms, looks);
  const rest = ids.filter((id) => !looks.has(id));
  await inPool(rest, poolSize, async (id) => {
    looks.set(id, await lookAtOne(id, connection, terms));
  });
  return looks;
}

/** Looks at one job by its own route. */
export async function lookAtOne(id: string, connection: Connection, terms: Terms): Promise<Look> {
  const { look } = connection.adapter;
  const result = await ask(
    connection,
    { operation: 'look', request: look.request(id), read: (response) => look.read(response, id) },
    terms,
  );
  if (result.kind !== 'read') return result;
  return result.reading.kind === 'seen'
    ? { kind: 'seen', job: result.reading.job, at: result.at }
    : { kind: 'not_found', at: result.at };
}

async function lookByIds(
  ids: readonly string[],
  connection: Connection,
  terms: Terms,
  looks: Map<string, Look>,
): Promise<void> {
  const { lookMany } = connection.adapter;
  if (lookMany === undefined) return;
  const lookAtChunk = async (chunk: readonly string[]): Promise<void> => {
    if (chunk.length < 2) return;
    const result = await ask(
      connection,
      {
        operation: 'lookMany',
        request: lookMany.request(chunk),
        read: (response) => lookMany.read(response, chunk),
      },
      terms,
    );
    if (result.kind !== 'read' && !(result.kind === 'failed' && result.denied)) return;
    if (result.kind === 'read' && result.reading.kind === 'page')
      return note(result.reading.jobs, new Set(chunk), result.at, looks);
    const middle = Math.ceil(chunk.length / 2);
    await Promise.all([lookAtChunk(chunk.slice(0, middle)), lookAtChunk(chunk.slice(middle))]);
  };
  await inPool(inChunks(ids, lookMany.maxIds), poolSize, lookAtChunk);
}

async function lookByPages(
  ids: readonly string[],
  connection: Connection,
  terms: Terms,
  looks: Map<string, Look>,
): Promise<void> {
  const { list } = connection.adapter;
  const wanted = new Set(ids);
  let cursor: string | null = null;
  let barren = 0;
  for (let pages = 0; pages < wanted.size - looks.size && barren <= patiencePages; pages += 1) {
    const found = looks.size;
    const from: string | null = cursor;
    const result: Result<ListPage> = await ask(
      connection,
      { operation: 'list', request: list.request({}, from), read: (response) => list.read(response, from) },
      terms,
    );
    if (result.kind !== 'read') return;
    note(result.reading.jobs, wanted, result.at, looks);
    if (result.reading.next === null || result.reading.next === from) return;
    barren = looks.size > found ? 0 : barren + 1;
    cursor = result.reading.next;
  }
}

function note(
  jobs: readonly Sighting[],
  wanted: ReadonlySet<string>,
  at: number,
  looks: Map<string, Look>,
): void {
  for (const job of jobs) {
    if (wanted.has(job.jobId)) looks.set(job.jobId, { kind: 'seen', job, at });
  }
}
