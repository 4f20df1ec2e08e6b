import type { Cause } from '../contract/outcome.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';

const pauseMs = 60_000;

/** Logs why a provider could not be reached: each cause at most once a minute. */
export function connectionErrorLog(connection: string, clock: Clock, log: Log): (cause: Cause) => void {
  const logged = new Map<Cause, number>();
  return (cause) => {
    const now = clock.now();
    const sinceMs = now - (logged.get(cause) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs >= 0 && sinceMs < pauseMs) return;
    logged.set(cause, now);
    log({ level: 'warn', event: 'provider_unreachable', connection, cause });
  };
}
