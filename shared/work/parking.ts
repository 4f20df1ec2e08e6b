import type { Code, Outcome } from '../contract/outcome.ts';
import type { ShareRecord } from '../operations/operation.ts';

const secondMs = 1_000;
/** How long a share is parked, each time longer, in milliseconds. */
const parkedMs = [30, 60, 120, 300, 600].map((seconds) => seconds * secondMs);
/** The longest that a provider may hold a share up by what it asks for, in milliseconds. */
const longestMs = 900 * secondMs;
/** After this time of failures the rest of the round ends with their code. */
const mostParkedMs = 30 * 60 * secondMs;

/**
 * The share after a slice in which the provider could not be used: parked, with one probe when that is over; after half an
 * hour its jobs end with the code of the failure.
 */
export function park(share: ShareRecord, outages: readonly Outcome[], now: number): ShareRecord {
  const code = codeOf(outages);
  const times = (share.parked?.times ?? 0) + 1;
  const since = share.parked?.since ?? now;
  const asked = Math.max(0, ...outages.map(({ retry_after_seconds = 0 }) => retry_after_seconds)) * secondMs;
  const pauseMs = Math.min(longestMs, Math.max(parkedMs[Math.min(times, parkedMs.length) - 1] ?? 0, asked));
  if (now + pauseMs - since > mostParkedMs) return giveUp(share, code, now);
  return { ...share, parked: { until: now + pauseMs, times, since, code } };
}

/** The share after this round gave up its remaining jobs: each ends with this code, until it is resumed. */
export function giveUp(share: ShareRecord, code: Code, now: number): ShareRecord {
  const { parked: _, ...rest } = share;
  return { ...rest, rest: { code, at: now } };
}

/** The code that most of the failures have. */
function codeOf(outages: readonly Outcome[]): Code {
  const counts = Map.groupBy(outages, ({ code }) => code ?? 'provider_unavailable');
  const [most] = [...counts].toSorted(([, one], [, other]) => other.length - one.length);
  return most?.[0] ?? 'provider_unavailable';
}
