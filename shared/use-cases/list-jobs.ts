import { can, refusalAsShown } from '../access/policy.ts';
import type { Rules } from '../cancellation/authorize-jobs.ts';
import type { RequestContext, ServiceParts } from '../cancellation/request-context.ts';
import type { JobView } from '../contract/answers/job-schema.ts';
import type { ListResult } from '../contract/answers/responses.ts';
import { isFinal } from '../contract/outcome.ts';
import { type FindRequest, findRequest } from '../contract/requests.ts';
import { faulty, invalid, invalidCursor, type Result } from '../contract/result.ts';
import { decodeCursor, encodeCursor, type ListPosition, type ListPositions } from '../engine/list/cursor.ts';
import { beginning, type ScanResult } from '../engine/list/paging.ts';
import { scanList } from '../engine/list/scan-list.ts';
import { unavailableIn } from '../engine/list/unavailable.ts';
import { FailureLimit } from '../http/failure-limit.ts';
import { timestamp, within } from '../lib/clock.ts';
import { wouldRefuseMessages } from '../messages/faults.ts';
import { askedAt } from '../operations/asked.ts';
import { denied, readInput, unknownProvider } from './validate.ts';

/** How long a list may ask for pages, in milliseconds. People want a list soon, and a cursor continues it. */
const longestReadMs = 20_000;

/**
 * Lists jobs across the connections that the caller may list, in the order of each provider. A connection that is down
 * makes the answer partial and is named; the others are still listed. One without a key is named only if the request
 * names it, or if no connection has a key.
 */
export async function listJobs(
  parts: ServiceParts,
  input: unknown,
  context: RequestContext,
): Promise<Result<ListResult>> {
  const request = readInput(findRequest, input);
  return request.ok ? listJobsFor(parts, request.value, context) : request;
}

/**
 * Carries out a list request that was checked. `readBy`: after this time no page is asked for, on the monotonic clock.
 * @see listJobs
 */
export async function listJobsFor(
  parts: ServiceParts,
  request: FindRequest,
  context: RequestContext,
  readBy = readingEnd(parts),
): Promise<Result<ListResult>> {
  const { provider, cursor, limit } = request;
  const checked = checkList(request, parts, context);
  if (!checked.ok) return checked;
  const places = cursor === undefined ? undefined : decodeCursor(cursor, request);
  if (places === 'malformed') return invalidCursor();
  if (places === 'foreign')
    return invalid('cursor', 'belongs to the filters of the previous page; repeat them');
  const starts = [...(places ?? startsOf(parts))].filter(
    ([name]) => (provider ?? name) === name && can(context.caller, 'list', name),
  );
  const shares = await Promise.all(
    starts.flatMap(([name, start]) => {
      const connection = parts.connections.get(name);
      return connection === undefined ? [] : [scanList(connection, searchFrom(start))];
    }),
  );
  const usable = shares.filter((share) => !isKeyless(share));
  const relevant = provider !== undefined || usable.length === 0 ? shares : usable;
  const rules = { caller: context.caller, protectedJobs: (await parts.protectedJobs?.()) ?? [] };
  return { ok: true, value: await withAsked(assemble(relevant, request, limit, rules), parts, context) };

  function searchFrom(start: ListPosition) {
    const answerBy = Math.min(parts.time.answerBy, Math.floor((readBy + parts.time.answerBy) / 2));
    const terms = {
      ...{
        sendBy: readBy,
        answerBy,
        signal: context.signal,
        failureLimit: new FailureLimit(),
        turn: parts.turn,
      },
      patience: (ms: number) => parts.time.patience(ms),
    };
    return { ...request, start, readBy, now: parts.clock.wallTime(), terms };
  }
}

/** Checks the filters of a list, and whether the caller may list there. */
export function checkList(
  { provider, older_than, newer_than }: Pick<FindRequest, 'provider' | 'older_than' | 'newer_than'>,
  parts: ServiceParts,
  context: RequestContext,
): Result<true> {
  if (older_than !== undefined && newer_than !== undefined && older_than >= newer_than)
    return invalid('older_than', 'must be less than newer_than; no job can match both');
  if (provider !== undefined && !parts.connections.has(provider))
    return faulty(unknownProvider('provider', provider, { ...parts, ...context }));
  return can(context.caller, 'list', provider) ? { ok: true, value: true } : denied('list', 'provider');
}

/** How long a list waits for what is known of cancels, in milliseconds. */
const longestAskMs = 200;

