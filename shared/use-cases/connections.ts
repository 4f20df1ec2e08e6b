import { canDoAnything } from '../access/policy.ts';
import type { RequestContext } from '../cancellation/request-context.ts';
import type { ProviderView } from '../contract/responses.ts';
import type { Connection } from '../engine/connection.ts';

/** Every connection at which the caller may do anything, with nothing asked of any provider. */
export function listProviders(
  connections: ReadonlyMap<string, Connection>,
  { caller }: RequestContext,
): Promise<ProviderView[]> {
  const open = [...connections.values()].filter(({ name }) => canDoAnything(caller, name));
  return Promise.all(
    open.map(async ({ name, adapter, credentials }) => ({
      provider: name,
      name: adapter.displayName,
      configured: (await credentials.current()) !== undefined,
      can: {
        cancel: true as const,
        look: true as const,
        list: true as const,
        cancel_many: adapter.cancelMany !== undefined,
        look_many: adapter.statusMany !== undefined,
      },
      documentation: [...adapter.documentation],
    })),
  );
}
