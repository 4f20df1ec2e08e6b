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
  keys?: Set<string>;
  at: PropertyKey;
}

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
  let string = { start: 0, end: 0 };
  for (let index = 0; index < text.length; index += 1) {
    const inner = open.at(-1);
    switch (text.charCodeAt(index)) {
      case codes.quote:
        string = { start: index, end: endOfString(text, index) };
        index = string.end;
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
        const isAmbiguous = isKnown(inner, keyIn(text.slice(string.start, string.end + 1)));
        if (isAmbiguous && ambiguous.push(path()) === mostAmbiguous) return { ambiguous };
        if ((inner.keys?.size ?? 0) > limits.keys)
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
  inner.keys ??= new Set();
  const isAgain = inner.keys.has(key);
  inner.keys.add(key);
  return isAgain || key === '__proto__';
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

/** The key that a string of the text is; `\u0061` is `a`. */
function keyIn(string: string): string {
  if (!string.includes('\\')) return string.slice(1, -1);
  try {
    return String(JSON.parse(string));
  } catch {
    return string;
  }
}