/** Adds the cancels that are followed to the jobs of a list. If they cannot be read soon, the list goes without. */
async function withAsked(
  found: ListResult,
  { access, clock }: ServiceParts,
  { caller }: RequestContext,
): Promise<ListResult> {
  if (access === undefined || found.jobs.length === 0) return found;
  const names = [...new Set(found.jobs.map(({ provider }) => provider))];
  const { store } = access;
  const reading = Promise.all(
    names.map(async (name) => [name, await askedAt(name, store, clock)] as const),
  ).catch(() => []);
  const asked = new Map(await within(clock, longestAskMs, reading));
  const jobs = found.jobs.map((job) => {
    const cancel = asked.get(job.provider)?.get(job.job_id);
    if (cancel === undefined) return job;
    const by = can(caller, 'audit', job.provider) ? { by: cancel.by } : {};
    return { ...job, asked: { ...by, at: timestamp(cancel.at), outcome: cancel.outcome } };
  });
  return { ...found, jobs };
}

/** When the reading ends. It leaves some of the call's time for the answers that are under way. */
function readingEnd({ clock, time }: ServiceParts): number {
  const now = clock.now();
  return Math.floor(Math.min(now + longestReadMs, now + (time.answerBy - now) * 0.8));
}

function startsOf({ connections }: ServiceParts): ListPositions {
  return new Map([...connections.keys()].map((name) => [name, beginning]));
}

/** Whether the connection has no key on purpose. */
function isKeyless({ gaps, connection }: ScanResult): boolean {
  return (
    gaps.failure?.code === 'provider_not_configured' &&
    connection.credentials.keyPlace?.().fault === undefined
  );
}

/** Joins the results in equal shares, because one busy connection must not hide the jobs at the others. */
function assemble(
  shares: readonly ScanResult[],
  request: FindRequest,
  limit: number,
  rules: Rules,
): ListResult {
  const counts = equalShares(
    shares.map(({ finds }) => finds.length),
    limit,
  );
  const parts = shares.map((share, index) => ({ share, taken: share.finds.slice(0, counts[index] ?? 0) }));
  // The connection with the smallest share comes first on the next page, so that each has its turn at a low limit.
  const places = parts
    .toSorted((one, other) => one.taken.length - other.taken.length)
    .flatMap(({ share, taken }): [string, ListPosition][] => {
      const isCut = taken.length < share.finds.length;
      const place = isCut ? (taken.at(-1)?.after ?? share.start) : share.rest;
      return place === null ? [] : [[share.connection.name, place]];
    });
  const { cursor, uncarried } = encodeCursor(new Map(places), request);
  const unavailable = shares.flatMap((share) => {
    const isUncarried = uncarried.includes(share.connection.name);
    return unavailableIn(isUncarried ? { ...share, gaps: { ...share.gaps, uncarried: true } } : share);
  });
  const jobs = withinSize(parts.flatMap(({ taken }) => taken.map(({ job }) => withRefusal(job, rules))));
  const others = shares.reduce((sum, { inOtherStates }) => sum + inOtherStates, 0);
  return {
    ...{ jobs, partial: unavailable.length > 0, unavailable, next_cursor: cursor },
    ...(request.state !== undefined && { in_other_states: others }),
  };
}

/** Says of a job that has not ended why calloff would refuse its cancel, if what the list shows decides that. */
function withRefusal(job: JobView, { caller, protectedJobs }: Rules): JobView {
  if (isFinal(job.state)) return job;
  const { provider: connection, job_id: id, name, owner, target } = job;
  // A list may show only some of a job's labels.
  const labels = job.labels && { pairs: Object.entries(job.labels), isWhole: false };
  const code = refusalAsShown(caller, protectedJobs, { connection, id, name, owner, target, labels });
  return code === undefined ? job : { ...job, cannot_cancel: { code, message: wouldRefuseMessages[code] } };
}

/** The most jobs of a list that has labels: with theirs, more jobs would not fit what Lambda can return. */
const mostLabelled = 200;

function withinSize(jobs: JobView[]): JobView[] {
  return jobs.length <= mostLabelled ? jobs : jobs.map(({ labels: _, ...job }) => job);
}

/** How many jobs to take from each connection, so that they are `limit` in all and as equal as possible. */
function equalShares(found: readonly number[], limit: number): number[] {
  const shares = found.map(() => 0);
  for (let left = limit; left > 0; ) {
    const open = found.flatMap((count, index) => (count > (shares[index] ?? 0) ? [index] : []));
    if (open.length === 0) break;
    const each = Math.max(1, Math.floor(left / open.length));
    for (const index of open) {
      const more = Math.min(each, left, (found[index] ?? 0) - (shares[index] ?? 0));
      shares[index] = (shares[index] ?? 0) + more;
      left -= more;
    }
  }
  return shares;
}
