import * as z from 'zod';
import { type Operation, operations } from './exchange.ts';

const rate = z.number().positive();

const limitSchema = z.strictObject({
  perSecond: rate.optional(),
  perMinute: rate.optional(),
  /** Default `fixed_window`: whole seconds and minutes since the limit's clock started. */
  algorithm: z.enum(['fixed_window', 'token_bucket']).optional(),
  /** How many tokens the bucket holds; default one period's worth. */
  burst: z.number().positive().optional(),
  /** How a 429 says when to come back; default `seconds`. */
  retryAfter: z.enum(['seconds', 'date', 'none']).optional(),
});

/** Rate limits per operation; an operation without one is unlimited. */
export const limitsSchema = z.partialRecord(z.enum(operations), limitSchema);

/** Rate limits per operation. */
export type Limits = z.output<typeof limitsSchema>;

/** The limit of one operation. */
export type Limit = z.output<typeof limitSchema>;

/** Counts requests against one rate. `waitMs` is 0 when there is room; only `take` uses room up. */
interface Meter {
  waitMs(now: number): number;
  take(now: number): void;
}

/** A count that starts anew with every whole period since `epoch`. */
function fixedWindow(perPeriod: number, periodMs: number, epoch: number): Meter {
  let window = 0;
  let taken = 0;
  const roll = (now: number) => {
    const current = Math.floor((now - epoch) / periodMs);
    if (current === window) return;
    window = current;
    taken = 0;
  };
  return {
    waitMs(now) {
      roll(now);
      return taken + 1 <= perPeriod ? 0 : epoch + (window + 1) * periodMs - now;
    },
    take: () => {
      taken += 1;
    },
  };
}

/** A bucket that starts full and fills evenly. */
function tokenBucket(perPeriod: number, periodMs: number, size: number, epoch: number): Meter {
  let tokens = size;
  let filledAt = epoch;
  const fill = (now: number) => {
    tokens = Math.min(size, tokens + ((now - filledAt) * perPeriod) / periodMs);
    filledAt = now;
  };
  return {
    waitMs(now) {
      fill(now);
      return tokens >= 1 ? 0 : ((1 - tokens) * periodMs) / perPeriod;
    },
    take: () => {
      tokens -= 1;
    },
  };
}

function meter(limit: Limit, perPeriod: number, periodMs: number, epoch: number): Meter {
  if (limit.algorithm !== 'token_bucket') return fixedWindow(perPeriod, periodMs, epoch);
  return tokenBucket(perPeriod, periodMs, limit.burst ?? Math.max(1, perPeriod), epoch);
}

/** Says whether a request of an operation may pass. Refused requests use nothing up. */
export class Limiter {
  readonly #meters = new Map<Operation, { limit: Limit; meters: Meter[] }>();

  /** `epoch` is where fixed windows start, in ms since the epoch. */
  constructor(limits: Limits, epoch: number) {
    for (const operation of operations) {
      const limit = limits[operation];
      if (limit === undefined) continue;
      const meters: Meter[] = [];
      if (limit.perSecond !== undefined) meters.push(meter(limit, limit.perSecond, 1000, epoch));
      if (limit.perMinute !== undefined) meters.push(meter(limit, limit.perMinute, 60_000, epoch));
      this.#meters.set(operation, { limit, meters });
    }
  }

  /** Lets a request pass (`undefined`), or says with which headers it is to be refused. */
  refuse(operation: Operation, now: number): Record<string, string> | undefined {
    const entry = this.#meters.get(operation);
    if (entry === undefined) return undefined;
    const waitMs = Math.max(0, ...entry.meters.map((each) => each.waitMs(now)));
    if (waitMs === 0) {
      for (const each of entry.meters) each.take(now);
      return undefined;
    }
    const how = entry.limit.retryAfter ?? 'seconds';
    if (how === 'none') return {};
    return retryAfterHeader(how === 'date' ? { dateInMs: waitMs } : { seconds: waitMs / 1000 }, now);
  }
}

/** `Retry-After` in whole seconds or as an HTTP date, rounded up so that who obeys it is not refused again (RFC 9110, 10.2.3). */
export function retryAfterHeader(
  wait: { readonly seconds: number } | { readonly dateInMs: number },
  now: number,
): Record<string, string> {
  if ('seconds' in wait) return { 'retry-after': String(Math.ceil(wait.seconds)) };
  return { 'retry-after': new Date(Math.ceil((now + wait.dateInMs) / 1000) * 1000).toUTCString() };
}
