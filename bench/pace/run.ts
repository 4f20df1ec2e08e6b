import { randomNumbers } from '../../sandbox/random.ts';
import { unrestrictedRights } from '../../shared/access/caller.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { createGateway } from '../../shared/gateway.ts';
import { inPool } from '../../shared/lib/concurrency.ts';
import type { Limiter } from '../../test/support/time/limiter-models.ts';
import { ManualClock } from '../../test/support/time/manual-clock.ts';
import { inMemorySandbox } from '../../test/support/truth/in-memory-providers.ts';
import type { HiddenLimit } from './limits.ts';

/** Who cancels the jobs. */
export const contestants = ['calloff', 'pool'] as const;
export type Contestant = (typeof contestants)[number];

/** What a run took, on a simulated clock. */
export interface PaceRun {
  /** The time to the end over N/R: N requests that the limit counts and lets pass, at R a second. */
  readonly ratio: number;
  /** The shares of those requests that were refused: of all, and of those sent after the first second. */
  readonly refused: number;
  readonly refusedLater: number;
}

const jobs = 1_000;
/** Jobs that were started after those, so that no list of the newest shows them. */
const newer = 500;
/** Jobs that are cancelled right before, without a limit. */
const before = 200;
const poolSize = 32;
const simulatedMs = 3_600_000;
const context = {
  requestId: 'bench',
  caller: { id: 'bench', kind: 'program', rights: unrestrictedRights },
  surface: 'http',
} as const;

/** Cancels a thousand jobs at a provider with a limit that starts with the first of them. Repeatable by `seed`. */
export async function runPace(
  contestant: Contestant,
  { perSecond, isOfCancels = false, limiter }: HiddenLimit,
  seed: number,
): Promise<PaceRun> {
  const random = randomNumbers(seed);
  const clock = new ManualClock();
  const sandbox = await inMemorySandbox(clock);
  const { sutro } = sandbox.providers;
  let limit: Limiter | undefined;
  const counted: { readonly at: number; readonly isRefused: boolean }[] = [];
  const ask: typeof fetch = async (input, init) => {
    const isCounted = !isOfCancels || String(input).includes('cancel');
    const verdict = (isCounted ? limit?.(clock.now(), false) : undefined) ?? 'passes';
    if (isCounted) counted.push({ at: clock.now(), isRefused: verdict !== 'passes' });
    await new Promise<void>((resolve) => clock.after(5 + random() * 15, resolve));
    if (verdict === 'passes') return sandbox.fetch(input, init);
    const seconds = verdict.retryAfterMs === null ? {} : { 'retry-after': `${verdict.retryAfterMs / 1_000}` };
    return new Response('', { status: 429, headers: seconds });
  };
  const cancel = contestant === 'calloff' ? calloff() : naivePool;
  const cancelAll = async (count: number) => {
    const ids = sutro.addJobs(count, { state: 'running', settlesInMs: 0 });
    sutro.addJobs(newer, { state: 'running' });
    await clock.until(cancel(ids), simulatedMs);
    const left = ids.filter((id) => sutro.job(id)?.state !== 'cancelled').length;
    if (left > 0) throw new Error(`${contestant} left ${left} jobs running`);
  };
  await cancelAll(before);
  counted.length = 0;
  limit = limiter(random);
  const began = clock.now();
  await cancelAll(jobs);
  const passed = counted.filter(({ isRefused }) => !isRefused).length;
  return {
    ratio: (clock.now() - began) / 1_000 / (passed / perSecond),
    refused: refusedShare(counted),
    refusedLater: refusedShare(counted.filter(({ at }) => at > began + 1_000)),
  };

  /** A gateway that has learned nothing yet. */
  function calloff(): (ids: readonly string[]) => Promise<unknown> {
    const { baseUrl, apiKey } = sutro;
    const connections = [{ name: 'sutro', provider: 'sutro', baseUrl, apiKey, options: {} } as const];
    const gateway = createGateway({
      connections: async () => connections,
      credentials: credentialFromSettings,
      ...{ budgetMs: simulatedMs, clock, fetch: ask },
    });
    return (ids) =>
      gateway.cancelJobs({ jobs: ids.map((job_id) => ({ provider: 'sutro', job_id })) }, context);
  }

  /** The same requests for each job, 32 jobs at a time. A refused request waits as told, or a second, and goes again. */
  async function naivePool(ids: readonly string[]): Promise<void> {
    await inPool(ids, poolSize, async (id) => {
      for (const [method, path] of [
        ['GET', 'jobs'],
        ['GET', 'job-cancel'],
        ['GET', 'jobs'],
      ] as const)
        await askUntilPassed(`${sutro.baseUrl}/${path}/${id}`, method);
    });
  }

  async function askUntilPassed(url: string, method: string): Promise<void> {
    const headers = { authorization: `Key ${sutro.apiKey}` };
    for (;;) {
      const response = await ask(url, { method, headers });
      if (response.status !== 429) return;
      const seconds = Number(response.headers.get('retry-after') ?? 1);
      await new Promise<void>((resolve) => clock.after(seconds * 1_000, resolve));
    }
  }
}

function refusedShare(requests: readonly { readonly isRefused: boolean }[]): number {
  return requests.filter(({ isRefused }) => isRefused).length / Math.max(1, requests.length);
}
