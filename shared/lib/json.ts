import { type JsonLimits, type JsonPath, mostAmbiguous, scanJson } from './json-scan.ts';
import { escaped } from './names.ts';

/** The value of a JSON text, or `undefined` where it is none. A byte order mark before it is not part of it. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(withoutByteOrderMark(text));
  } catch {
    return undefined;
  }
}

/** Whether a value is an object that is no list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text without the byte order mark that some editors and gateways put before it: RFC 8259 lets readers pass over it. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** A document of a caller above this many bytes is not read: 5,000 jobs with the longest ids have 1.4 MB. */
export const largestDocument = 2_000_000;

/** What the largest request holds, twice over: 5,000 jobs are 15,000 values. */
const requestLimits: JsonLimits = { depth: 32, values: 30_000, keys: 1_000 };
/** A list of 3,000 PromptLoop batches is below a third of it; a job's own metadata can be large. */
const answerLimits: JsonLimits = { depth: 100, values: 200_000, keys: 20_000 };

/** What a caller's JSON text holds, or why it is not read. `path` is where there is too much, or what is ambiguous. */
export type ReadDocument =
  | { readonly kind: 'read'; readonly value: unknown }
  | { readonly kind: 'not_json' }
  | { readonly kind: 'too_much'; readonly path: string }
  | { readonly kind: 'ambiguous'; readonly paths: readonly string[] };

/**
 * Reads a document of a caller in time and memory that its limits bound, and only where every reader reads it alike. It is
 * scanned before it is parsed: a megabyte of brackets takes a hundred times as long to parse as one of text.
 */
export function readDocument(text: string): ReadDocument {
  const { excess, ambiguous } = scanJson(text, requestLimits);
  if (excess !== undefined) return { kind: 'too_much', path: pathOf(excess.path) };
  // Where there were so many, the scan went no further.
  const value = ambiguous.length === mostAmbiguous ? null : parseJson(text);
  if (value === undefined) return { kind: 'not_json' };
  return ambiguous.length > 0 ? { kind: 'ambiguous', paths: ambiguous.map(pathOf) } : { kind: 'read', value };
}

/** What stands in the place of a value whose key stands twice: no schema takes it. */
const unreadable = Symbol('ambiguous');

/**
 * The value of a provider's answer, or `undefined` where it cannot be read. A key that stands twice has no value that a
 * schema takes: so an answer is unreadable only to who needs that key, not because of metadata that somebody gave a job.
 */
export function readAnswer(text: string): unknown {
  const { excess, ambiguous } = scanJson(text, answerLimits);
  if (excess !== undefined || ambiguous.length === mostAmbiguous) return undefined;
  const value = parseJson(text);
  for (const path of ambiguous) blot(value, path);
  return value;
}

function blot(value: unknown, [key = '', ...rest]: JsonPath): void {
  if (typeof value !== 'object' || value === null || key === '__proto__') return;
  if (rest.length > 0) blot(Reflect.get(value, key), rest);
  else Reflect.set(value, key, unreadable);
}

/** Where in a document something is, as people write it: `jobs[3].job_id`. What a foreign key hides is shown. */
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

/** The paths of the keys of a JSON text that two readers could read differently; the first hundred. */
export function ambiguousKeys(text: string): string[] {
  const noLimits = { depth: Infinity, values: Infinity, keys: Infinity };
  return scanJson(text, noLimits).ambiguous.map(pathOf);
}

/** A place in a list, as a text that says nothing to whoever is given it. */
export function toCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** What `toCursor` was given, or `undefined` where the text is none of ours. */
export function fromCursor(cursor: string): unknown {
  return parseJson(Buffer.from(cursor, 'base64url').toString('utf8'));
}
