import { randomUUID } from 'node:crypto';
import { type Caller, type JobPattern, type Rights, unrestrictedRights } from '../../shared/access/caller.ts';
import type { RequestContext } from '../../shared/cancellation/request-context.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { createGateway, type Gateway } from '../../shared/gateway.ts';
import type { GatewayParts } from '../../shared/gateway-parts.ts';
import type { Clock } from '../../shared/lib/clock.ts';
import type { Log } from '../../shared/lib/log.ts';
import type { Store } from '../../shared/store/store.ts';
import { type Memory, memoryStore } from '../store/memory-store.ts';
import { pepper } from './configuration.ts';
import { type ManualClock, WholeClock } from './time/manual-clock.ts';
import {
  type InMemoryProvider,
  type InMemoryProviders,
  inMemoryProviders,
} from './truth/in-memory-providers.ts';

/** A caller who may do everything but for `rights`. */
export function callerWith(rights: Partial<Rights>, more: Partial<Omit<Caller, 'rights'>> = {}): Caller {
  return { id: 'robin', kind: 'program', ...more, rights: { ...unrestrictedRights, ...rights } };
}

/** An agent, which cannot confirm for itself unless `rights` say so. */
export function agentWith(rights: Partial<Rights>, id = 'robin'): Caller {
  return callerWith({ selfConfirm: false, ...rights }, { id, kind: 'agent' });
}

/** A call of a caller. */
export function callOf(caller: Caller, more: Partial<RequestContext> = {}): RequestContext {
  return { requestId: randomUUID(), caller, surface: 'http', ...more };
}

/** Providers that stand still, and gateways to them, all on one store. */
export interface GuardHarness<Time extends Clock = ManualClock> {
  readonly clock: Time;
  readonly providers: InMemoryProviders;
  readonly store: Store;
  /** What nobody may cancel. */
  readonly protectedJobs: JobPattern[];
  /** One more gateway, as of a process of its own. */
  gateway(terms?: GatewayTerms): Gateway;
}

/** How a gateway differs from the others. */
interface GatewayTerms {
  readonly pepper?: string;
  readonly store?: Store;
  readonly budgetMs?: number;
  readonly fetch?: typeof fetch;
  /** `false`: nothing is counted, confirmed or written down. */
  readonly access?: false;
  tellWaiting?: GatewayParts['tellWaiting'];
  readonly meter?: GatewayParts['meter'];
  readonly log?: Log;
}

/** Sets the stage on a store in memory, whose keys can be seen. */
export function guardHarness(): GuardHarness & { keys(pattern: RegExp): string[] } {
  const clock = new WholeClock();
  const values: Memory['values'] = new Map();
  const harness = guardHarnessOn(clock, memoryStore({ values, records: [], lastVersion: 0 }, clock));
  return { ...harness, keys: (pattern) => [...values.keys()].filter((key) => pattern.test(key)) };
}

/** Sets the stage on any store. */
export function guardHarnessOn<Time extends Clock>(clock: Time, store: Store): GuardHarness<Time> {
  const providers = inMemoryProviders(clock);
  const protectedJobs: JobPattern[] = [];
  const gateway = (terms: GatewayTerms = {}) =>
    createGateway({
      connections: async () => providers.connections,
      credentials: credentialFromSettings,
      budgetMs: terms.budgetMs ?? 120_000,
      access:
        terms.access === false
          ? undefined
          : {
              store: terms.store ?? store,
              pepper: async () => terms.pepper ?? pepper,
              outlivesAnswers: true,
            },
      protectedJobs: async () => [...protectedJobs],
      fetch: terms.fetch ?? providers.fetch,
      ...(terms.tellWaiting && { tellWaiting: terms.tellWaiting }),
      meter: terms.meter,
      ...(terms.log && { log: terms.log }),
      clock,
    });
  return { clock, providers, store, protectedJobs, gateway };
}

/** A cancel that left us: of which job, and when. */
export interface SentCancel {
  readonly at: number;
  readonly jobId: string;
}

/**
 * The first cancel of every job that a provider saw and did not turn away unread: what is answered with a 429 cannot have
 * acted.
 */
export function sentTo(...providers: readonly Pick<InMemoryProvider, 'journal'>[]): SentCancel[] {
  const first = new Map<string, number>();
  for (const { journal } of providers)
    for (const { operation, jobIds, at, status } of journal)
      if ((operation === 'cancel' || operation === 'cancelMany') && status !== 429)
        for (const jobId of jobIds) first.set(jobId, Math.min(at, first.get(jobId) ?? at));
  return [...first].map(([jobId, at]) => ({ jobId, at })).sort((one, other) => one.at - other.at);
}

/** The most that was sent within any `windowMs`: from just after its beginning to its end. */
export function mostWithin(sent: readonly SentCancel[], windowMs: number): number {
  const counts = sent.map(({ at: end }) => sent.filter(({ at }) => at > end - windowMs && at <= end).length);
  return Math.max(0, ...counts);
}

/** Jobs by name. */
export function named(provider: string, ids: readonly string[]): { provider: string; job_id: string }[] {
  return ids.map((job_id) => ({ provider, job_id }));
}
