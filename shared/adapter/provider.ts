import type { ConnectionOptions, ProviderAdapter } from './adapter.ts';

/** The options of a connection that an adapter cannot do without, by their names. */
export type JobPlace<Name extends string = string> = { readonly [name in Name]: string };

/**
 * Makes the adapter for a connection, if requests depend on its options: on where the jobs are, such as a region or a
 * repository, or on which of the accounts is meant that a key reaches.
 */
export interface AdapterFactory<Name extends string = string> {
  /** The options that say where the jobs are, and that a connection cannot do without. None if all options have a default. */
  readonly place: readonly Name[];
  /** The adapter for the jobs at one place. `options` are all that the connection has set, those with a default, too. */
  adapterAt(place: JobPlace<Name>, options: ConnectionOptions): ProviderAdapter;
}

/** A provider: an adapter, or what makes one for each connection. */
export type Provider = ProviderAdapter | AdapterFactory;

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
