import * as z from 'zod';
import { parseJson } from '../../lib/json.ts';
import { joinKey } from '../../store/folder.ts';
import type { FolderEntry, Store } from '../../store/store.ts';
import type { Caller } from '../caller.ts';
import { can } from '../policy.ts';

/** What is known of a confirmation without its jobs: enough to tell whom it waits for. */
const waitingSchema = z.lazy(() =>
  z.strictObject({
    id: z.string(),
    caller: z.string(),
    connections: z.array(z.string()),
    /** How many jobs it is for. */
    jobs: z.number(),
  }),
);
/** A confirmation that was offered. It may have been approved, used or closed since. */
export type Waiting = z.infer<typeof waitingSchema>;

const folder = 'confirmations';
/** So many notes are read at once, and so many for one page at most. */
const pageSize = 200;
const mostRead = 1_000;

/** The form of the name of a note, which is where a page ends. */
export const waitingNamePattern = /^\d{15}-[a-z2-9]{10}$/;

/** Whether this caller may approve such a request. An agent never may; its own only a caller that may confirm for itself. */
export function mayApprove(
  approver: Caller,
  { caller, connections }: Pick<Waiting, 'caller' | 'connections'>,
): boolean {
  const isOwn = caller === approver.id;
  if (approver.kind === 'agent' || (isOwn && !approver.rights.selfConfirm)) return false;
  return can(approver, 'confirm') && connections.every((name) => can(approver, 'confirm', name));
}

/**
 * Notes that a confirmation waits, so that it can be found without its id. `expiresAt`: milliseconds since the epoch; the
 * soonest is listed first. Rejects if the store does.
 */
export async function noteWaiting(store: Store, waiting: Waiting, expiresAt: number): Promise<void> {
  const key = joinKey({ folder, name: waitingName(waiting.id, expiresAt) });
  await store.put(key, JSON.stringify(waiting), { version: 0, expiresAt });
}

/** The name of a note. One of another time is of an earlier confirmation with the same id, which is closed. */
export function waitingName(id: string, expiresAt: number): string {
  return `${String(expiresAt).padStart(15, '0')}-${id}`;
}

/** What was offered, and its name among the notes. */
export type WaitingNote = Waiting & { readonly name: string };

/** Some of what was offered, the soonest to expire first. `next`: where to go on, if there may be more. */
export interface WaitingPage {
  readonly waiting: readonly WaitingNote[];
  readonly next?: string | undefined;
}

/**
 * Reads the offered confirmations that are wanted, at most `limit` of them, from behind the name `after`. A page may be short
 * without being the last, because it ends after a thousand notes. Rejects if the store does.
 */
export async function readWaiting(
  store: Store,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
  isWanted: (waiting: Waiting) => boolean,
): Promise<WaitingPage> {
  const waiting: WaitingNote[] = [];
  let place = after;
  for (let read = 0; read < mostRead; read += pageSize) {
    const { entries, next } = await store.list(folder, { after: place, limit: pageSize });
    for (const note of entries.flatMap(waitingIn).filter(isWanted)) {
      if (waiting.length === limit) return { waiting, next: waiting.at(-1)?.name };
      waiting.push(note);
    }
    if (next === undefined) return { waiting };
    place = next;
  }
  return { waiting, next: place };
}

function waitingIn({ name, value }: FolderEntry): WaitingNote[] {
  const { data } = waitingSchema.safeParse(parseJson(value));
  return data === undefined ? [] : [{ ...data, name }];
}
