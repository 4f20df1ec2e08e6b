import { listen } from '../../../sandbox/http-server.ts';
import { startTwins } from '../../../sandbox/providers/index.ts';
import type { PretendProvider, ProviderName } from '../../../sandbox/sandbox.ts';
import { createProvider, type Unconnected } from '../../../sandbox/twin/pretend-provider.ts';
import { secretMark } from './judge.ts';
import type { Ledger } from './ledger.ts';

/** The providers of a run: those without an option that must be set. */
export const tortured = ['ionq', 'ionworks', 'sutro', 'promptloop', 'replicate', 'databricks'] as const;
export type Tortured = (typeof tortured)[number];

/** The pretend providers of a run, each of whose exchanges is taken down as it happens. */
export interface TorturedProviders {
  readonly twins: Readonly<Record<Tortured, PretendProvider>>;
  close(): Promise<void>;
}

function isTortured(name: ProviderName): name is Tortured {
  return tortured.some((each) => each === name);
}

/** The first key of a provider, or one that replaces it. */
export function keyOf(name: ProviderName, version: number): string {
  return `${secretMark}${name}-${version}`;
}

/** Starts them on ports of 127.0.0.1. */
export async function openProviders(ledger: Ledger): Promise<TorturedProviders> {
  const closing: (() => Promise<void>)[] = [];
  const twins = await startTwins(async (model, name) => {
    const make = (baseUrl: string) =>
      createProvider(model, { baseUrl, apiKey: keyOf(name, 1), time: Date.now });
    if (!isTortured(name)) return make('').provider;
    let twin: Pick<Unconnected<object>, 'handle'> | undefined;
    let journal: PretendProvider['journal'] = [];
    const server = await listen(0, (ask) => {
      if (twin === undefined) throw new Error('not ready');
      const decision = twin.handle(ask);
      const exchange = journal.at(-1);
      if (exchange !== undefined) ledger.note(name, exchange);
      return decision;
    });
    closing.push(server.close);
    const made = make(`http://127.0.0.1:${server.port}${model.basePaths[0]}`);
    twin = made;
    journal = made.provider.journal;
    return made.provider;
  });
  return {
    twins,
    close: async () => {
      for (const end of closing) await end();
    },
  };
}
