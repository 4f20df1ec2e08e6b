import type { JobList, JobSnapshot, ListReading } from '../../adapter/adapter.ts';
import type { JobView } from '../../contract/answers/job-schema.ts';
import type { Code } from '../../contract/outcome.ts';
import type { RequestLimits } from '../../http/provider-client.ts';
import { type UnansweredFilter, unansweredFilters } from '../../messages/list.ts';
import type { Failed, Skipped } from '../attempt-history.ts';
import type { Connection, ReadResult } from '../connection.ts';
import { viewOf } from '../job-view.ts';
import type { ListPosition } from './cursor.ts';
import { readPage } from './fetch-page.ts';
import { fillInStates, type ListedJob } from './fill-in-states.ts';
import { type Filter, hasNoState, hasStatus, isInStates, matchFilter, planFor } from './filter.ts';
import { type ListGaps, type ListSeen, noGaps } from './unavailable.ts';

type ListPage = Extract<ListReading, { kind: 'page' }>;

/** The most pages of one connection in one call; further ones are allowed in proportion to the jobs found. */
const mostPages = 100;
const findsPerPage = 5;
/** The number of pages in a row without a new job after which a list counts as endless. */
const mostBarrenPages = 20;
/** How long one page waits for its turn if a provider allows few lists a minute, in milliseconds. */
const patienceMs = 10_000;

interface Match {
  readonly job: JobView;
  /** Where the list continues after this job. */
  readonly after: ListPosition;
}

/** The jobs of one connection. */
export interface ScanResult extends ListSeen {
  readonly start: ListPosition;
  readonly finds: readonly Match[];
  /** How many of the jobs that were read fit the other filters and are in another state. */
  readonly inOtherStates: number;
  /** Where the list continues after all of them; `null` at the end of the list, or if it cannot continue. */
  readonly rest: ListPosition | null;
}

/** The filter, the start and the time limit of a scan of one connection. */
export interface ScanRequest extends Filter {
  readonly start: ListPosition;
  /** The most jobs to return. */
  readonly limit: number;
  /** After this time no page is requested, on the monotonic clock. */
  readonly readBy: number;
  readonly terms: RequestLimits;
}

/** The start of a list. */
export const beginning: ListPosition = { covered: 0, whole: false, page: null, after: null };

/** Reads the list of one connection. */
export class ListReader {
  readonly #connection: Connection;
  readonly #list: JobList;
  readonly #wanted: ScanRequest;
  readonly #plan: ReturnType<typeof planFor>;
  readonly #finds: Match[] = [];
  readonly #given = new Set<string>();
  /** The ids that the list has shown in this call under the current status. */
  readonly #known = new Set<string>();
  #seen = new Set<string>();
  #place: ListPosition;
  #pages = 0;
  #barren = 0;
  #inOtherStates = 0;
  #oldest: string | undefined;
  #gaps: ListGaps = noGaps;

  constructor(connection: Connection, list: JobList, wanted: ScanRequest) {
    this.#connection = connection;
    this.#list = list;
    this.#wanted = wanted;
    this.#plan = planFor(wanted.state, list);
    this.#place = wanted.start;
  }

  async read(): Promise<ScanResult> {
    while (this.#finds.length < this.#wanted.limit) {
      if (this.#isTimeUp()) return this.#stop({ unfinished: true });
      const result = await this.#ask();
      if (result.kind === 'read') {
        this.#pages += 1;
        await this.#take(result.reading, result.at);
        const next = this.#placeAfter(result.reading);
        if (next === null) return this.#share(null);
        this.#place = next;
      } else if (this.#mayReadWhole(result)) this.#place = { ...this.#place, whole: true };
      else return this.#stop(this.#gapOf(result));
    }
    return this.#share(this.#place);
  }

  #isTimeUp(): boolean {
    const most = mostPages + this.#finds.length / findsPerPage;
    return this.#pages >= most || this.#connection.clock.now() >= this.#wanted.readBy;
  }

  /** The status that is being read, if any. */
  get #status(): string | undefined {
    return this.#place.whole ? undefined : this.#plan.statuses[this.#place.covered];
  }

  #ask(): Promise<ReadResult<ListPage>> {
    const status = this.#status;
    const query = status === undefined ? {} : { status };
    return readPage(this.#connection, { query, cursor: this.#place.page }, this.#terms());
  }

  #terms(): RequestLimits {
    const { terms, readBy } = this.#wanted;
    return { ...terms, sendBy: Math.min(this.#connection.clock.now() + patienceMs, readBy) };
  }

  /** Takes the new jobs of a page that match the filter. */
  async #take({ jobs, unread }: ListPage, at: number): Promise<void> {
    const { after } = this.#place;
    const index = after === null ? -1 : jobs.findIndex(({ jobId }) => jobId === after);
    for (const { jobId } of jobs.slice(0, index + 1)) this.#seen.add(jobId);
    const rest = jobs.slice(index + 1);
    const fresh = rest.filter(({ jobId }) => this.#isFresh(jobId));
    for (const { jobId } of fresh) this.#known.add(jobId);
    this.#note({
      unread: this.#gaps.unread + unread,
      repeated: this.#gaps.repeated + rest.length - fresh.length,
      shifted: this.#gaps.shifted || (after !== null && index === -1),
    });
    this.#barren = fresh.length > 0 || unread > 0 ? 0 : this.#barren + 1;
    for (const { createdAt } of fresh) this.#oldest = earlier(this.#oldest, createdAt);
    const own = fresh.filter((job) => this.#isOwn(job) && !this.#given.has(job.jobId));
    await this.#sift(own.map((job) => ({ job, at, after: { ...this.#place, after: job.jobId } })));
  }

