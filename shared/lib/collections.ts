/** `object` without the keys whose value is `undefined`. */
export function omitUndefined<T extends object>(object: T): Partial<T> {
  const empty: Partial<T> = {};
  return Object.assign(
    empty,
    Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)),
  );
}
