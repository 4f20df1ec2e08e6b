/** The most pages in a row without a wanted job, after which single checks are cheaper. */
const patiencePages = 3;
/** Before the first wanted job, this part of the wanted jobs may be as many pages: single checks of them all cost far more. */
const searchPart = 1 / 20;
/** The part that every slice may search, also after others have searched in vain. */
const leastSearchPart = 1 / 80;
/** A trail has so many pages at most, and none if there were few pages or if their cursors are long. */
const mostOfTrail = 32;
const fewestPages = 8;
const longestCursor = 300;

/**
 * The way to the first page that had jobs of a slice: the cursors of pages before it, every so many pages, in the order of the
 * list. `until` is the cursor of that page.
 */
export interface ListTrail {
  readonly cursors: readonly string[];
  readonly every: number;
  readonly until: string;
}

/** What a slice knows of the list. */
interface KnownList {
  readonly trail?: ListTrail | undefined;
  /** How many jobs this slice and those after it have. */
  readonly left: number;
  /** How many pages slices have read in vain before. */
  readonly inVain: number;
}

/** A part of a list to read, and how many of its pages in a row may have no wanted job. */
interface Section {
  readonly from: string;
  readonly until: string;
  patience(): number;
}

/**
 * The place in a provider's list from which jobs are looked for. The slices of an operation are parts of one large set: each goes
 * on where the jobs of the one before ended, so that no slice reads the pages of the others. Within a slice, every later reading
 * begins with the pages that had its jobs.
 */
export class ListWalk {
  #start: string | null;
  #first: { readonly cursor: string | null } | undefined;
  #last: { readonly cursor: string | null } | undefined;
  #isSearching = true;
  /** Whether the next page with wanted jobs lies before all others that had some: it is looked for in a section of the trail. */
  #isBefore = false;
  /** The page that had each job. */
  readonly #places = new Map<string, string | null>();
  /** The pages that were read from the top of the list before the first one with wanted jobs. */
  readonly #passed: (string | null)[] = [];
  /** The place in the trail of the lowest section that had wanted jobs. */
  #section: number | undefined;
  readonly #known: KnownList | undefined;

  /** `start` and `known`: where a slice of a large set begins, and what it knows of the list. A call for some jobs has neither. */
  constructor(start: string | null = null, known?: KnownList) {
    this.#start = start;
    this.#known = known;
  }

  /** The cursor of the page at which a reading begins; `null` is the first one. */
  get start(): string | null {
    return this.#start;
  }

  /** Where the list goes on for the slice after this one. */
  get next(): string | null {
    return this.#last?.cursor ?? this.#start;
  }

  /** The way to this slice, for the next one, whose jobs may stand before it in the list: the oldest are often named first. */
  get trail(): ListTrail | undefined {
    const { trail } = this.#known ?? {};
    const until = this.#first?.cursor ?? null;
    if (until === null) return trail;
    if (this.#section !== undefined && trail !== undefined)
      return { ...trail, cursors: trail.cursors.slice(0, this.#section + 1), until };
    return this.#passed.length < fewestPages ? trail : trailOf(this.#passed, until);
  }

  /** How many pages slices have read in vain so far. */
  get inVain(): number {
    return (this.#known?.inVain ?? 0) + (this.#first === undefined ? this.#passed.length : 0);
  }

  /**
   * How many pages in a row may have none of `wanted` jobs. All slices together may search as many pages as if each were by
   * itself; the first may take most of them, because the others find the place of its jobs noted.
   */
  patience(wanted: number): number {
    if (this.#known === undefined || !this.#isSearching || this.#first !== undefined) return patiencePages;
    const { left, inVain } = this.#known;
    const later = Math.max(0, left - wanted);
    const most = (wanted + later) * searchPart - later * leastSearchPart - inVain;
    return Math.floor(Math.max(patiencePages, most, wanted * leastSearchPart));
  }

  /** The same for the pages after those of the previous slice: few if a trail leads to the pages before them. */
  patienceBehind(wanted: number): number {
    if (this.#start === null) return this.patience(wanted);
    const most = this.#known?.trail === undefined ? wanted * searchPart : patiencePages;
    return Math.max(patiencePages, Math.min(Math.floor(most), this.patience(wanted)));
  }

  /** The sections of the trail to the previous slice, nearest to it first, until one has no wanted job. */
  *sections(): Generator<Section> {
    const { trail } = this.#known ?? {};
    if (trail === undefined || !this.#isSearching) return;
    let { until } = trail;
    for (const [index, from] of [...trail.cursors.entries()].toReversed()) {
      this.#isBefore = true;
      yield { from, until, patience: () => trail.every };
      const hasFound = !this.#isBefore;
      this.#isBefore = false;
      if (!hasFound) return;
      this.#section = index;
      until = from;
    }
  }

  /** Notes that a page was read on the way from the top of the list, and has no wanted job. */
  passed(cursor: string | null): void {
    if (this.#isSearching && this.#first === undefined) this.#passed.push(cursor);
  }

  /** The pages that had these jobs when they were read last, in the order in which they were first read. */
  pagesWith(ids: ReadonlySet<string>): (string | null)[] {
    const pages = new Set<string | null>();
    for (const [id, cursor] of this.#places) if (ids.has(id)) pages.add(cursor);
    return [...pages];
  }

  /** Notes that the page at a cursor has these wanted jobs. */
  found(cursor: string | null, ids: readonly string[]): void {
    for (const id of ids) this.#places.set(id, cursor);
    if (this.#first === undefined || this.#isBefore) this.#first = { cursor };
    this.#isBefore = false;
    if (this.#isSearching) this.#last = { cursor };
  }

  /** Ends a reading: the next one begins at the first page that had wanted jobs. */
  end(): void {
    this.#isSearching = false;
    if (this.#first !== undefined) this.#start = this.#first.cursor;
  }
}

/** A trail along these pages. */
function trailOf(passed: readonly (string | null)[], until: string): ListTrail | undefined {
  const every = Math.ceil(passed.length / mostOfTrail);
  const cursors = passed.flatMap((cursor, index) => (index % every === 0 ? (cursor ?? []) : []));
  const isLong = [...cursors, until].some(({ length }) => length > longestCursor);
  return isLong ? undefined : { cursors, every, until };
}