  #isFresh(jobId: string): boolean {
    const isFresh = !this.#seen.has(jobId);
    this.#seen.add(jobId);
    return isFresh;
  }

  /**
   * Whether a job belongs to the current status and not to another one, so that each job is found once even if the provider
   * ignores the requested status.
   */
  #isOwn(job: JobSnapshot): boolean {
    const status = this.#status;
    if (status !== undefined) return hasStatus(job, status, this.#list);
    const covered = this.#plan.statuses.slice(0, this.#place.covered);
    return !covered.some((each) => hasStatus(job, each, this.#list));
  }

  async #sift(entries: readonly ListedJob[]): Promise<void> {
    const judged = Map.groupBy(entries, ({ job }) => matchFilter(job, this.#wanted));
    const { entries: told, withoutState } = await fillInStates(
      judged.get('yes') ?? [],
      this.#connection,
      this.#wanted,
      this.#terms(),
    );
    for (const { job, at, after } of told.filter(({ job }) => isInStates(this.#wanted, job))) {
      this.#given.add(job.jobId);
      this.#finds.push({ job: viewOf(job, this.#connection.name, at), after });
    }
    const mayBeMeant = ({ job }: ListedJob) =>
      isInStates(this.#wanted, job) || hasNoState(job, this.#wanted, this.#list);
    this.#inOtherStates += told.filter((entry) => !mayBeMeant(entry)).length;
    const { unanswered } = this.#gaps;
    const count = (filter: UnansweredFilter) =>
      (unanswered[filter] ?? 0) + (judged.get(filter) ?? []).filter(mayBeMeant).length;
    this.#note({
      withoutState: [...this.#gaps.withoutState, ...withoutState],
      unanswered: Object.fromEntries(unansweredFilters.map((filter) => [filter, count(filter)])),
    });
  }

  /** Where the list continues after this page; `null` at its end. */
  #placeAfter({ jobs, next, anchor, missing = 0 }: ListPage): ListPosition | null {
    const isSame = next !== null && next === this.#place.page;
    const isRepeated = next !== null && jobs.length > 0 && this.#barren > 0 && this.#pages > 1;
    const stuck = isSame || isRepeated;
    const endless = this.#barren >= mostBarrenPages;
    this.#note({
      stuck: this.#gaps.stuck || stuck,
      endless: this.#gaps.endless || endless,
      missing: this.#gaps.missing + missing,
    });
    if (next !== null && !stuck && !endless) return { ...this.#place, page: next, after: anchor ?? null };
    return this.#placeOfNextStatus();
  }

  #placeOfNextStatus(): ListPosition | null {
    const { statuses, whole } = this.#plan;
    if (this.#status === undefined) return null;
    const covered = this.#place.covered + 1;
    if (covered === statuses.length && !whole) return null;
    this.#seen = new Set();
    this.#barren = 0;
    return { covered, whole: covered === statuses.length, page: null, after: null };
  }

  /** Whether the list can be read whole instead, because the provider does not take the status. */
  #mayReadWhole(result: Failed | Skipped): boolean {
    if (result.kind !== 'failed' || result.code !== 'unexpected_response') return false;
    return this.#status !== undefined && this.#place.page === null;
  }

  /** Why there is no page: the time ran out during the reading, or the failure. */
  #gapOf(result: Failed | Skipped): Partial<ListGaps> {
    const isLate = this.#connection.clock.now() >= this.#wanted.terms.answerBy;
    if (this.#pages > 0 && (result.kind === 'skipped' || isLate)) return { unfinished: true };
    if (result.kind === 'failed') return { failure: { code: result.code, cause: result.cause } };
    return { failure: { code: skippedFor(this.#wanted.terms) } };
  }

  #note(gaps: Partial<ListGaps>): void {
    this.#gaps = { ...this.#gaps, ...gaps };
  }

  /** Stops before the end of the list. A cursor can continue it if this call read any further. */
  #stop(gaps: Partial<ListGaps>): ScanResult {
    this.#note(gaps);
    return this.#share(this.#pages > 0 ? this.#place : null);
  }

  #share(rest: ListPosition | null): ScanResult {
    return {
      ...{ connection: this.#connection, start: this.#wanted.start, finds: this.#finds, rest },
      inOtherStates: this.#inOtherStates,
      ...{ gaps: this.#gaps, progress: { read: this.#known.size + this.#gaps.unread, oldest: this.#oldest } },
    };
  }
}

function earlier(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}

/** Why a request had no turn: the provider's rate limit, or a caller that disconnected. */
function skippedFor({ signal }: RequestLimits): Code {
  return signal?.aborted ? 'provider_unavailable' : 'rate_limited';
}
