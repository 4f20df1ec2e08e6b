import { yieldIfBusy } from './event-loop.ts';
import { answerLimits, blot, parseJson, readAnswer, withoutByteOrderMark } from './json.ts';
import { type JsonPath, JsonScanner, type LongList, mostAmbiguous } from './json-scan.ts';

/** A text of at most so many characters is read in one turn of the event loop. */
const longest = 1_000_000;
/** How many characters are scanned or parsed before others have a turn. */
const step = 200_000;

/**
 * As {@link readAnswer}, of a text of any length: a long list in it is parsed in parts, between which other work has its
 * turn. Its value is the same as if it were parsed at once.
 */
export async function readLongAnswer(text: string, apart = step): Promise<unknown> {
  if (text.length <= Math.max(longest, apart) && apart === step) return readAnswer(text);
  const plain = withoutByteOrderMark(text);
  const values = answerLimits.values * Math.max(1, plain.length / longest);
  const scanner = new JsonScanner(plain, { ...answerLimits, values }, apart);
  for (let place = apart; !scanner.scanTo(place); place += apart) await yieldIfBusy();
  const { excess, ambiguous } = scanner.result;
  if (excess !== undefined || ambiguous.length === mostAmbiguous) return undefined;
  const value = await parseInParts(plain, scanner.lists);
  for (const path of ambiguous) blot(value, path);
  return value;
}

/** Parses the text without the entries of the long lists, then these in parts. `undefined` if it is not JSON. */
async function parseInParts(text: string, lists: readonly LongList[]): Promise<unknown> {
  const outside = lists.map(({ start }, index) => text.slice(lists[index - 1]?.end ?? 0, start + 1));
  const value = parseJson(`${outside.join('')}${text.slice(lists.at(-1)?.end ?? 0)}`);
  if (value === undefined) return undefined;
  for (const { path, start, end = text.length, commas } of lists) {
    const target = valueAt(value, path);
    const bounds = [start, ...commas, end];
    for (const [index, from] of bounds.slice(0, -1).entries()) {
      await yieldIfBusy();
      const part = parseJson(`[${text.slice(from + 1, bounds[index + 1])}]`);
      if (!Array.isArray(part) || part.length === 0) return undefined;
      if (Array.isArray(target)) for (const entry of part) target.push(entry);
    }
  }
  return value;
}

function valueAt(value: unknown, path: JsonPath): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}
