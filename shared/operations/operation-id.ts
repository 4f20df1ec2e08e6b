import { createHmac, randomBytes } from 'node:crypto';
import { readable } from '../access/confirmation/token.ts';
import { compareAndSwap } from '../store/compare-and-swap.ts';
import { latestTime } from '../store/limits.ts';
import type { Store } from '../store/store.ts';

const secretKey = 'operation-secret';
const idBytes = 20;

/** A new id. */
export function newOperationId(): string {
  return `op_${readable(randomBytes(idBytes))}`;
}

/**
 * The id that a caller's idempotency key stands for. It is made with a secret of the store, which outlives every other:
 * with a secret that can be replaced, a repeated request would start a second operation. Rejects if the store does.
 */
export async function operationIdFor(store: Store, caller: string, key: string): Promise<string> {
  const secret = await secretOf(store);
  const mac = createHmac('sha256', secret)
    .update(JSON.stringify([caller, key]))
    .digest();
  return `op_${readable(mac.subarray(0, idBytes))}`;
}

async function secretOf(store: Store): Promise<string> {
  const stored = await store.get(secretKey);
  if (stored !== undefined) return stored.value;
  let secret = randomBytes(32).toString('base64url');
  await compareAndSwap(store, secretKey, (known) => {
    if (known === undefined) return { value: secret, expiresAt: latestTime };
    secret = known;
    return undefined;
  });
  return secret;
}
