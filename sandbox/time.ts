/** A moment in ms since the epoch, as all four providers write it (RFC 3339, UTC). */
export function time(at: number): string {
  return new Date(at).toISOString();
}

/** The same for a moment that may not have come yet: `null` until then. */
export function optionalTime(at: number, now: number): string | null {
  return at <= now ? time(at) : null;
}
