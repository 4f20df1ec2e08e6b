import type { KeyPlace } from '../http/key-location.ts';
import { providerFacts } from '../providers/facts.ts';

/** The environment variable that holds the key of a connection which no configuration file names: as the adapter of that name declares. */
export function keyVariable(connection: string): KeyPlace {
  const provider = Object.values(providerFacts).find(({ id }) => id === connection);
  const name = provider?.key.variable ?? `${connection.toUpperCase().replaceAll('-', '_')}_API_KEY`;
  return { kind: 'variable', name };
}
