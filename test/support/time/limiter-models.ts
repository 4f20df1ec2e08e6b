/** What a provider's limiter says to one request: it passes, or it is a 429 with the `Retry-After` it carries. */
export type Verdict = 'passes' | { readonly retryAfterMs: number | null };

/** A limiter as a provider may run one. `again` tells whether the request was refused before. */
export type Limiter = (now: number, again: boolean) => Verdict;

/** A count that starts anew with every whole second, or other window, since `phaseMs`. */
export function fixedWindows(
  perWindow: number,
  phaseMs: number,
  retryAfterMs: number | null,
  windowMs = 1_000,
): Limiter {
  let window = Number.NaN;
  let taken = 0;
  return (now) => {
    const current = Math.floor((now - phaseMs) / windowMs);
    if (current !== window) taken = 0;
    window = current;
    taken += 1;
    return taken <= perWindow ? 'passes' : { retryAfterMs };
  };
}

/** A bucket that starts full and fills evenly. */
export function tokenBucket(perSecond: number, burst: number, retryAfterMs: number | null): Limiter {
  let tokens = burst;
  let filledAt = 0;
  return (now) => {
    tokens = Math.min(burst, tokens + ((now - filledAt) * perSecond) / 1_000);
    filledAt = now;
    if (tokens < 1) return { retryAfterMs };
    tokens -= 1;
    return 'passes';
  };
}

/** One limiter until `count` requests have passed, then another. */
export function changing(first: Limiter, count: number, second: Limiter): Limiter {
  let passed = 0;
  return (now, again) => {
    const verdict = (passed < count ? first : second)(now, again);
    if (verdict === 'passes') passed += 1;
    return verdict;
  };
}

/** No limit, but a 429 without `Retry-After` for whatever `hits` picks. */
export function passing429s(hits: (again: boolean) => boolean): Limiter {
  return (_now, again) => (hits(again) ? { retryAfterMs: null } : 'passes');
}
