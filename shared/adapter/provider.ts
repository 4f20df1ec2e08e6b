import type { ConnectionOptions, ProviderAdapter } from './adapter.ts';

/** The options of a connection that an adapter cannot do without, by their names. */
export type JobPlace<Name extends string = string> = { readonly [name in Name]: string };

/** A provider whose requests depend on where the jobs of an account are: its region, its repository. */
export interface PlacedProvider<Name extends string = string> {
  readonly place: readonly Name[];
  /** The adapter for the jobs at one place. `options` are all that the connection has set, those with a default, too. */
  adapterAt(place: JobPlace<Name>, options: ConnectionOptions): ProviderAdapter;
}

/** A provider: an adapter, or one for each place. */
export type Provider = ProviderAdapter | PlacedProvider;

/**
 * The adapter of a provider for a connection with these options.
 * @throws {Error} if an option is missing. The configuration demands it, so that this shows a bug.
 */
export function adapterFor(provider: Provider, options: ConnectionOptions): ProviderAdapter {
  if (!('adapterAt' in provider)) return provider;
  const place = provider.place.map((name): [string, string] => {
    const { [name]: value } = options;
    if (value === undefined) throw new Error(`a connection has no ${name}`);
    return [name, value];
  });
  return provider.adapterAt(Object.fromEntries(place), options);
}
