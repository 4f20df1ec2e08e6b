/** The value of a JSON text, or `undefined` where it is none. A byte order mark before it is not part of it. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch {
    return undefined;
  }
}

/** Whether a value is an object that is no list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where in a document something is, as people write it: `jobs[3].job_id`. */
export function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

/** Of more keys than this it is only known that there are more. */
const mostAmbiguous = 100;
/** Deeper places are told by the first parts of their paths. */
const deepestPath = 20;

/** An object or a list that is not at its end yet, and where one is in it: most objects have few keys, and many none. */
interface OpenValue {
  readonly isObject: boolean;
  keys?: Set<string>;
  at: PropertyKey;
}

/**
 * The paths of the keys in a JSON text that stand twice in one object, of which `JSON.parse` keeps only the last, and of
 * `__proto__`, which readers of objects skip; the first hundred. The text must be valid JSON. Takes time in proportion to it.
 */
export function ambiguousKeys(text: string): string[] {
  const found: string[] = [];
  const open: OpenValue[] = [];
  let start = 0;
  let end = 0;
  for (let index = 0; index < text.length && found.length < mostAmbiguous; index += 1) {
    const inner = open.at(-1);
    switch (text[index]) {
      case '"':
        start = index;
        index = end = endOfString(text, index);
        break;
      case '{':
        open.push({ isObject: true, at: '' });
        break;
      case '[':
        open.push({ isObject: false, at: 0 });
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        if (typeof inner?.at === 'number') inner.at += 1;
        break;
      case ':':
        if (inner?.isObject && isAmbiguous(inner, keyIn(text.slice(start, end + 1))))
          found.push(pathOf(open.slice(0, deepestPath).map(({ at }) => at)));
        break;
    }
  }
  return found;
}

function isAmbiguous(inner: OpenValue, key: string): boolean {
  inner.at = key;
  inner.keys ??= new Set();
  const isKnown = inner.keys.has(key);
  inner.keys.add(key);
  return isKnown || key === '__proto__';
}

/** Where the string that begins at `start` ends. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

/** Whether the quote at `index` belongs to its string: an odd number of backslashes stand before it. */
function isEscaped(text: string, index: number): boolean {
  let backslashes = 0;
  while (text[index - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

function keyIn(token: string): string {
  const key = parseJson(token);
  return typeof key === 'string' ? key : '';
}

/** A place in a list, as a text that says nothing to whoever is given it. */
export function toCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** What `toCursor` was given, or `undefined` where the text is none of ours. */
export function fromCursor(cursor: string): unknown {
  return parseJson(Buffer.from(cursor, 'base64url').toString('utf8'));
}
