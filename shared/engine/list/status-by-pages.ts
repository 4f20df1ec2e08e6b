import type { JobSnapshot } from '../../adapter/adapter.ts';
import type { RequestLimits } from '../../http/provider-client.ts';
import type { StatusCheck } from '../attempt-history.ts';
import type { Connection } from '../connection.ts';
import { readPage } from './fetch-page.ts';
import { ListWalk } from './list-walk.ts';
import { undisputed } from './undisputed.ts';

/** The jobs that a list is read for, and how many of its pages were read. */
interface Search {
  readonly wanted: ReadonlySet<string>;
  readonly checks: Map<string, StatusCheck>;
  readonly walk: ListWalk;
  /** When a search that has found nothing ends, in milliseconds on the monotonic clock: single checks need time, too. */
  readonly searchBy: number;
  pages: number;
  /** How many wanted jobs the page that was read last has that were not seen before. */
  found: number;
  /** The cursors of the pages that were read, each with that of the page after it. */
  readonly nexts: Map<string | null, string | null>;
}

/** Until its first job is found, a search may take this part of the time for sending. */
const searchTimePart = 1 / 3;

/**
 * Reads the status of jobs from a list while its pages pay: first the pages that had them before, then those from the start of
 * the walk on, and at last what stands before it. Returns whether the needed part of the list could be read.
 */
export async function fetchByPages(
  ids: readonly string[],
  connection: Connection,
  terms: RequestLimits,
  checks: Map<string, StatusCheck>,
  walk = new ListWalk(),
): Promise<boolean> {
  const now = connection.clock.now();
  const search: Search = {
    ...{ wanted: new Set(ids), checks, walk, searchBy: now + (terms.sendBy - now) * searchTimePart },
    ...{ pages: 0, found: 0, nexts: new Map() },
  };
  const { start } = walk;
  await readKnownPages(connection, search, terms);
  const wasRead = await readPages(
    connection,
    search,
    { from: start, patience: (wanted) => walk.patienceBehind(wanted) },
    terms,
  );
  for (const section of walk.sections()) await readPages(connection, search, section, terms);
  const wasStartRead =
    start === null || (await readPages(connection, search, { from: null, until: start }, terms));
  walk.end();
  return wasRead && wasStartRead;
}

/** Reads the pages that had the wanted jobs before, as long as they still have any. */
async function readKnownPages(connection: Connection, search: Search, terms: RequestLimits): Promise<void> {
  for (const cursor of search.walk.pagesWith(search.wanted)) {
    if (!isToRead(search)) return;
    const page = await readOnePage(connection, search, cursor, terms);
    if (page === undefined || page.found === 0) return;
  }
}

/**
 * Whether another page of a list costs less than single checks: as long as the pages read cost less than what is left would, and
 * after that while each page shows several of the jobs.
 */
function isToRead({ pages, found, wanted, checks }: Search): boolean {
  const left = wanted.size - checks.size;
  return pages < left || (found > 1 && left > 1);
}

/** Where to begin and to end. `patience`: how many pages in a row may have none of so many jobs, if not as many as usual. */
interface Stretch {
  readonly from: string | null;
  readonly until?: string | null;
  patience?(wanted: number): number;
}

async function readPages(
  connection: Connection,
  search: Search,
  { from, until = null, patience = (count) => search.walk.patience(count) }: Stretch,
  terms: RequestLimits,
): Promise<boolean> {
  const { wanted, walk } = search;
  let cursor = from;
  let barren = 0;
  while (isToRead(search) && barren <= patience(wanted.size)) {
    if (search.checks.size === 0 && connection.clock.now() >= search.searchBy) return true;
    const at: string | null = cursor;
    const known = search.nexts.get(at);
    // Passed over once, so that a list that goes round in a circle comes to an end.
    search.nexts.delete(at);
    const page: Page | undefined =
      known === undefined
        ? await readOnePage(connection, search, at, terms)
        : { found: 0, next: known, isKnown: true };
    if (page === undefined) return false;
    if (from === null && page.found === 0) walk.passed(at);
    if (!page.isKnown) barren = page.found > 0 ? 0 : barren + 1;
    cursor = page.next;
    if (cursor === null || cursor === at || cursor === until) return true;
  }
  return true;
}

/** How many wanted jobs a page has that were not seen before, and the page after it. `isKnown`: it was read a moment ago. */
interface Page {
  readonly found: number;
  readonly next: string | null;
  readonly isKnown?: true;
}

/** Reads a page; `undefined` if it cannot be read. */
async function readOnePage(
  connection: Connection,
  search: Search,
  cursor: string | null,
  terms: RequestLimits,
): Promise<Page | undefined> {
  const { wanted, checks, walk } = search;
  const before = checks.size;
  const result = await readPage(connection, { query: {}, cursor }, terms);
  if (result.kind !== 'read') return undefined;
  const { jobs, next } = result.reading;
  search.pages += 1;
  search.nexts.set(cursor, next);
  recordSeen(jobs, wanted, result.at, checks);
  const found = checks.size - before;
  search.found = found;
  if (found > 0)
    walk.found(
      cursor,
      jobs.map(({ jobId }) => jobId).filter((id) => wanted.has(id)),
    );
  return { found, next };
}

/** Records the status of the wanted jobs among those of an answer, as far as it says one thing of each. */
export function recordSeen(
  jobs: readonly JobSnapshot[],
  wanted: ReadonlySet<string>,
  at: number,
  checks: Map<string, StatusCheck>,
): void {
  for (const job of undisputed(jobs)) {
    if (wanted.has(job.jobId)) checks.set(job.jobId, { kind: 'seen', job, at });
  }
}
