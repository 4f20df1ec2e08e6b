/**
 * Runs `work` over all `items`, in their order, at most `size` at a time. If one rejects, no further one starts, and it
 * rejects after those under way have ended.
 */
export async function inPool<Item>(
  items: readonly Item[],
  size: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  let broken = false;
  const worker = async () => {
    for (const item of queue) {
      if (broken) return;
      await work(item).catch((error: unknown) => {
        broken = true;
        throw error;
      });
    }
  };
  const workers = Array.from({ length: Math.min(size, items.length) }, worker);
  await Promise.allSettled(workers);
  await Promise.all(workers);
}
