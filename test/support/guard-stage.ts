import { randomUUID } from 'node:crypto';
import { type Caller, everything, type JobPattern, type Rights } from '../../shared/access/caller.ts';
import type { CallContext } from '../../shared/cancellation/call-context.ts';
import { credentialFromSettings } from '../../shared/config/credentials.ts';
import { createGateway, type FixedGateway } from '../../shared/gateway.ts';
import type { Store } from '../../shared/store/store.ts';
import { memoryStore } from '../store/memory-store.ts';
import { pepper } from './configuration.ts';
import { ManualClock } from './manual-clock.ts';
import { type StillProvider, type StillProviders, stillProviders } from './still-providers.ts';

/** A caller who may do everything but for `rights`. */
export function callerWith(rights: Partial<Rights>, more: Partial<Omit<Caller, 'rights'>> = {}): Caller {
  return { id: 'robin', kind: 'program', ...more, rights: { ...everything, ...rights } };
}

/** An agent, which cannot confirm for itself unless `rights` say so. */
export function agentWith(rights: Partial<Rights>, id = 'robin'): Caller {
  return callerWith({ mayConfirmItself: false, ...rights }, { id, kind: 'agent' });
}

/** A call of a caller. */
export function callOf(caller: Caller, more: Partial<CallContext> = {}): CallContext {
  return { requestId: randomUUID(), caller, surface: 'http', ...more };
}

/** Providers that stand still, and gateways to them, all on one store. */
export interface GuardStage {
  readonly clock: ManualClock;
  readonly providers: StillProviders;
  readonly store: Store;
  /** What nobody may cancel. */
  readonly protectedJobs: JobPattern[];
  /** One more gateway, as of a process of its own. */
  gateway(terms?: {
    readonly pepper?: string;
    readonly store?: Store;
    readonly budgetMs?: number;
  }): FixedGateway;
}

/** Sets the stage on a store in memory. */
export function guardStage(): GuardStage {
  const clock = new ManualClock();
  const providers = stillProviders(clock);
  const protectedJobs: JobPattern[] = [];
  const store = memoryStore({ values: new Map(), records: [], lastVersion: 0 }, clock);
  return {
    clock,
    providers,
    store,
    protectedJobs,
    gateway: ({ pepper: secret = pepper, store: other = store, budgetMs = 120_000 } = {}) =>
      createGateway({
        connections: providers.connections,
        credentials: credentialFromSettings,
        budgetMs,
        access: { store: other, pepper: async () => secret },
        protectedJobs: async () => protectedJobs,
        fetch: providers.fetch,
        clock,
      }),
  };
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
export function sentTo(...providers: readonly Pick<StillProvider, 'journal'>[]): SentCancel[] {
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
