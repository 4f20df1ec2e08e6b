import type * as z from 'zod';

type Issue = z.core.$ZodIssue;

/** So often is an answer mended at most: each time may show what the last one has hidden. */
const mostRounds = 5;
/** The fields whose unknown words have a known meaning: that calloff does not know. */
const words: ReadonlySet<PropertyKey> = new Set(['outcome', 'state']);

/**
 * The value of an answer of calloff, also of another version: a field that this version does not know is left out, a new word
 * for an outcome or a state is `unknown`, and what a count of outcomes lacks is 0. `undefined` if it is no such answer. `body`
 * is changed.
 */
export function readTolerantly<T>(schema: z.ZodType<T>, body: unknown): T | undefined {
  for (let round = 0; round < mostRounds; round += 1) {
    if (isOf(schema, body)) return body;
    const { error } = schema.safeParse(body);
    if (error?.issues.every((issue) => mend(body, issue)) !== true) return undefined;
  }
  return undefined;
}

/** Whether a value is as a schema without transforms says: then it is the value itself, with its keys in their order. */
function isOf<T>(schema: z.ZodType<T>, value: unknown): value is T {
  return schema.safeParse(value).success;
}

/** Takes out, or replaces, what a schema did not take. Returns whether that is possible. */
function mend(body: unknown, issue: Issue): boolean {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') return remove(at(body, path), issue.keys);
  const holder = at(body, path.slice(0, -1));
  const [key = ''] = path.slice(-1);
  if (typeof holder !== 'object' || holder === null) return false;
  if (issue.code === 'invalid_key') return remove(holder, [key]);
  if (path.at(-2) === 'counts' && !Object.hasOwn(holder, key)) return Reflect.set(holder, key, 0);
  if (!Object.hasOwn(holder, key) || Array.isArray(holder)) return false;
  const isNewWord = words.has(key) && typeof Reflect.get(holder, key) === 'string';
  if (!isNewWord) return Reflect.deleteProperty(holder, key);
  return Reflect.get(holder, key) !== 'unknown' && Reflect.set(holder, key, 'unknown');
}

function remove(holder: unknown, keys: readonly PropertyKey[]): boolean {
  if (typeof holder !== 'object' || holder === null) return false;
  return keys.every((key) => Reflect.deleteProperty(holder, key));
}

function at(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    body,
  );
}

/** Characters that move the cursor of a terminal, or turn the direction of a line. */
const steering = /(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** A value from outside without the characters that could control a terminal. */
export function withHarmlessTexts(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(steering, '');
  if (Array.isArray(value)) return value.map(withHarmlessTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]): [string, unknown] => [
      key.replace(steering, ''),
      withHarmlessTexts(each),
    ]),
  );
}
