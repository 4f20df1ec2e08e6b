import type { Cause } from '../contract/outcome.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';

const pauseMs = 60_000;

/** What the log says of a connection, at most once a minute each. */
interface ConnectionLog {
  /** Its provider could not be reached, for this cause. */
  lost(cause: Cause): void;
  /** Its provider rejects the key, and there is no other. */
  keyRejected(): void;
}

/** Logs why a provider could not be reached, and that it rejects the key: each at most once a minute. */
export function connectionLog(connection: string, clock: Clock, log: Log): ConnectionLog {
  const logged = new Map<Cause | 'key', number>();
  const isDue = (what: Cause | 'key') => {
    const now = clock.now();
    const sinceMs = now - (logged.get(what) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs >= 0 && sinceMs < pauseMs) return false;
    logged.set(what, now);
    return true;
  };
  return {
    lost(cause) {
      if (isDue(cause)) log({ level: 'warn', event: 'provider_unreachable', connection, cause });
    },
    keyRejected() {
      if (isDue('key')) log({ level: 'error', event: 'key_rejected', connection });
    },
  };
}
