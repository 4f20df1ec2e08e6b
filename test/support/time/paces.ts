import { type Exchange, type Limits, startSandbox } from '../../../sandbox/sandbox.ts';
import { accepted, context, gatewayTo } from '../harness.ts';

export interface Pace {
  readonly name: string;
  readonly jobs: number;
  readonly limit: NonNullable<Limits['cancel']>;
  /** The limit in force once half of the jobs are cancelled. */
  readonly thenPerSecond?: number;
  /** How far above the floor the time may be. */
  readonly most: number;
}

/** Limits that nobody told the gateway of. */
export const paces: readonly Pace[] = [
  { name: 'one-second windows of 200', jobs: 1_000, limit: { perSecond: 200 }, most: 1.15 },
  { name: 'one-second windows of 20', jobs: 100, limit: { perSecond: 20 }, most: 1.15 },
  {
    name: 'a token bucket of 200 a second',
    jobs: 1_000,
    limit: { perSecond: 200, algorithm: 'token_bucket' },
    most: 1.15,
  },
  {
    name: 'one-second windows of 200 without Retry-After',
    jobs: 1_000,
    limit: { perSecond: 200, retryAfter: 'none' },
    most: 1.15,
  },
  {
    name: 'windows of 200 that drop to 50 halfway',
    jobs: 1_000,
    limit: { perSecond: 200 },
    thenPerSecond: 50,
    most: 1.25,
  },
];

/** Seconds that a limit needs for so many requests, N/R: the floor that a time is held against. */
function floorOf({ jobs, limit: { perSecond = 1 }, thenPerSecond = perSecond }: Pace): number {
  return jobs / 2 / perSecond + jobs / 2 / thenPerSecond;
}

interface Figures {
  readonly cancelled: number;
  /** Time from the first cancel to the last, over the floor. */
  readonly overFloor: number;
  /** The same for the whole call, its looks and its waiting included. */
  readonly callOverFloor: number;
  /** The share of cancels answered 429 after the first second. */
  readonly refusedShare: number;
}

export async function paceOf(pace: Pace): Promise<Figures> {
  const sandbox = await startSandbox({ control: false });
  const { sutro } = sandbox.providers;
  const watch = setInterval(dropHalfway, 5);
  let dropped = false;
  try {
    const ids = sutro.addJobs(pace.jobs, { state: 'running' });
    sutro.setFault({ kind: 'delay', ms: 5, jitterMs: 15 });
    sutro.setLimits({ cancel: pace.limit });
    const jobs = ids.map((job_id) => ({ provider: 'sutro', job_id }));
    const startedAt = Date.now();
    const { counts } = accepted(await gatewayTo(sandbox).cancelJobs({ jobs }, context));
    const callMs = Date.now() - startedAt;
    const cancels = sutro.journal.filter(({ operation }) => operation === 'cancel');
    const floorMs = floorOf(pace) * 1_000;
    return {
      cancelled: counts.cancelled,
      overFloor: spanMs(cancels) / floorMs,
      callOverFloor: callMs / floorMs,
      refusedShare: refusedAfterFirstSecond(cancels),
    };
  } finally {
    clearInterval(watch);
    await sandbox.close();
  }

  function dropHalfway(): void {
    if (dropped || pace.thenPerSecond === undefined) return;
    const passed = sutro.journal.filter(({ operation, status }) => operation === 'cancel' && status === 200);
    if (passed.length < pace.jobs / 2) return;
    dropped = true;
    sutro.setLimits({ cancel: { ...pace.limit, perSecond: pace.thenPerSecond } });
  }
}

function spanMs(cancels: readonly Exchange[]): number {
  return (cancels.at(-1)?.at ?? 0) - (cancels[0]?.at ?? 0);
}

function refusedAfterFirstSecond(cancels: readonly Exchange[]): number {
  const from = (cancels[0]?.at ?? 0) + 1_000;
  const later = cancels.filter(({ at }) => at >= from);
  return later.filter(({ status }) => status === 429).length / later.length;
}
