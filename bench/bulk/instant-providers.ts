import type { ConnectionSettings } from '../../shared/config/connection-settings.ts';

/** A provider that answers at once, whose running jobs end with their cancel. */
export interface InstantProvider {
  readonly connection: ConnectionSettings;
  readonly fetch: typeof fetch;
  /** Makes these its jobs, the last the newest, and others that are newer still. */
  hold(ids: readonly string[], others: readonly string[]): void;
}

/** What a request asks for: its path below the base URL, its query, and its body. */
interface Asked {
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly body: string;
}

/** How one provider shows its jobs. `cancel` marks a job as cancelled, and `is` says whether it is. */
type Answers = (asked: Asked, jobs: Jobs) => unknown;

class Jobs {
  #ids: readonly string[] = [];
  readonly #cancelled = new Set<string>();

  hold(ids: readonly string[], others: readonly string[]): void {
    this.#ids = [...ids, ...others].toReversed();
    this.#cancelled.clear();
  }

  /** The newest first. */
  get ids(): readonly string[] {
    return this.#ids;
  }

  cancel(id: string): void {
    this.#cancelled.add(id);
  }

  isCancelled(id: string): boolean {
    return this.#cancelled.has(id);
  }
}

const createdAt = '2026-01-01T00:00:00Z';

/** The providers that are imitated here: those whose requests differ in kind. */
export const instantNames = ['ionq', 'ionworks', 'openai-batch', 'promptloop', 'sutro'] as const;
type InstantName = (typeof instantNames)[number];

const answers: { readonly [name in InstantName]: Answers } = {
  ionq({ parts: [, second = '', third], query, body }, jobs) {
    const show = (id: string) => ({ id, status: jobs.isCancelled(id) ? 'canceled' : 'started' });
    if (second === 'status') {
      const { ids }: { ids: string[] } = JSON.parse(body);
      for (const id of ids) jobs.cancel(id);
      return { ids, status: 'canceled' };
    }
    if (third === 'status') jobs.cancel(second);
    return second === '' ? { jobs: query.getAll('ids').map(show), next: null } : show(second);
  },
  ionworks({ parts: [, id = '', verb], query }, jobs) {
    const show = (job_id: string) => ({
      ...{ job_id, job_type: 'simulate', created_at: createdAt },
      ...(jobs.isCancelled(job_id)
        ? { status: 'canceled', is_terminal: true, is_failed: true }
        : { status: 'processing', is_terminal: false, is_failed: false }),
    });
    if (verb === 'cancel') jobs.cancel(id);
    if (id !== '') return show(id);
    const from = Number(query.get('offset') ?? 0);
    return { items: jobs.ids.slice(from, from + 100).map(show), total: jobs.ids.length };
  },
  'openai-batch'({ parts: [, id = '', verb], query }, jobs) {
    const show = (batch: string) => ({
      id: batch,
      status: jobs.isCancelled(batch) ? 'cancelled' : 'in_progress',
    });
    if (verb === 'cancel') jobs.cancel(id);
    if (id !== '') return show(id);
    const from = jobs.ids.indexOf(query.get('after') ?? '') + 1;
    const data = jobs.ids.slice(from, from + 100).map(show);
    return { object: 'list', data, has_more: from + 100 < jobs.ids.length };
  },
  promptloop({ parts: [, , id = '', verb] }, jobs) {
    const show = (batch_id: string) => ({
      batch_id,
      completed: false,
      cancelled: jobs.isCancelled(batch_id),
    });
    if (id === '') return { status: 'success', data: jobs.ids.map(show) };
    if (verb !== 'cancel') return { status: 'success', data: { ...show(id), job_status: 'in_progress' } };
    jobs.cancel(id);
    return { status: 'success', data: { batch_id: id, cancelled: true, jobs_removed: 1 } };
  },
  sutro({ parts: [verb, id = ''], query }, jobs) {
    const show = (job_id: string) => ({
      ...{ job_id, datetime_created: createdAt },
      status: jobs.isCancelled(job_id) ? 'CANCELLED' : 'RUNNING',
    });
    if (verb === 'jobs') return { job: show(id) };
    if (verb === 'job-cancel') jobs.cancel(id);
    if (verb === 'job-cancel') return { cancelled: true };
    const from = Number(query.get('cursor') ?? 0);
    const next = from + 100 < jobs.ids.length ? String(from + 100) : null;
    return { jobs: jobs.ids.slice(from, from + 100).map(show), next_cursor: next };
  },
};

/** A provider in memory, with a connection to it. */
export function instantProvider(provider: InstantName): InstantProvider {
  const jobs = new Jobs();
  const baseUrl = `https://${provider}.test/v1`;
  return {
    connection: { name: provider, provider, baseUrl, apiKey: 'a-key-of-an-instant-provider', options: {} },
    hold: (ids, others) => jobs.hold(ids, others),
    async fetch(input, { body } = {}) {
      const { pathname, searchParams: query } = new URL(String(input));
      const parts = pathname.slice('/v1/'.length).split('/');
      return Response.json(answers[provider]({ parts, query, body: String(body) }, jobs));
    },
  };
}
