/** The most pages in a row without a wanted job, after which single checks are cheaper. */
const patiencePages = 3;
/** Before the first wanted job, this part of the wanted jobs may be as many pages: single checks of them all cost far more. */
const searchPart = 1 / 20;

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
  /** The page that had each job. */
  readonly #places = new Map<string, string | null>();

  readonly #isOfSlice: boolean;

  /** `start`: where a slice of a large set begins; without it, for the jobs of one call. */
  constructor(start?: string | null) {
    this.#start = start ?? null;
    this.#isOfSlice = start !== undefined;
  }

  /** The cursor of the page at which a reading begins; `null` is the first one. */
  get start(): string | null {
    return this.#start;
  }

  /** Where the list goes on for the slice after this one. */
  get next(): string | null {
    return this.#last?.cursor ?? this.#start;
  }

  /** How many pages in a row may have none of `wanted` jobs. */
  patience(wanted: number): number {
    const isToFind = this.#isOfSlice && this.#isSearching && this.#first === undefined;
    return isToFind ? Math.max(patiencePages, Math.floor(wanted * searchPart)) : patiencePages;
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
    this.#first ??= { cursor };
    if (this.#isSearching) this.#last = { cursor };
  }

  /** Ends a reading: the next one begins at the first page that had wanted jobs. */
  end(): void {
    this.#isSearching = false;
    if (this.#first !== undefined) this.#start = this.#first.cursor;
  }
}
