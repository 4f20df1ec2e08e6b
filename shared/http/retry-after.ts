/** The longest `Retry-After`, in milliseconds; longer ones count as this. */
const longestMs = 24 * 3_600_000;

/**
 * The milliseconds that a `Retry-After` header asks for; `null` if it is absent or invalid. Reads both forms of
 * RFC 9110 section 10.2.3: seconds, which some servers write with a fraction, or an HTTP date, which is rounded down
 * to whole seconds by its writer and so gets a second more.
 */
export function readRetryAfter(header: string | null | undefined, now: number): number | null {
  if (header === null || header === undefined) return null;
  const text = header.trim();
  if (/^\d{1,10}(\.\d{1,9})?$/.test(text)) return boundedWait(Number(text) * 1_000);
  if (!/^[A-Za-z]{3,9},? /.test(text)) return null;
  const date = Date.parse(text);
  return boundedWait(date + 1_000 - now);
}

/**
 * The wall time at which a response was made, by the clock of its sender: what the header `Date` says (RFC 9110 section 6.6.1). Times
 * in the response are counted from it, so that neither clock has to be right. `now` if there is no such header.
 */
export function timeOfResponse(date: string | null, now: number): number {
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? now : time;
}

/** The milliseconds that `retry-after-ms` asks for, which some providers send beside `Retry-After`; `null` as above. */
export function readRetryAfterMs(header: string | undefined): number | null {
  const text = header?.trim() ?? '';
  return /^\d{1,13}(\.\d{1,9})?$/.test(text) ? boundedWait(Number(text)) : null;
}

/** A wait in whole milliseconds, neither negative nor too long; `null` if it is none. */
export function boundedWait(ms: number | null): number | null {
  if (ms === null || Number.isNaN(ms)) return null;
  return Math.min(Math.max(0, Math.ceil(ms)), longestMs);
}
