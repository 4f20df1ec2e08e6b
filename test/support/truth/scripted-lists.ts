import { credentialFromSettings } from '../../../shared/config/secrets/credentials.ts';
import type { ProviderId } from '../../../shared/contract/provider-ids.ts';
import { createGateway, type Gateway } from '../../../shared/gateway.ts';
import { accepted, context } from '../harness.ts';
import { ManualClock } from '../time/manual-clock.ts';

/** What a provider answers to one request for its list. */
export type ListScript = (query: URLSearchParams, asked: number) => Response | object;

/** A connection whose list is scripted. */
export interface ScriptedConnection {
  readonly name?: string;
  readonly provider: ProviderId;
  readonly list: ListScript;
  /** How long each answer takes, in milliseconds of the clock. */
  readonly delayMs?: number;
}

/** A gateway to scripted lists, on a clock that is turned by hand. */
export interface ScriptedLists {
  readonly clock: ManualClock;
  readonly gateway: Gateway;
  /** The queries that each connection was asked with. */
  readonly asked: ReadonlyMap<string, readonly URLSearchParams[]>;
  find(request?: object): ReturnType<typeof findWith>;
  cancel(request: object): ReturnType<typeof cancelWith>;
}

/** Opens one. A single look finds no job. */
export function scriptedLists(
  connections: readonly ScriptedConnection[],
  { budgetMs = 120_000 }: { readonly budgetMs?: number } = {},
): ScriptedLists {
  const clock = new ManualClock();
  const asked = new Map<string, URLSearchParams[]>();
  const scripts = connections.map((each, index) => ({
    name: each.provider,
    ...each,
    host: `c${index}.test`,
  }));
  const fetch: typeof globalThis.fetch = async (input) => {
    const url = new URL(String(input));
    const script = scripts.find(({ host }) => host === url.host);
    if (script === undefined) throw new Error(`nobody answers at ${url.host}`);
    if (script.delayMs !== undefined) await new Promise<void>((ok) => clock.after(script.delayMs ?? 0, ok));
    if (!/\/(jobs|list-jobs|batches)$/.test(url.pathname)) return new Response(null, { status: 404 });
    const before = asked.get(script.name) ?? [];
    asked.set(script.name, [...before, url.searchParams]);
    const answer = script.list(url.searchParams, before.length);
    return answer instanceof Response ? answer : Response.json(answer);
  };
  const gateway = createGateway({
    connections: async () =>
      scripts.map(({ name, provider, host }) => ({
        ...{ name, provider, baseUrl: `https://${host}`, apiKey: 'k', options: {} },
      })),
    ...{ credentials: credentialFromSettings, budgetMs, clock, fetch },
  });
  return {
    ...{ clock, gateway, asked },
    find: (request = {}) => findWith(gateway, clock, request),
    cancel: (request) => cancelWith(gateway, clock, request),
  };
}

async function findWith(gateway: Gateway, clock: ManualClock, request: object) {
  return accepted(await clock.until(gateway.listJobs(request, context)));
}

async function cancelWith(gateway: Gateway, clock: ManualClock, request: object) {
  return accepted(await clock.until(gateway.cancelJobs(request, context)));
}

/** A job as Sutro's list shows it. */
export function sutroJob(job_id: string, more: object = {}): object {
  return { job_id, status: 'RUNNING', datetime_created: '2026-01-01T00:00:00Z', ...more };
}

/** A job as Ionworks' list shows it. */
export function ionworksJob(job_id: string, status = 'processing'): object {
  return { job_id, status, is_terminal: false, is_failed: false, created_at: '2026-01-01T00:00:00Z' };
}

/** A list of Sutro's that goes on as its jobs do, in pages of `size`, with cursors that `cursorTo` writes. */
export function sutroPages(
  jobs: readonly object[],
  size: number,
  cursorTo: (page: number) => string = String,
): ListScript {
  const cursors = new Map(
    Array.from({ length: Math.ceil(jobs.length / size) }, (_, page) => [cursorTo(page), page]),
  );
  return (query) => {
    const cursor = query.get('cursor');
    const page = cursor === null ? 0 : cursors.get(cursor);
    if (page === undefined) return Response.json({ detail: 'no such cursor' }, { status: 422 });
    const isLast = (page + 1) * size >= jobs.length;
    return {
      jobs: jobs.slice(page * size, (page + 1) * size),
      next_cursor: isLast ? null : cursorTo(page + 1),
    };
  };
}

/** All jobs of a search, page by page, as pairs of connection and id; and whether every page was whole. */
export async function walk(
  lists: ScriptedLists,
  filters: object,
): Promise<{ readonly ids: string[]; readonly partial: boolean; readonly pages: number }> {
  const ids: string[] = [];
  let partial = false;
  let pages = 0;
  for (let cursor: string | null | undefined; cursor !== null && pages < 1_000; pages += 1) {
    const page = await lists.find({ ...filters, ...(cursor && { cursor }) });
    ids.push(...page.jobs.map(({ provider, job_id }) => `${provider}/${job_id}`));
    partial ||= page.partial;
    cursor = page.next_cursor;
  }
  return { ids, partial, pages };
}
