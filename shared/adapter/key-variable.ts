import type { KeyPlace } from '../http/key-location.ts';
import { adapters } from '../providers/registry.ts';

/** The environment variable that holds the key of a connection which no configuration file names: as the adapter of that name declares. */
export function keyVariable(connection: string): KeyPlace {
  const adapter = Object.values(adapters).find(({ id }) => id === connection);
  const name = adapter?.key.variable ?? `${connection.toUpperCase().replaceAll('-', '_')}_API_KEY`;
  return { kind: 'variable', name };
}
