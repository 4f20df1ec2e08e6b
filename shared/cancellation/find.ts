import * as z from 'zod';
import { mayDo } from '../access/policy.ts';
import { Breaker } from '../http/breaker.ts';
import type { Terms } from '../http/line.ts';
import { fromCursor, toCursor } from '../json.ts';
import { type Code, codeNames, type State } from '../outcome.ts';
import type { ListReading } from '../providers/provider-adapter.ts';
import type { CallContext, ServiceParts } from './call-context.ts';
import { type Checked, denied, faulty, invalid, readInput, unknownProvider } from './check.ts';
import { ask, type Connection, type Result } from './connection.ts';
import { type JobView, jobSchema, viewOf } from './look.ts';
import { type FindRequest, findRequest } from './requests.ts';
import { listFailureMessage } from './wording.ts';

type ListPage = Extract<ListReading, { kind: 'page' }>;

/** What it means when entries of a list cannot be read. */
const unreadCode = 'unexpected_response';
/** Pages of one connection that one call reads at the most. */
const mostPages = 20;
/** So long a search waits for its turn where a provider allows few lists a minute: whoever looks at a list wants it now. */
const patienceMs = 10_000;

/** A connection whose jobs are missing from the answer, and why. */
export const unavailableSchema = z.strictObject({
  provider: z.string(),
  code: z.enum(codeNames),
  message: z.string(),
});
export type Unavailable = z.infer<typeof unavailableSchema>;

/** Jobs found. `partial`: some connection could not be asked to the end; `next_cursor` goes on where this page ends. */
export const findResultSchema = z.strictObject({
  jobs: z.array(jobSchema),
  partial: z.boolean(),
  unavailable: z.array(unavailableSchema),
  next_cursor: z.string().nullable(),
});
export type FindResult = z.infer<typeof findResultSchema>;

/** Where to go on in one connection's list: the page, and how many of its jobs were given already. */
const placeSchema = z.tuple([z.string().nullable(), z.number().int().min(0)]);
type Place = z.infer<typeof placeSchema>;
/** The connections that are not at their end. */
const cursorSchema = z.record(z.string(), placeSchema);
type Places = z.infer<typeof cursorSchema>;

interface Find {
  readonly job: JobView;
  /** Where the search goes on after this job. */
  readonly after: Place;
}

interface Share {
  readonly connection: Connection;
  readonly start: Place;
  readonly finds: readonly Find[];
  /** Where the search goes on after all of them; `null` at the end of the list. */
  readonly rest: Place | null;
  /** Entries of the list that were not shaped as documented. */
  readonly unread: number;
  readonly failure?: Code | undefined;
}

/**
 * Finds jobs across the connections that the caller may list, in the order in which each provider lists them. A
 * connection that is down makes the answer partial and is named; the others are given all the same. One without a key
 * is named only when asked for, or where none has one.
 */
export async function find(
  parts: ServiceParts,
  input: unknown,
  context: CallContext,
): Promise<Checked<FindResult>> {
  const request = readInput(findRequest, input);
  return request.ok ? findJobs(parts, request.value, context) : request;
}

/** Carries out a search that was read. @see find */
export async function findJobs(
  parts: ServiceParts,
  request: FindRequest,
  context: CallContext,
  answerBy = parts.time.answerBy,
): Promise<Checked<FindResult>> {
  const { caller, signal } = context;
  const places = readCursor(request.cursor);
  if (places === 'malformed') return invalid('cursor', 'must be the next_cursor of an earlier answer');
  const { provider } = request;
  if (provider !== undefined && !parts.connections.has(provider))
    return faulty(unknownProvider('provider', { ...parts, ...context }));
  if (!mayDo(caller, 'list', provider)) return denied('list', 'provider');
  const asked = [...parts.connections.values()].filter(
    ({ name }) =>
      (provider ?? name) === name && (places === undefined || name in places) && mayDo(caller, 'list', name),
  );
  const now = parts.clock.now();
  const shares = await Promise.all(
    asked.map((connection) => {
      const sendBy = Math.min(now + patienceMs, answerBy);
      const terms = { sendBy, answerBy, signal, breaker: new Breaker() };
      return search(connection, places?.[connection.name] ?? [null, 0], request, terms, now);
    }),
  );
  const usable = shares.filter(({ failure }) => failure !== 'provider_not_configured');
  const relevant = provider !== undefined || usable.length === 0 ? shares : usable;
  return { ok: true, value: assemble(relevant, request.limit) };
}

async function search(
  connection: Connection,
  start: Place,
  request: FindRequest,
  terms: Terms,
  now: number,
): Promise<Share> {
  const [onlyState] = request.state?.length === 1 ? request.state : [];
  const share = { connection, start };
  const finds: Find[] = [];
  const seen = new Set<string>();
  let unread = 0;
  let place: Place = start;
  for (let pages = 0; pages < mostPages && finds.length < request.limit; pages += 1) {
    const [cursor, skip]: Place = place;
    const result: Result<ListPage> = await readPage(connection, cursor, onlyState, terms);
    if (result.kind !== 'read') {
      // Whose turn did not come in time was held back by the pace that the provider asks for.
      const failure = result.kind === 'failed' ? result.code : 'rate_limited';
      return { ...share, finds, unread, rest: null, failure };
    }
    const { jobs, next } = result.reading;
    unread += result.reading.unread;
    const known = seen.size;
    for (const [index, job] of jobs.entries()) {
      const view = viewOf(job, connection.name, result.at);
      if (index >= skip && !seen.has(job.jobId) && matches(view, request, now)) {
        finds.push({ job: view, after: [cursor, index + 1] });
      }
      seen.add(job.jobId);
    }
    // A list that does not know our way of asking for the next page gives the same one again.
    const repeats = jobs.length > 0 && seen.size === known;
    if (next === null || next === cursor || repeats) return { ...share, finds, unread, rest: null };
    place = [next, 0];
  }
  return { ...share, finds, unread, rest: place };
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
function matches(job: JobView, { state, name, older_than }: FindRequest, now: number): boolean {
  if (state !== undefined && !state.includes(job.state)) return false;
  if (name !== undefined && !job.name?.toLowerCase().includes(name.toLowerCase())) return false;
  return (
    older_than === undefined ||
    (job.created_at !== undefined && now - Date.parse(job.created_at) >= older_than)
  );
}

function assemble(shares: readonly Share[], limit: number): FindResult {
  const jobs: JobView[] = [];
  const places: Places = {};
  for (const { connection, start, finds, rest, failure } of shares) {
    const taken = finds.slice(0, limit - jobs.length);
    jobs.push(...taken.map(({ job }) => job));
    const left = taken.length < finds.length;
    const place: Place | null = left ? (taken.at(-1)?.after ?? start) : rest;
    if (place !== null && failure === undefined) places[connection.name] = place;
  }
  const unavailable = shares.flatMap(
    ({ connection, unread, failure = unread > 0 ? unreadCode : undefined }) =>
      failure === undefined
        ? []
        : [
            {
              provider: connection.name,
              code: failure,
              message: listFailureMessage(failure, connection),
            },
          ],
  );
  const next = Object.keys(places).length === 0 ? null : toCursor(places);
  return { jobs, partial: unavailable.length > 0, unavailable, next_cursor: next };
}

function readCursor(cursor: string | undefined): Places | undefined | 'malformed' {
  return cursor === undefined ? undefined : (cursorSchema.safeParse(fromCursor(cursor)).data ?? 'malformed');
}
