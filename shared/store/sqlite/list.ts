import { joinKey, splitKey } from '../folder.ts';
import type { FolderEntry, FolderPage } from '../store.ts';
import type { LiveQuery } from './protocol.ts';
import type { Statements } from './statements.ts';

/** A slice ends after this number of values, expired ones counted, or of their characters. */
const sliceValues = 1_000;
const sliceCharacters = 500_000;

/** Reads one page of a folder, short enough for other requests to have their turn soon. */
export function listSlice(statements: Statements, query: LiveQuery): FolderPage {
  const entries: FolderEntry[] = [];
  let characters = 0;
  let seen = 0;
  let next = '';
  for (const { key, value, version } of rowsOf(statements, query)) {
    if (entries.length >= query.limit || seen >= sliceValues || characters >= sliceCharacters)
      return { entries, next };
    next = splitKey(String(key))?.name ?? '';
    seen += 1;
    if (value === null) continue;
    characters += String(value).length;
    entries.push({ name: next, value: String(value), version: Number(version) });
  }
  return { entries };
}

function rowsOf(statements: Statements, { folder, after, backwards = false, now }: LiveQuery) {
  const place = after === undefined ? undefined : joinKey({ folder, name: after });
  const first = joinKey({ folder, name: '' });
  // `0` is the character after `/`: the lowest key that is greater than every key of the folder.
  const end = `${folder}/0`;
  return backwards
    ? statements.listBackwards.iterate(now, first, place ?? end)
    : statements.list.iterate(now, place ?? first, end);
}
