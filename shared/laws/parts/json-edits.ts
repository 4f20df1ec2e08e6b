/** A place in a JSON value. */
type Place = readonly string[];

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Every place in `value`, the root left out. */
function placesIn(value: unknown): Place[] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => [
    [key],
    ...placesIn(child).map((place) => [key, ...place]),
  ]);
}

/** A copy of `value` in which `edit` has replaced what stands at `place`, or removed it by giving `undefined`. */
function editedAt(value: unknown, [key, ...rest]: Place, edit: (old: unknown) => unknown): unknown {
  if (key === undefined) return edit(value);
  if (!isObject(value)) return value;
  if (Array.isArray(value)) {
    return value.map((child, index) => (String(index) === key ? editedAt(child, rest, edit) : child));
  }
  return { ...value, [key]: editedAt(value[key], rest, edit) };
}

/** Copies of `value`, each with one part replaced by what `edit` gives; if that is `undefined`, the part is missing. */
export function withOnePartEdited(value: unknown, edit: (old: unknown) => unknown): unknown[] {
  return placesIn(value).map((place) => editedAt(value, place, edit));
}

/** Copies of `value`, each with one of its strings replaced by what `edit` gives. */
export function withOneStringEdited(value: unknown, edit: (old: string) => string): unknown[] {
  const change = (old: unknown) => (typeof old === 'string' ? edit(old) : old);
  return withOnePartEdited(value, change).filter((copy) => JSON.stringify(copy) !== JSON.stringify(value));
}

/** A copy of `value` in which every string, every number and every key that is `from` is `to`. */
export function withEvery(value: unknown, from: string, to: string): unknown {
  if (typeof value === 'number') return String(value) === from ? Number(to) : value;
  const swap = (text: string) => (text.toLowerCase() === from.toLowerCase() ? to : text);
  if (typeof value === 'string') return swap(value);
  if (Array.isArray(value)) return value.map((child) => withEvery(child, from, to));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [swap(key), withEvery(child, from, to)]),
  );
}

/** The same value, unchangeable all the way down. */
export function frozen<T>(value: T): T {
  if (isObject(value)) Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
