import { inPool } from '../lib/concurrency.ts';
import type { RequestLimits } from './provider-client.ts';

/** The most requests of one call that wait for the rate limiter. */
export const poolSize = 256;

/**
 * Runs `ask` over all `items`, in their order, at most {@link poolSize} at a time, with terms that tell the rate limiter how many
 * are still to come. An operation does not tell: it has more jobs than these.
 */
export async function askInPool<Item>(
  items: readonly Item[],
  terms: RequestLimits,
  ask: (item: Item, terms: RequestLimits) => Promise<void>,
): Promise<void> {
  let left = items.length;
  const isAll = terms.turn.class !== 'operation';
  const counted = isAll ? { ...terms, turn: { ...terms.turn, left: () => left } } : terms;
  await inPool(items, poolSize, async (item) => {
    left -= 1;
    await ask(item, counted);
  });
}
