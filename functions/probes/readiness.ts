import { randomUUID } from 'node:crypto';
import type { ConfigurationSource } from '../../shared/config/file/reload.ts';
import { type Clock, within } from '../../shared/lib/clock.ts';
import type { Store } from '../../shared/store/store.ts';

/** Why a process is not ready: a closed list, because anyone may ask. */
export const reasonsNotReady = [
  'stopping',
  'configuration_unreadable',
  'configuration_slow',
  'store_unavailable',
  'store_slow',
] as const;
type ReasonNotReady = (typeof reasonsNotReady)[number];

/** Whether a process can carry out a cancel, as far as that depends on this installation and not on a provider. */
export type Readiness = 'ready' | ReasonNotReady;

/** What readiness depends on. */
interface ReadinessParts {
  /** Absent if the installation keeps nothing. */
  readonly store: Store | undefined;
  readonly configuration: Pick<ConfigurationSource, 'current'>;
  readonly clock: Clock;
  /** Aborted when the process is to stop. */
  readonly stopping?: AbortSignal | undefined;
}

/** How long a probe waits, in milliseconds: it is answered within a second. */
const patienceMs = 900;
/** How long an answer serves further probes, in milliseconds: anyone may ask, and each write costs. */
const freshMs = 1_000;
/** How long the value of a probe is kept, in milliseconds: one for each process, which replaces it. */
const keptMs = 3_600_000;

/**
 * Checks whether the store can be written to and the configuration is in force, within a second. Probes at the same moment,
 * and within a second, share one check. Asks no provider: the stop must stay within reach when a provider is down.
 */
export function readinessProbe(parts: ReadinessParts): () => Promise<Readiness> {
  const { store, clock, stopping } = parts;
  const isWritable = store && writeCheck(store, clock);
  let known: { readonly at: number; readonly readiness: Promise<Readiness> } | undefined;
  return async () => {
    if (stopping?.aborted) return 'stopping';
    if (known === undefined || clock.now() - known.at >= freshMs)
      known = { at: clock.now(), readiness: check(parts, isWritable) };
    return known.readiness;
  };
}

async function check(
  { configuration, clock }: ReadinessParts,
  isWritable: (() => Promise<boolean>) | undefined,
): Promise<Readiness> {
  const [isInForce, isWritten] = await Promise.all([
    within(clock, patienceMs, isConfigured(configuration)),
    within(clock, patienceMs, isWritable?.() ?? Promise.resolve(true)),
  ]);
  if (isInForce !== true) return isInForce === false ? 'configuration_unreadable' : 'configuration_slow';
  if (isWritten !== true) return isWritten === false ? 'store_unavailable' : 'store_slow';
  return 'ready';
}

async function isConfigured(configuration: ReadinessParts['configuration']): Promise<boolean> {
  try {
    return (await configuration.current()) !== 'unreadable';
  } catch {
    return false;
  }
}

/** Replaces one value of the store each time. While a write is under way, it waits for that one and begins no other. */
function writeCheck(store: Store, clock: Clock): () => Promise<boolean> {
  const key = `readiness/${randomUUID()}`;
  let version = 0;
  let underWay: Promise<boolean> | undefined;
  const write = async (): Promise<boolean> => {
    try {
      const expiresAt = clock.wallTime() + keptMs;
      version = await store.put(key, 'ready', { version, expiresAt });
      // The value expired, or the database is another one: with the version 0 the next write begins anew.
      if (version === 0) version = await store.put(key, 'ready', { version, expiresAt });
      return version !== 0;
    } catch {
      return false;
    }
  };
  return () => {
    underWay ??= write().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
}
