/** The limits of a JSON text besides its size: beyond them it costs time and memory out of proportion to its bytes. */
export interface JsonLimits {
  /** The deepest nesting of objects and lists. */
  readonly depth: number;
  /** The most values. */
  readonly values: number;
  /** The most keys of one object. */
  readonly keys: number;
}

/** A place in a document. */
export type JsonPath = readonly PropertyKey[];

/** The faults in a JSON text: where it exceeds a limit, or the keys that two parsers could read differently. */
export interface JsonScan {
  readonly excess?: { readonly kind: keyof JsonLimits; readonly path: JsonPath };
  /** Keys that occur twice in one object, of which `JSON.parse` keeps the last, and `__proto__`, which readers of objects skip. */
  readonly ambiguous: readonly JsonPath[];
}

/** The most ambiguous keys that a scan lists. */
export const mostAmbiguous = 100;

/** An open object or list, and the current key or index. */
interface OpenValue {
  /** The keys so far: in a list while they are few, which takes a fraction of the memory of a set. */
  keys?: string[] | Set<string>;
  at: PropertyKey;
}

/** The most keys that are kept in a list. */
const fewKeys = 16;

const codes = {
  quote: 34,
  comma: 44,
  colon: 58,
  backslash: 92,
  list: 91,
  listEnd: 93,
  object: 123,
  objectEnd: 125,
};

/**
 * Scans a JSON text without parsing it, in one pass, and stops at the first limit. The result for a text that is not JSON
 * is meaningless.
 */
export function scanJson(text: string, limits: JsonLimits): JsonScan {
  const open: OpenValue[] = [];
  const ambiguous: JsonPath[] = [];
  const path = () => open.map(({ at }) => at);
  let values = 0;
  let stringStart = 0;
  let stringEnd = 0;
  for (let index = 0; index < text.length; index += 1) {
    const inner = open.at(-1);
    switch (text.charCodeAt(index)) {
      case codes.quote:
        stringStart = index;
        stringEnd = endOfString(text, index);
        index = stringEnd;
        break;
      case codes.object:
      case codes.list:
        values += 1;
        if (open.length === limits.depth) return { excess: { kind: 'depth', path: path() }, ambiguous };
        open.push({ at: text.charCodeAt(index) === codes.list ? 0 : '' });
        break;
      case codes.objectEnd:
      case codes.listEnd:
        open.pop();
        break;
      case codes.comma:
        values += 1;
        if (typeof inner?.at === 'number') inner.at += 1;
        break;
      case codes.colon: {
        if (inner === undefined || typeof inner.at === 'number') break;
        const isAmbiguous = isKnown(inner, keyIn(text.slice(stringStart + 1, stringEnd)));
        if (isAmbiguous && ambiguous.push(path()) === mostAmbiguous) return { ambiguous };
        if (sizeOf(inner.keys) > limits.keys)
          return { excess: { kind: 'keys', path: path().slice(0, -1) }, ambiguous };
        break;
      }
    }
    if (values > limits.values) return { excess: { kind: 'values', path: pathOfList(path()) }, ambiguous };
  }
  return { ambiguous };
}

/** The outermost list on the way to a place, which is the one that is too long there; otherwise the document. */
function pathOfList(path: JsonPath): JsonPath {
  const index = path.findIndex((part) => typeof part === 'number');
  return path.slice(0, Math.max(index, 0));
}

/** Moves on to a key. Returns whether two parsers could read it differently. */
function isKnown(inner: OpenValue, key: string): boolean {
  inner.at = key;
  inner.keys ??= [];
  const isAgain = Array.isArray(inner.keys) ? inner.keys.includes(key) : inner.keys.has(key);
  if (!isAgain) addKey(inner, inner.keys, key);
  return isAgain || key === '__proto__';
}

function addKey(inner: OpenValue, keys: string[] | Set<string>, key: string): void {
  if (!Array.isArray(keys)) keys.add(key);
  else if (keys.push(key) > fewKeys) inner.keys = new Set(keys);
}

function sizeOf(keys: OpenValue['keys'] = []): number {
  return Array.isArray(keys) ? keys.length : keys.size;
}

/** The end of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  const quote = text.indexOf('"', start + 1);
  if (quote < 0) return text.length;
  if (text.charCodeAt(quote - 1) !== codes.backslash) return quote;
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === codes.quote) return index;
    if (code === codes.backslash) index += 1;
  }
  return text.length;
}

/** The key that the inside of a string of the text is; `\u0061` is `a`. */
function keyIn(inside: string): string {
  if (!inside.includes('\\')) return inside;
  try {
    return String(JSON.parse(`"${inside}"`));
  } catch {
    return inside;
  }
}
