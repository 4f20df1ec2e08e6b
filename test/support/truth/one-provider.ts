import { startTwins } from '../../../sandbox/providers/index.ts';
import type { Fault, PretendProvider, ProviderName } from '../../../sandbox/sandbox.ts';
import { createProvider, startProvider } from '../../../sandbox/twin/pretend-provider.ts';
import type { gatewayOver } from '../harness.ts';
import { WholeClock } from '../time/manual-clock.ts';
import { inMemorySandbox } from './in-memory-providers.ts';

/** A pretend provider, and the time that it and a gateway to it go by. */
export interface OpenProvider {
  readonly provider: PretendProvider;
  /** What a gateway has to know to reach it. */
  readonly terms: Pick<NonNullable<Parameters<typeof gatewayOver>[1]>, 'inMemory'>;
  /** In ms since the epoch. */
  now(): number;
  /** Lets time pass until `work` is done. */
  until<Result>(work: Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** What goes wrong on a socket, and nowhere else. */
const kindsOfSockets: readonly Fault['kind'][] = [
  ...(['hang', 'reset', 'reset_after_effect'] as const),
  ...(['truncated', 'slow_body', 'huge_body', 'redirect'] as const),
];

/** Opens a provider for a fault: on a socket and in real time if the fault is one of sockets, else in memory, on a clock that is turned by hand. */
export function openProvider(name: ProviderName, { kind }: Pick<Fault, 'kind'>): Promise<OpenProvider> {
  return kindsOfSockets.includes(kind) ? openOnSocket(name) : inMemory(name);
}

/** Opens a provider on a port of 127.0.0.1, in real time. */
export async function openOnSocket(name: ProviderName): Promise<OpenProvider> {
  const closing: (() => Promise<void>)[] = [];
  const providers = await startTwins(async (twin, each) => {
    const apiKey = `sandbox-${each}-key`;
    if (each !== name) return createProvider(twin, { baseUrl: '', apiKey, time: Date.now }).provider;
    const { provider, close } = await startProvider(twin, apiKey, 0);
    closing.push(close);
    return provider;
  });
  const close = async () => {
    for (const end of closing) await end();
  };
  return { provider: providers[name], terms: {}, now: Date.now, until: (work) => work, close };
}

async function inMemory(name: ProviderName): Promise<OpenProvider> {
  const clock = new WholeClock();
  const { providers, fetch } = await inMemorySandbox(clock);
  return {
    provider: providers[name],
    terms: { inMemory: { fetch, clock } },
    now: () => clock.wallTime(),
    until: (work) => clock.until(work),
    close: async () => undefined,
  };
}
