import type { Outcome } from '../contract/answers/outcome-schema.ts';
import type { Code } from '../contract/outcome.ts';
import type { ShareRecord } from '../operations/operation.ts';

const secondMs = 1_000;
/** How long a share is parked, each time longer, in milliseconds. The last one bounds how late it notices that its provider is back. */
const parkedMs = [30, 60, 120].map((seconds) => seconds * secondMs);
/** The longest that a provider may hold a share up by what it asks for, in milliseconds. */
const longestMs = 900 * secondMs;
/** After this time altogether the rest of the round ends with the code of the failures. */
const mostParkedMs = 30 * 60 * secondMs;

/** The result of a slice that could not do its jobs. `code`: the reason if none of them failed. */
export interface Outage {
  readonly outages: readonly Outcome[];
  readonly code: Code;
}

/** How long a share is parked now, in milliseconds; 0 once it has been parked for half an hour altogether. */
export function parkingMs({ parked }: ShareRecord, { outages }: Outage): number {
  const { times = 0, parked_ms = 0 } = parked ?? {};
  const asked = Math.max(0, ...outages.map(({ retry_after_seconds = 0 }) => retry_after_seconds)) * secondMs;
  const pauseMs = Math.max(parkedMs[Math.min(times, parkedMs.length - 1)] ?? 0, asked);
  return Math.min(longestMs, pauseMs, mostParkedMs - parked_ms);
}

/** The share after a slice in which the provider could not be used: parked, with one probe when that is over. */
export function park(share: ShareRecord, outage: Outage, now: number): ShareRecord {
  const { times = 0, since = now, parked_ms = 0 } = share.parked ?? {};
  const pauseMs = parkingMs(share, outage);
  const code = codeOf(outage);
  const parked = { until: now + pauseMs, times: times + 1, since, parked_ms: parked_ms + pauseMs, code };
  return { ...share, parked };
}

/** The code that most of the failures have. */
export function codeOf({ outages, code: otherwise }: Outage): Code {
  const counts = Map.groupBy(outages, ({ code }) => code ?? otherwise);
  const [most] = [...counts].toSorted(([, one], [, other]) => other.length - one.length);
  return most?.[0] ?? otherwise;
}
