/** A path below a provider's base URL, every part encoded. Only {@link path} makes one. */
export interface Path {
  readonly segments: readonly string[];
}

/** Thrown if a value cannot be one path segment. Adapters validate ids first, so it shows a bug. */
export class UnsafeSegmentError extends Error {
  constructor() {
    super('a value cannot be one segment of a path');
    this.name = 'UnsafeSegmentError';
  }
}

/**
 * Builds a path from a template: path`/jobs/${jobId}/cancel`. Each value becomes exactly one segment.
 * Encoding alone is not enough: `.` and `..` survive it and are resolved away by the URL parser, and a lone
 * surrogate makes `encodeURIComponent` throw.
 * @throws {UnsafeSegmentError} if a value is empty, `.`, `..` or not well-formed Unicode.
 */
export function path(literals: TemplateStringsArray, ...values: readonly string[]): Path {
  const text = literals.reduce(
    (built, literal, index) => built + encodeSegment(values[index - 1] ?? '') + literal,
  );
  return { segments: text.split('/').filter((segment) => segment !== '') };
}

function encodeSegment(value: string): string {
  if (value === '' || value === '.' || value === '..' || !value.isWellFormed())
    throw new UnsafeSegmentError();
  return encodeURIComponent(value);
}

/**
 * The URL of `path` below `baseUrl`. Checks that the parser has not changed the origin or the path.
 * @throws {UnsafeSegmentError} if the URL would lead anywhere else.
 * @throws {TypeError} if an adapter without types gives a text for a path.
 */
export function joinUrl(
  baseUrl: string,
  { segments }: Path,
  query: readonly (readonly [string, string])[] = [],
): URL {
  if (!Array.isArray(segments))
    throw new TypeError(
      'the path of a request must be made by the template path of calloff/adapter: it is no text',
    );
  const base = new URL(baseUrl);
  const pathname = `${base.pathname.replace(/\/+$/, '')}/${segments.join('/')}`;
  const url = new URL(base.origin + pathname);
  if (url.origin !== base.origin || url.pathname !== pathname || url.search !== '' || url.hash !== '') {
    throw new UnsafeSegmentError();
  }
  for (const [name, value] of query) url.searchParams.append(name, value);
  return url;
}

/**
 * Whether a raw request target holds a dot segment, plain or encoded, which a proxy may resolve, or a fragment, which no
 * client sends and a parser removes.
 */
export function isUnsafeTarget(rawTarget: string): boolean {
  if (rawTarget.includes('#')) return true;
  const [rawPath = ''] = rawTarget.split(/[?#]/, 1);
  return rawPath.split(/[/\\]|%2f|%5c/i).some((segment) => /^(\.|%2e){1,2}$/i.test(segment));
}

/** Whether a URL leads to this machine. */
export function isLoopback({ hostname }: URL): boolean {
  return isLoopbackHost(hostname);
}

/** Whether only this machine can reach a host, such as `127.0.0.1` or `::1`. */
export function isLoopbackHost(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/.test(host);
}
