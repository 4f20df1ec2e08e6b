import { providerFacts } from '../providers/facts.ts';
import type { Provider } from './provider.ts';
import type { ProviderFacts } from './provider-facts.ts';

/** A provider from a file that the configuration names. */
export interface OwnProvider {
  readonly facts: ProviderFacts;
  readonly provider: Provider;
}

/** The providers from files that the configuration names, by their ids. */
export type OwnProviders = ReadonlyMap<string, OwnProvider>;

/** What the configuration knows of every provider: those of calloff, then those of the files. */
export function allFacts(own: OwnProviders = new Map()): readonly ProviderFacts[] {
  return [...Object.values(providerFacts), ...[...own.values()].map(({ facts }) => facts)];
}

/** What the configuration knows of one provider; `undefined` if there is none with this id. */
export function factsOf(id: string, own?: OwnProviders): ProviderFacts | undefined {
  return allFacts(own).find((facts) => facts.id === id);
}
