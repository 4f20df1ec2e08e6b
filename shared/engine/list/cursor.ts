import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as z from 'zod';
import type { FindRequest } from '../../contract/requests.ts';
import { parseJson } from '../../lib/json.ts';

/**
 * A position in one connection's list. A list is read status by status and then whole, or only whole: `covered` statuses
 * were read to their end, and `whole` says that the rest is read whole. Within that, the list continues at `page`, after
 * the job `after`.
 */
export interface ListPosition {
  readonly covered: number;
  readonly whole: boolean;
  readonly page: string | null;
  readonly after: string | null;
}

/** Where each connection's list continues, without those at their end. The first in order is served first. */
export type ListPositions = ReadonlyMap<string, ListPosition>;

/** The most characters of a cursor: proxies take request lines of 8,000, which hold more than the cursor. */
const longestCursor = 6_000;
/** The most characters of a decoded cursor. */
const largestText = 1_000_000;

const cursorSchema = z.lazy(() =>
  z.tuple([
    z.string(),
    z.array(
      z.tuple([
        z.string(),
        z.number().int().min(0),
        z.boolean(),
        z.string().nullable(),
        z.string().nullable(),
      ]),
    ),
  ]),
);

type Filters = Omit<FindRequest, 'limit' | 'cursor'>;

/**
 * The cursor for these positions (`null` without any), and the connections whose position is too long for it, because
 * providers do not limit the length of their own cursors.
 */
export function encodeCursor(
  places: ListPositions,
  filters: Filters,
): { readonly cursor: string | null; readonly uncarried: readonly string[] } {
  const carried = new Map(places);
  const uncarried: string[] = [];
  while (carried.size > 0) {
    const cursor = encode(carried, filters);
    if (cursor.length <= longestCursor) return { cursor, uncarried };
    const [[longest] = ['']] = [...carried].toSorted(([, one], [, other]) => lengthOf(other) - lengthOf(one));
    carried.delete(longest);
    uncarried.push(longest);
  }
  return { cursor: null, uncarried };
}

/** The positions in a cursor. `foreign`: it belongs to other filters, so its positions do not apply to these. */
export function decodeCursor(cursor: string, filters: Filters): ListPositions | 'malformed' | 'foreign' {
  const { data } = cursorSchema.safeParse(parseJson(inflated(cursor)));
  if (data === undefined) return 'malformed';
  const [print, entries] = data;
  if (print !== printOf(filters)) return 'foreign';
  return new Map(
    entries.map(([name, covered, whole, page, after]) => [name, { covered, whole, page, after }]),
  );
}

function encode(places: ListPositions, filters: Filters): string {
  const entries = [...places].map(([name, { covered, whole, page, after }]) => [
    name,
    covered,
    whole,
    page,
    after,
  ]);
  return deflateRawSync(JSON.stringify([printOf(filters), entries])).toString('base64url');
}

function inflated(cursor: string): string {
  try {
    const bytes = inflateRawSync(Buffer.from(cursor, 'base64url'), { maxOutputLength: largestText });
    return bytes.toString('utf8');
  } catch {
    return '';
  }
}

function lengthOf({ page, after }: ListPosition): number {
  return (page?.length ?? 0) + (after?.length ?? 0);
}

/** A fingerprint of the filters: the positions in a cursor count statuses and jobs that depend on them. */
function printOf(filters: Filters): string {
  const { provider, state, older_than, newer_than, name, owner, target, label } = filters;
  const text = JSON.stringify([
    provider,
    state?.toSorted(),
    older_than,
    newer_than,
    name,
    owner,
    target,
    label,
  ]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 8);
}
