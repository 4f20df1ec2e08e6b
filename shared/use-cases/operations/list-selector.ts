import type { RequestContext, ServiceParts } from '../../cancellation/request-context.ts';
import type { Unavailable } from '../../contract/answers/unavailable.ts';
import type { JobEntry } from '../../contract/job-entries.ts';
import { isFinal, states } from '../../contract/outcome.ts';
import { findRequest } from '../../contract/requests.ts';
import { type Fault, faultText } from '../../contract/result.ts';
import { decodeCursor } from '../../engine/list/cursor.ts';
import { type FrozenSet, freeze, hasTooMany } from '../../operations/freeze.ts';
import type { OperationRecord, PageRecord } from '../../operations/operation.ts';
import { listJobsFor } from '../list-jobs.ts';
import { beginRound } from './begin-round.ts';
import { pagesOf, type Stored, storedIn } from './stored.ts';

/** How many jobs one step of a listing reads at most. */
const jobsPerStep = 5_000;
/** The states that a selector picks by default. */
const live = states.filter((state) => !isFinal(state) && state !== 'cancelling');

/**
 * Reads on in the list of the jobs that an operation's selector picks, and keeps them with the place where it goes on. At the end
 * it freezes them, and offers the confirmation that every selector needs. Once it has more jobs than an operation may have, it
 * reads no further. Rejects if the store does.
 */
export async function listSelector(
  parts: ServiceParts,
  operation: OperationRecord,
  context: RequestContext,
): Promise<void> {
  const stored = storedIn(parts);
  if (!stored.ok) throw new Error(faultText(stored.faults));
  const { records } = stored.value;
  const { cursor, jobs, unavailable } = await nextJobs(parts, operation, context);
  const number = operation.pages.length + 1;
  const pages: PageRecord[] = [...operation.pages];
  if (jobs.length > 0) pages.push(await records.putPage(operation, number, jobs));
  const listed = { ...operation, pages, unavailable: joined(operation.unavailable, unavailable) };
  if (cursor === null) return endListing(parts, stored.value, operation, listed, context);
  if (await hasTooMany(pages, pagesOf(stored.value, listed))) return hold(stored.value, operation, listed);
  const next = { listing_cursor: cursor };
  await records.change(operation.id, (known) =>
    isStillListing(known, operation) ? { ...listed, ...next, wanted: known.wanted } : undefined,
  );
}

interface ListedPage {
  readonly jobs: readonly JobEntry[];
  readonly unavailable: readonly Unavailable[];
  readonly cursor: string | null;
}

/** The next jobs of the list. A fault, such as a right that was withdrawn, ends the list where it is, and is told as a gap. */
async function nextJobs(
  parts: ServiceParts,
  { selector, listing_cursor }: OperationRecord,
  context: RequestContext,
): Promise<ListedPage> {
  const { state = live, ...filters } = findRequest.parse(selector);
  const request = { ...filters, state, limit: jobsPerStep, cursor: listing_cursor };
  const found = await listJobsFor(parts, request, context);
  if (!found.ok)
    return { jobs: [], unavailable: gapsOf(found.faults, parts, filters.provider), cursor: null };
  const { jobs, unavailable, next_cursor } = found.value;
  // The next step reads on in these, so that this one did not read them to their end is no gap.
  const places = next_cursor === null ? undefined : decodeCursor(next_cursor, request);
  const isReadOn = (name: string) => typeof places === 'object' && places.has(name);
  return {
    jobs: jobs.map(({ provider, job_id }) => ({ provider, job_id })),
    unavailable: unavailable.filter(
      ({ code, provider }) => code !== 'list_unfinished' || !isReadOn(provider),
    ),
    cursor: next_cursor,
  };
}

/** What a list lacks that could not be gone on with: jobs at each of its connections. */
function gapsOf(faults: readonly Fault[], { connections }: ServiceParts, provider?: string): Unavailable[] {
  const message = `The jobs could not be listed any further: ${faultText(faults)}`;
  const names = provider === undefined ? [...connections.keys()] : [provider];
  return names.map((name) => ({ provider: name, code: 'list_unfinished', message }));
}

async function endListing(
  parts: ServiceParts,
  stored: Stored,
  seen: OperationRecord,
  listed: OperationRecord,
  context: RequestContext,
): Promise<void> {
  const { records } = stored;
  const frozen = await freeze(records, listed, pagesOf(stored, listed));
  if (frozen === 'too_many') return hold(stored, seen, listed);
  const { pages, unavailable } = listed;
  const change = {
    ...frozen,
    ...{ pages, unavailable, listing: 'done' as const, listed_at: parts.clock.wallTime() },
    listing_cursor: undefined,
  };
  if (frozen.jobs === 0) return endEmpty(stored, seen, change);
  const counts = Object.fromEntries(frozen.shares.map(({ connection, jobs }) => [connection, jobs]));
  const begun = await beginRound(parts, stored, { seen, change, counts }, context);
  // What may not be started remains a draft: its start says why.
  if (begun !== 'changed' && !begun.ok)
    await records.change(seen.id, (known) =>
      isStillListing(known, seen) ? { ...known, ...change, wanted: 'draft' } : undefined,
    );
}

/** Holds an operation whose selector picks more jobs than one may have. */
async function hold({ records }: Stored, seen: OperationRecord, listed: OperationRecord): Promise<void> {
  await records.change(seen.id, (known) =>
    isStillListing(known, seen) ? { ...listed, wanted: 'pause', paused_because: 'too_many' } : undefined,
  );
}

/** Ends an operation whose selector picks no job. */
async function endEmpty(
  { records, index }: Stored,
  seen: OperationRecord,
  change: FrozenSet & Partial<OperationRecord>,
): Promise<void> {
  const ended = await records.change(seen.id, (known) =>
    isStillListing(known, seen) ? { ...known, ...change, ended_at: change.listed_at } : undefined,
  );
  if (ended?.ended_at !== undefined) await index.end(ended);
}

/** Whether nothing else was done with the operation meanwhile; a pause lets the step that is under way end. */
function isStillListing(known: OperationRecord, seen: OperationRecord): boolean {
  return known.listing === 'due' && known.pages.length === seen.pages.length && known.wanted !== 'draft';
}

/** The gaps of all steps, each once. */
function joined(known: readonly Unavailable[] = [], more: readonly Unavailable[]): Unavailable[] {
  const all = [...known, ...more].map((gap) => [`${gap.provider} ${gap.code}`, gap] as const);
  return [...new Map(all).values()];
}
