import type { AuditEntry, AuditResult } from '../../shared/access/audit/entry.ts';
import { timestamp } from '../../shared/lib/clock.ts';

/** A request for a page of the audit, which has the newest entries first. */
interface PageRequest {
  readonly since: string;
  readonly until?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** Reads a page; `undefined` if that is refused or was stopped. */
export type ReadPage = (request: PageRequest) => Promise<AuditResult | undefined>;

/** The entries of a stretch of time, the oldest request first, each with its entries in their order. */
export interface AuditWindow {
  readonly entries: readonly AuditEntry[];
  /** How many records could not be read. */
  readonly unreadable: number;
}

const largestPage = 1_000;
const firstSpanMs = 3_600_000;
/** A window with more pages is divided, so that the memory holds no more of them at a time. */
const mostPages = 20;
/** After a window with fewer pages the next one is longer. */
const fewPages = 5;
/** After a window that was divided, so many do not grow: what made it long lies before them. */
const restWindows = 4;

/**
 * Reads the whole audit from a time on, the oldest entries first, although its pages begin with the newest: window by window. The
 * first one is all of it, which is enough for a short audit; if it has too many pages, windows begin short and grow. The last one
 * has no end. Times are in milliseconds since the epoch. Ends early, and returns `false`, if a page cannot be read.
 */
export async function* auditWindows(
  read: ReadPage,
  from: number,
  now: number,
): AsyncGenerator<AuditWindow, boolean> {
  let begin = from;
  let spanMs = now - from + 1;
  let isFirst = true;
  let sinceTooLong = 0;
  for (;;) {
    const isLast = begin + spanMs > now;
    const end = isLast ? undefined : begin + spanMs - 1;
    const window = await readWindow(read, { begin, end, isDivisible: begin < now && begin !== end });
    if (window === undefined) return false;
    if (window === 'too_long') {
      spanMs = isFirst ? firstSpanMs : Math.ceil(Math.min(spanMs, Math.max(1, now - begin)) / 4);
      isFirst = false;
      sinceTooLong = 0;
      continue;
    }
    yield { entries: oldestFirst(window.entries), unreadable: window.unreadable };
    if (isLast) return true;
    begin += spanMs;
    sinceTooLong += 1;
    if (window.pages < fewPages && sinceTooLong >= restWindows) spanMs *= 4;
  }
}

/** A stretch of time, and whether a shorter one can be read instead. */
interface Stretch {
  readonly begin: number;
  readonly end: number | undefined;
  readonly isDivisible: boolean;
}

async function readWindow(read: ReadPage, { begin, end, isDivisible }: Stretch) {
  const entries: AuditEntry[] = [];
  let unreadable = 0;
  let cursor: string | undefined;
  for (let pages = 1; ; pages += 1) {
    const until = end === undefined ? {} : { until: timestamp(end) };
    const page = await read({
      since: timestamp(begin),
      ...until,
      limit: largestPage,
      ...(cursor && { cursor }),
    });
    if (page === undefined) return undefined;
    entries.push(...page.entries);
    unreadable += page.unreadable;
    cursor = page.next_cursor ?? undefined;
    if (cursor === undefined) return { entries, unreadable, pages };
    if (pages >= mostPages && isDivisible) return 'too_long';
  }
}

function oldestFirst(entries: readonly AuditEntry[]): AuditEntry[] {
  const requests: AuditEntry[][] = [];
  for (const entry of entries) {
    const [known] = requests.at(-1) ?? [];
    if (known?.at === entry.at && known.request_id === entry.request_id) requests.at(-1)?.push(entry);
    else requests.push([entry]);
  }
  return requests.toReversed().flat();
}
