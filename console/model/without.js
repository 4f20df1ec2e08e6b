/**
 * A copy of a map, without one of its keys.
 * @template Value
 * @param {ReadonlyMap<string, Value>} map
 * @param {string} key
 */
export function without(map, key) {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
