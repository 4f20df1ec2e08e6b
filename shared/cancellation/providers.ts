import * as z from 'zod';
import { mayDoAnything } from '../access/policy.ts';
import type { CallContext } from './call-context.ts';
import type { Connection } from './connection.ts';

/** A connection, and what can be done there. `cancel_many`, `look_many`: many jobs in one request to the provider. */
export const providerSchema = z.strictObject({
  provider: z.string().describe('What requests call it'),
  name: z.string(),
  configured: z.boolean().describe('Whether there is an API key'),
  can: z.strictObject({
    cancel: z.literal(true),
    look: z.literal(true),
    list: z.literal(true),
    cancel_many: z.boolean(),
    look_many: z.boolean(),
  }),
  documentation: z.array(z.string()),
});
export type ProviderView = z.infer<typeof providerSchema>;

/** Every connection at which the caller may do anything, with nothing asked of any provider. */
export function listProviders(
  connections: ReadonlyMap<string, Connection>,
  { caller }: CallContext,
): Promise<ProviderView[]> {
  const open = [...connections.values()].filter(({ name }) => mayDoAnything(caller, name));
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
        look_many: adapter.lookMany !== undefined,
      },
      documentation: [...adapter.documentation],
    })),
  );
}
