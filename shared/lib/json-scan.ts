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
  /** Of a list: where it begins, and what is known of it if it is long. */
  readonly start?: number;
  list?: LongList;
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
  const scanner = new JsonScanner(text, limits);
  scanner.scanTo(text.length);
  return scanner.result;
}

/** A list that is no part of another: where its brackets are, and some of the commas between its entries. */
export interface LongList {
  readonly path: JsonPath;
  readonly start: number;
  readonly commas: number[];
  end?: number;
}

/** Scans a JSON text in steps, and finds the lists that are longer than `apart` characters. */
export class JsonScanner {
  readonly #text: string;
  readonly #limits: JsonLimits;
  readonly #apart: number;
  readonly #open: OpenValue[] = [];
  readonly #ambiguous: JsonPath[] = [];
  readonly #lists: LongList[] = [];
  #excess: JsonScan['excess'];
  #at = { index: 0, values: 0, stringStart: 0, stringEnd: 0 };
  #nextComma: number;

  constructor(text: string, limits: JsonLimits, apart = Number.POSITIVE_INFINITY) {
    this.#text = text;
    this.#limits = limits;
    this.#apart = apart;
    this.#nextComma = apart;
  }

  get result(): JsonScan {
    const ambiguous = this.#ambiguous;
    return this.#excess === undefined ? { ambiguous } : { excess: this.#excess, ambiguous };
  }

  /** The long lists so far, each with a comma about every `apart` characters. */
  get lists(): readonly LongList[] {
    return this.#lists;
  }

  /** Scans on to a place. Returns whether the scan is over: at the end of the text, or at a limit. */
  scanTo(place: number): boolean {
    const [text, open, limits] = [this.#text, this.#open, this.#limits];
    let { index, values, stringStart, stringEnd } = this.#at;
    const end = Math.min(place, text.length);
    for (; index < end; index += 1) {
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
          if (open.length === limits.depth) return this.#exceeds('depth', this.#path());
          open.push(text.charCodeAt(index) === codes.list ? { at: 0, start: index } : { at: '' });
          break;
        case codes.objectEnd:
        case codes.listEnd:
          open.pop();
          if (inner?.list !== undefined) inner.list.end = index;
          break;
        case codes.comma:
          values += 1;
          if (typeof inner?.at !== 'number') break;
          inner.at += 1;
          if (index >= this.#nextComma) this.#noteComma(inner, index);
          break;
        case codes.colon: {
          if (inner === undefined || typeof inner.at === 'number') break;
          const isAmbiguous = isKnown(inner, keyIn(text.slice(stringStart + 1, stringEnd)));
          if (isAmbiguous && this.#ambiguous.push(this.#path()) === mostAmbiguous) return true;
          if (sizeOf(inner.keys) > limits.keys) return this.#exceeds('keys', this.#path().slice(0, -1));
          break;
        }
      }
      if (values > limits.values) return this.#exceeds('values', pathOfList(this.#path()));
    }
    this.#at = { index, values, stringStart, stringEnd };
    return index >= text.length;
  }

  #path(): JsonPath {
    return this.#open.map(({ at }) => at);
  }

  #exceeds(kind: keyof JsonLimits, path: JsonPath): true {
    this.#excess = { kind, path };
    return true;
  }

  /** Remembers a comma of a list, unless the list is a part of another or under a key that readers of objects skip. */
  #noteComma(inner: OpenValue, index: number): void {
    const path = this.#path().slice(0, -1);
    if (path.some((part) => typeof part === 'number' || part === '__proto__')) return;
    if (inner.list === undefined) {
      inner.list = { path, start: inner.start ?? 0, commas: [] };
      this.#lists.push(inner.list);
    }
    inner.list.commas.push(index);
    this.#nextComma = index + this.#apart;
  }
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
export function endOfString(text: string, start: number): number {
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
export function keyIn(inside: string): string {
  if (!inside.includes('\\')) return inside;
  try {
    return String(JSON.parse(`"${inside}"`));
  } catch {
    return inside;
  }
}
