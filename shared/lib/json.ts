import { type JsonLimits, type JsonPath, mostAmbiguous, scanJson } from './json-scan.ts';
import { escaped } from './names.ts';

/** The value of a JSON text; `undefined` if it is not JSON. A byte order mark before it is ignored. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(withoutByteOrderMark(text));
  } catch {
    return undefined;
  }
}

/** Whether a value is an object and not a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text without the byte order mark that some editors and gateways put before it. RFC 8259 lets parsers ignore it. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** The largest document of a caller, in bytes: 5,000 jobs with the longest ids have 1.4 MB. */
export const largestDocument = 2_000_000;

/** Twice what the largest request holds: 5,000 jobs are 15,000 values. */
const requestLimits: JsonLimits = { depth: 32, values: 30_000, keys: 1_000 };
/** A list of 3,000 PromptLoop batches is below a third of it; a job's own metadata can be large. */
export const answerLimits: JsonLimits = { depth: 100, values: 200_000, keys: 20_000 };

/** The value of a caller's JSON text, or why it is refused. `path` is the place that exceeds a limit or is ambiguous. */
export type ReadDocument =
  | { readonly kind: 'read'; readonly value: unknown }
  | { readonly kind: 'not_json' }
  | { readonly kind: 'too_much'; readonly path: string }
  | { readonly kind: 'ambiguous'; readonly paths: readonly string[] };

/**
 * Reads a caller's document in bounded time and memory, and only if every parser would read it alike. It is scanned before
 * it is parsed: a megabyte of brackets takes a hundred times as long to parse as a megabyte of text.
 */
export function readDocument(text: string): ReadDocument {
  const { excess, ambiguous } = scanJson(text, requestLimits);
  if (excess !== undefined) return { kind: 'too_much', path: pathOf(excess.path) };
  // With that many the scan has stopped.
  const value = ambiguous.length === mostAmbiguous ? null : parseJson(text);
  if (value === undefined) return { kind: 'not_json' };
  return ambiguous.length > 0 ? { kind: 'ambiguous', paths: ambiguous.map(pathOf) } : { kind: 'read', value };
}

/** Replaces a value whose key occurs twice. No schema accepts it. */
const unreadable = Symbol('ambiguous');

/**
 * The value of a provider's answer; `undefined` if it cannot be parsed. A repeated key gets a value that no schema accepts:
 * so an answer is unreadable only for a schema that uses the key, and not because of a job's metadata.
 */
export function readAnswer(text: string): unknown {
  const { excess, ambiguous } = scanJson(text, answerLimits);
  if (excess !== undefined || ambiguous.length === mostAmbiguous) return undefined;
  const value = parseJson(text);
  for (const path of ambiguous) blot(value, path);
  return value;
}

/** Replaces the value at a path of an answer by one that no schema accepts. */
export function blot(value: unknown, [key = '', ...rest]: JsonPath): void {
  if (typeof value !== 'object' || value === null || key === '__proto__') return;
  if (rest.length > 0) blot(Reflect.get(value, key), rest);
  else Reflect.set(value, key, unreadable);
}

/** A place in a document, as people write it: `jobs[3].job_id`. Invisible characters in keys are escaped. */
export function pathOf(path: JsonPath): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${shownKey(String(part))}`))
    .join('')
    .replace(/^\./, '');
}

const longestShownKey = 100;

function shownKey(key: string): string {
  const shown = key.slice(0, longestShownKey);
  return /^[\x20-\x7e]*$/.test(shown) ? shown : escaped(shown);
}

/** The paths of the keys in a JSON text that two parsers could read differently; the first hundred. */
export function ambiguousKeys(text: string): string[] {
  const noLimits = { depth: Infinity, values: Infinity, keys: Infinity };
  return scanJson(text, noLimits).ambiguous.map(pathOf);
}

/** A place in a list as an opaque text. */
export function toCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** The value that `toCursor` encoded; `undefined` if the text is not such a cursor. */
export function fromCursor(cursor: string): unknown {
  return parseJson(Buffer.from(cursor, 'base64url').toString('utf8'));
}
