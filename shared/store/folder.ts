/** Stands between a folder and a name in a key. */
const separator = '//';

/** A key that belongs to a folder, in its parts. */
export interface FolderKey {
  readonly folder: string;
  readonly name: string;
}

/**
 * The parts of a key, split at its first `//`; `undefined` if it belongs to no folder. The first, because then all keys of
 * a folder, and no others, begin with `folder//`.
 */
export function splitKey(key: string): FolderKey | undefined {
  const place = key.indexOf(separator);
  if (place === -1) return undefined;
  return { folder: key.slice(0, place), name: key.slice(place + separator.length) };
}

/** The key of a name in a folder. */
export function joinKey({ folder, name }: FolderKey): string {
  return `${folder}${separator}${name}`;
}
