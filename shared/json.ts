/** The value of a JSON text, or `undefined` where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where in a document something is, as people write it: `jobs[3].job_id`. */
export function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

/**
 * The paths of all keys in a JSON text that stand twice in one object, of which `JSON.parse` keeps only the last, and
 * of `__proto__`, which readers of objects skip. The text must be valid JSON.
 */
export function ambiguousKeys(text: string): string[] {
  const found: string[] = [];
  const open: { keys: Set<string> | undefined; at: PropertyKey }[] = [];
  let candidate = '""';
  for (const [token] of text.matchAll(/"(?:[^"\\]+|\\.)*"|[{}[\],:]/g)) {
    const inner = open.at(-1);
    if (token.startsWith('"')) candidate = token;
    else if (token === '{') open.push({ keys: new Set(), at: '' });
    else if (token === '[') open.push({ keys: undefined, at: 0 });
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',' && typeof inner?.at === 'number') inner.at += 1;
    else if (token === ':' && inner?.keys !== undefined) {
      const key: string = JSON.parse(candidate);
      inner.at = key;
      if (inner.keys.has(key) || key === '__proto__') found.push(pathOf(open.map(({ at }) => at)));
      inner.keys.add(key);
    }
  }
  return found;
}

/** A place in a list, as a text that says nothing to whoever is given it. */
export function toCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** What `toCursor` was given, or `undefined` where the text is none of ours. */
export function fromCursor(cursor: string): unknown {
  return parseJson(Buffer.from(cursor, 'base64url').toString('utf8'));
}
