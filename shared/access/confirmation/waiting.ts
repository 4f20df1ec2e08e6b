import * as z from 'zod';
import { parseJson } from '../../lib/json.ts';
import { joinKey } from '../../store/folder.ts';
import type { FolderEntry, Store } from '../../store/store.ts';
import type { Caller } from '../caller.ts';
import { can } from '../policy.ts';

/** What is known of a confirmation without its jobs: enough to tell whom it waits for. */
const waitingSchema = z.strictObject({
  id: z.string(),
  caller: z.string(),
  connections: z.array(z.string()),
});
/** A confirmation that was offered. It may have been approved, used or closed since. */
export type Waiting = z.infer<typeof waitingSchema>;

const folder = 'confirmations';

/** Whether this caller may approve such a request. An agent never may; its own only a caller that may confirm for itself. */
export function mayApprove(
  approver: Caller,
  { caller, connections }: Pick<Waiting, 'caller' | 'connections'>,
): boolean {
  const isOwn = caller === approver.id;
  if (approver.kind === 'agent' || (isOwn && !approver.rights.selfConfirm)) return false;
  return connections.every((name) => can(approver, 'confirm', name));
}

/**
 * Notes that a confirmation waits, so that it can be found without its id. `expiresAt`: milliseconds since the epoch; the
 * soonest is listed first. Rejects if the store does.
 */
export async function noteWaiting(store: Store, waiting: Waiting, expiresAt: number): Promise<void> {
  const name = `${String(expiresAt).padStart(15, '0')}-${waiting.id}`;
  await store.put(joinKey({ folder, name }), JSON.stringify(waiting), { version: 0, expiresAt });
}

/** A page of what was offered, the soonest to expire first; where it goes on is the name of its last entry. */
export interface WaitingPage {
  readonly waiting: readonly (Waiting & { readonly name: string })[];
  readonly next?: string | undefined;
}

/** Reads a page of what was offered. Rejects if the store does. */
export async function readWaiting(
  store: Store,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<WaitingPage> {
  const { entries, next } = await store.list(folder, { after, limit });
  return { waiting: entries.flatMap(waitingIn), next };
}

function waitingIn({ name, value }: FolderEntry): (Waiting & { readonly name: string })[] {
  const { data } = waitingSchema.safeParse(parseJson(value));
  return data === undefined ? [] : [{ ...data, name }];
}
