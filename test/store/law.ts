import { isDeepStrictEqual } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import {
  type FolderEntry,
  type FolderPage,
  type FolderQuery,
  isSameRequest,
  type LogQuery,
  type LogRecord,
  type Store,
} from '../../shared/store/store.ts';
import { waitedForProcessorMs } from '../support/time/waited-for-processor.ts';
import type { Host } from './host.ts';

/** Something that holds for every store. `check` gives the violations found: none, where the law is kept. */
export interface Law {
  readonly name: string;
  check(host: Host): Promise<readonly string[]>;
}

/** Notes what is not as it must be. */
export class Findings {
  readonly violations: string[] = [];

  /** Holds `actual` against `expected`, deeply. */
  same(what: string, actual: unknown, expected: unknown): void {
    if (!isDeepStrictEqual(actual, expected)) {
      this.violations.push(`${what}: ${show(actual)} instead of ${show(expected)}`);
    }
  }

  /** Expects an error of a class; its name, because a law does not care where a class comes from. */
  async rejects(what: string, name: string, work: Promise<unknown>): Promise<void> {
    const got = await work.then(
      () => 'nothing',
      (error: unknown) => (error instanceof Error ? error.name : 'something'),
    );
    this.same(what, got, name);
  }
}

/** A law from what it does with a fresh store and its host. */
export function law<const Name extends string>(
  name: Name,
  examine: (findings: Findings, store: Store, host: Host) => Promise<void>,
) {
  const check = async (host: Host) => {
    const findings = new Findings();
    const store = await host.open();
    await examine(findings, store, host).catch((error: unknown) => {
      findings.violations.push(`it threw ${error instanceof Error ? error.stack : 'something'}`);
    });
    await store.close();
    return findings.violations;
  };
  return { name, check } as const satisfies Law;
}

/** Noon of a day, counted from 2026-01-01. */
export function noon(day: number): number {
  return Date.parse('2026-01-01T12:00:00Z') + day * 86_400_000;
}

/** Records of one request, one for each part. */
export function request(at: number, requestId: string, parts: readonly string[] = ['a']): LogRecord[] {
  return parts.map((part) => ({ at, requestId, part, body: `${requestId}/${part}` }));
}

/** All of the log. */
export const everything = { from: 0, to: Number.POSITIVE_INFINITY, limit: 1_000_000 } as const;

/** Reads the log to its end, page after page. */
export async function pages(store: Store, query: Omit<LogQuery, 'after'>): Promise<LogRecord[][]> {
  const found: LogRecord[][] = [];
  for (let after: LogRecord | undefined; found.length < mostPages; after = found.at(-1)?.at(-1)) {
    const page = await store.scan({ ...query, after });
    if (page.length === 0) return found;
    found.push(page);
  }
  return found;
}

/** More than any law asks for: a broken store may have no end. */
const mostPages = 300;

/** Lists a folder to its end, page after page. */
export async function pagesOf(store: Store, folder: string, query: FolderQuery): Promise<FolderPage[]> {
  const found: FolderPage[] = [];
  for (let after = query.after; found.length < mostPages; ) {
    const page = await store.list(folder, { ...query, after });
    found.push(page);
    if (page.next === undefined) return found;
    after = page.next;
  }
  return found;
}

/** All entries of a folder from a place on. */
export async function wholeFolder(store: Store, folder: string, query: FolderQuery): Promise<FolderEntry[]> {
  return (await pagesOf(store, folder, query)).flatMap(({ entries }) => entries);
}

/** The names of entries. */
export function namesIn(entries: readonly FolderEntry[]): string[] {
  return entries.map(({ name }) => name);
}

/** How many requests there are in a page. */
export function requestsIn(page: readonly LogRecord[]): number {
  return page.filter((record, index) => !isSameRequest(record, page[index - 1])).length;
}

/**
 * For how long nothing else had its turn in this thread, at the most, while `work` was under way, less the time in which others had
 * the processors. In milliseconds.
 */
export async function longestStallMs(work: () => Promise<void>): Promise<number> {
  const now = () => performance.now() - (isMainThread ? (waitedForProcessorMs(process.pid) ?? 0) : 0);
  let last = now();
  let longest = 0;
  const turn = () => {
    const at = now();
    longest = Math.max(longest, at - last);
    last = at;
  };
  const tick = setInterval(turn, 2);
  await work();
  clearInterval(tick);
  turn();
  return longest;
}

/** A value in short, for a violation. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
