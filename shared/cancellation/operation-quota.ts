import type { Caller } from '../access/caller.ts';
import type { SlidingWindowLimiter } from '../access/caller-rate-limiter.ts';

const tenMinutesMs = 600_000;

/**
 * Counts jobs as cancels that need no confirmation, without giving any back; `false`, without counting them, if they would
 * exceed the number above which the caller needs one.
 */
export async function countUnasked(
  rateLimiter: SlidingWindowLimiter,
  { id, rights }: Caller,
  jobs: number,
): Promise<boolean> {
  const { confirmAbove: most } = rights;
  if (most === undefined) return true;
  const limits = [{ most, windowMs: tenMinutesMs }];
  return (await rateLimiter.take(`${id}/confirm`, { wanted: jobs, limits, whole: true })).granted === jobs;
}

/** Counts confirmed jobs, so that later requests need a confirmation sooner. */
export async function countConfirmed(
  rateLimiter: SlidingWindowLimiter,
  { id, rights }: Caller,
  jobs: number,
): Promise<void> {
  if (rights.confirmAbove !== undefined)
    await rateLimiter.take(`${id}/confirm`, { wanted: jobs, limits: [] });
}
