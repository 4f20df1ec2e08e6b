import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { unrestrictedRights } from '../../shared/access/caller.ts';
import type { RequestContext } from '../../shared/cancellation/request-context.ts';
import { createGateway, type Gateway } from '../../shared/gateway.ts';
import { sleep } from '../../shared/lib/clock.ts';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
import type { Store } from '../../shared/store/store.ts';
import { SetClock } from '../store/host.ts';
import { type Memory, memoryStore } from '../store/memory-store.ts';
import { accepted, context } from '../support/harness.ts';
import { runs } from '../support/thorough.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const budgetMs = 25_000;
const lastWordsMs = 250;
const never = Number.POSITIVE_INFINITY;
/** In the place of a delay: the store breaks at once. */
const broken = -1;

/** A caller of whom everything is counted. */
const counted: RequestContext = {
  ...context,
  caller: {
    id: 'night-agent',
    kind: 'agent',
    rights: { ...unrestrictedRights, cancelsPerMinute: 50, readsPerMinute: 50, confirmAbove: 10 },
  },
};

/** A provider that cancels at once, whose look at a job takes `stallMs`, and a store each of whose answers takes as long as the next of `delaysMs` says. */
function world(delaysMs: readonly number[], { stallMs = 0, timeMs = budgetMs } = {}) {
  const clock = new ManualClock(new SetClock().wallTime());
  const memory: Memory = { values: new Map(), records: [], lastVersion: 0 };
  const sent = new Set<string>();
  const unwritten: string[] = [];
  const statusOf = (job_id: string) => ({ job_id, status: sent.has(job_id) ? 'CANCELLED' : 'RUNNING' });
  const fetch: typeof globalThis.fetch = async (input) => {
    const { pathname } = new URL(String(input));
    const [operation, id = ''] = pathname.slice(1).split('/');
    if (operation === 'jobs') {
      if (stallMs > 0) await clock.turn(stallMs);
      return Response.json({ job: statusOf(id) });
    }
    if (operation === 'list-jobs') return Response.json({ jobs: [] });
    if (!memory.records.some(({ body }) => body.includes('"intent"') && body.includes(`"${id}"`)))
      unwritten.push(id);
    sent.add(id);
    return Response.json({ cancelled: true });
  };
  const baseUrl = 'https://api.sutro.sh';
  const credential = { apiKey: 'key', baseUrl };
  const gateway = createGateway({
    connections: async () => [{ name: 'sutro', provider: 'sutro', baseUrl, options: {} }],
    credentials: () => ({ current: async () => credential, renew: async () => undefined }),
    budgetMs: timeMs,
    access: {
      store: slow(memoryStore(memory, new SetClock()), clock, delaysMs),
      pepper: async () => 'a-pepper-of-more-than-32-characters',
    },
    fetch,
    clock,
  });
  return { clock, gateway, sent, unwritten };
}

function slow(store: Store, clock: ManualClock, delaysMs: readonly number[]): Store {
  let count = 0;
  const late = async () => {
    const ms = delaysMs[count % delaysMs.length] ?? 0;
    count += 1;
    if (ms === broken) throw new StoreUnavailableError('it broke', 'test');
    await (ms === never ? new Promise(() => undefined) : sleep(clock, ms));
  };
  return {
    get: (key) => late().then(() => store.get(key)),
    put: (key, value, terms) => late().then(() => store.put(key, value, terms)),
    list: (folder, query) => late().then(() => store.list(folder, query)),
    append: (records) => late().then(() => store.append(records)),
    scan: (query) => late().then(() => store.scan(query)),
    close: () => store.close(),
  };
}

const delays = fc.array(fc.oneof(fc.constantFrom(0, 0, broken, never), fc.integer({ min: 0, max: 9_000 })), {
  minLength: 1,
  maxLength: 12,
});

test('however slow or broken the store is, a cancel is answered in time, sent only if written down, and told as it was', () =>
  fc.assert(
    fc.asyncProperty(delays, fc.integer({ min: 1, max: 14 }), async (delaysMs, count) => {
      const { clock, gateway, sent, unwritten } = world(delaysMs);
      const startedAt = clock.now();
      const jobs = Array.from({ length: count }, (_, index) => ({
        provider: 'sutro',
        job_id: `job-${index}`,
      }));
      const { outcomes } = accepted(await clock.until(gateway.cancelJobs({ jobs }, counted)));
      expect(clock.now() - startedAt).toBeLessThanOrEqual(budgetMs + lastWordsMs);
      expect(unwritten).toEqual([]);
      for (const { job_id, outcome, code } of outcomes) {
        expect([job_id, outcome, code]).toEqual(
          sent.has(job_id)
            ? [job_id, 'cancelled', undefined]
            : [job_id, expect.stringMatching(/^(failed|refused|not_attempted)$/), code],
        );
        if (outcome === 'failed') expect(code).toBe('internal');
      }
    }),
    { numRuns: runs(300, 70) },
  ));

test.each<[string, (gateway: Gateway) => Promise<unknown>]>([
  ['a search', (gateway) => gateway.listJobs({ provider: 'sutro' }, counted)],
  ['a look', (gateway) => gateway.getJob({ provider: 'sutro', job_id: 'job-1' }, counted)],
  ['a cancel by a selector', (gateway) => gateway.cancelJobs({ selector: { provider: 'sutro' } }, counted)],
  ['the audit', (gateway) => gateway.readAudit({}, counted)],
  ['a confirmation', (gateway) => gateway.showConfirmation({ confirmation_id: 'abcdefghjk' }, counted)],
])('%s is over in time where the store never answers', async (_what, ask) => {
  const { clock, gateway } = world([never]);
  const startedAt = clock.now();
  const end = await clock.until(ask(gateway)).catch((error: unknown) => error);
  if (end instanceof Error) expect(end).toBeInstanceOf(StoreUnavailableError);
  expect(clock.now() - startedAt).toBeLessThanOrEqual(budgetMs + lastWordsMs);
});

test('what becomes of nothing but an answer is answered where it cannot be written down', async () => {
  const { clock, gateway } = world([never]);
  const answer = await clock.until(gateway.getJob({ provider: 'sutro', job_id: 'job-1' }, context));
  expect(accepted(answer)).toMatchObject({ state: 'running' });
});

test('a call whose person takes long has its time anew', async () => {
  const { clock, gateway, sent } = world([0]);
  const askPerson = async () => {
    await sleep(clock, 4 * budgetMs);
    return 'agreed' as const;
  };
  const jobs = Array.from({ length: 11 }, (_, index) => ({ provider: 'sutro', job_id: `job-${index}` }));
  const { counts } = accepted(await clock.until(gateway.cancelJobs({ jobs }, { ...counted, askPerson })));
  expect(counts.cancelled).toBe(11);
  expect(sent.size).toBe(11);
});

test('a job whose look took all the time to send is not attempted, and no record is waited for', async () => {
  const { clock, gateway, sent } = world([never], { stallMs: 8_000, timeMs: 10_000 });
  const answer = await clock.until(gateway.cancelJob({ provider: 'sutro', job_id: 'job-1' }, context));
  expect(accepted(answer)).toMatchObject({ outcome: 'not_attempted', state: 'running', retryable: true });
  expect(sent.size).toBe(0);
});
