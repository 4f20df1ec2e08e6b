import type { Terms } from '../http/line.ts';
import { containsName } from '../names.ts';
import type { Cause, Code, State } from '../outcome.ts';
import type { ListReading, Sighting } from '../providers/provider-adapter.ts';
import { nameToCompare } from '../providers/reading.ts';
import { present } from './conclude.ts';
import { ask, type Connection, type Result } from './connection.ts';
import { type JobView, viewOf } from './look.ts';
import { lookAtOne } from './look-at.ts';
import type { FindRequest } from './requests.ts';

type ListPage = Extract<ListReading, { kind: 'page' }>;

/** Pages of one connection that one call reads at the most. */
const mostPages = 20;

/** Where to go on in one connection's list: the page, and how many of its jobs were given already. */
export type Place = [page: string | null, given: number];

interface Find {
  readonly job: JobView;
  /** Where the search goes on after this job. */
  readonly after: Place;
}

/** What one connection has to give. */
export interface Share {
  readonly connection: Connection;
  readonly start: Place;
  readonly finds: readonly Find[];
  /** Where the search goes on after all of them; `null` at the end of the list. */
  readonly rest: Place | null;
  /** Entries of the list that were not shaped as documented. */
  readonly unread: number;
  /** Of each job whose state neither the list nor a look told, why. */
  readonly untold: readonly Code[];
  readonly failure?: Code | undefined;
  readonly cause?: Cause | undefined;
}

/** What is searched for in one connection, from where on, and in what time. `now` is what ages are counted from. */
export interface Search extends Pick<FindRequest, 'state' | 'name' | 'older_than' | 'limit'> {
  readonly start: Place;
  readonly now: number;
  readonly terms: Terms;
}

/** Reads a connection's list until the limit is reached or it ends. Never rejects but for a bug of ours. */
export async function search(connection: Connection, wanted: Search): Promise<Share> {
  const { start } = wanted;
  const [onlyState] = wanted.state?.length === 1 ? wanted.state : [];
  const share = { connection, start };
  const finds: Find[] = [];
  const untold: Code[] = [];
  const seen = new Set<string>();
  let unread = 0;
  let place: Place = start;
  for (let pages = 0; pages < mostPages && finds.length < wanted.limit; pages += 1) {
    const [cursor, skip]: Place = place;
    const result: Result<ListPage> = await readPage(connection, cursor, onlyState, wanted.terms);
    if (result.kind !== 'read') {
      const { code: failure, cause } =
        result.kind === 'failed' ? result : { code: skippedFor(wanted.terms), cause: undefined };
      return { ...share, finds, unread, untold, rest: null, failure, cause };
    }
    const { jobs, next } = result.reading;
    unread += result.reading.unread;
    const all = jobs.map((job, index): Entry => ({ job, at: result.at, after: [cursor, index + 1] }));
    const isNew = ({ job, after: [, given] }: Entry) => given > skip && !seen.has(job.jobId);
    const entries = distinct(all).filter((entry) => isNew(entry) && fits(entry.job, wanted));
    const known = seen.size;
    for (const { jobId } of jobs) seen.add(jobId);
    const told = await tellStates(entries, connection, wanted);
    untold.push(...told.untold);
    for (const { job, at, after } of told.entries.filter((entry) => isIn(wanted.state, entry)))
      finds.push({ job: viewOf(job, connection.name, at), after });
    // A list that does not know our way of asking for the next page gives the same one again.
    const repeats = jobs.length > 0 && seen.size === known;
    if (next === null || next === cursor || repeats) return { ...share, finds, unread, untold, rest: null };
    place = [next, 0];
  }
  return { ...share, finds, unread, untold, rest: place };
}

interface Entry {
  readonly job: Sighting;
  readonly at: number;
  readonly after: Place;
}

/** Only the first entry of each job. */
function distinct(entries: readonly Entry[]): Entry[] {
  const byId = Map.groupBy(entries, ({ job }) => job.jobId);
  return [...byId.values()].flatMap((same) => same.slice(0, 1));
}

function isIn(states: readonly State[] | undefined, { job }: Entry): boolean {
  return states === undefined || states.includes(job.state);
}

function readPage(connection: Connection, cursor: string | null, state: State | undefined, terms: Terms) {
  const { list } = connection.adapter;
  const request = list.request(state === undefined ? {} : { state }, cursor);
  return ask(
    connection,
    { operation: 'list', request, read: (response) => list.read(response, cursor) },
    terms,
  );
}

/** A job whose name or age cannot be seen does not match a filter on it. */
function fits(job: Sighting, { name, older_than, now }: Search): boolean {
  if (name !== undefined && !containsName(nameToCompare(job) ?? '', name)) return false;
  return (
    older_than === undefined || (job.createdAt !== undefined && now - Date.parse(job.createdAt) >= older_than)
  );
}

/** Where a state is asked for that the list leaves out, looks at the jobs that may be in it. */
async function tellStates(
  entries: readonly Entry[],
  connection: Connection,
  { state: wanted = ['unknown'], terms }: Search,
): Promise<{ readonly entries: readonly Entry[]; readonly untold: readonly Code[] }> {
  const { untold = [] } = connection.adapter.list;
  const isTold = wanted.includes('unknown') || !wanted.some((state) => untold.includes(state));
  if (isTold) return { entries, untold: [] };
  const vague = entries.map(({ job }) => job).filter(isVague);
  const { seen, unseen } = await connection.glances.at(vague, (id) => lookAtOne(id, connection, terms));
  const told = entries.map((entry): Entry => {
    const look = isVague(entry.job) ? seen.get(entry.job.jobId) : undefined;
    return look === undefined
      ? entry
      : { ...entry, at: look.at, job: { ...entry.job, ...present(look.job) } };
  });
  // A look at a status that nobody knows tells no more than the list did.
  const strange = told.filter(({ job }) => isVague(job) && seen.has(job.jobId));
  return { entries: told, untold: [...unseen, ...strange.map(() => 'unexpected_response' as const)] };
}

function isVague({ state }: Sighting): boolean {
  return state === 'unknown';
}

/** Why a turn did not come: the pace that the provider asks for, or that whoever waited for its answers has gone. */
function skippedFor({ signal }: Terms): Code {
  return signal?.aborted ? 'provider_unavailable' : 'rate_limited';
}
