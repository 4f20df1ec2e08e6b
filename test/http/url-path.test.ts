import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isUnsafeTarget, joinUrl, type Path, path, UnsafeSegmentError } from '../../shared/http/url-path.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';

/** Pieces that have led a request astray somewhere, to be strung together. */
const hostilePieces = [
  ...['.', '..', '/', '\\', '//', '%', '%2e', '%2E', '%2f', '%5c', '%00', '?', '#', '@', ':', ';', '&', '='],
  ...['a', 'x?y', 'x#', 'a/../b', '%2e%2e', '%252e', '\r\n', '\t', ' ', '\u0000', '\u202e', '\ufeff'],
  ...['\ud800', '\udc00', 'ü', '💥', '．', '／', 'https://evil.example', 'a'.repeat(10_000)],
] as const;
const hostile = fc.oneof(
  fc
    .array(fc.constantFrom(...hostilePieces), { minLength: 1, maxLength: 4 })
    .map((pieces) => pieces.join('')),
  fc.string({ unit: anyCharacter, minLength: 1 }),
);
const base = fc.constantFrom(
  'https://api.example.com',
  'https://api.example.com/',
  'https://api.example.com/v0.4',
  'https://api.example.com/deep/path//',
  'https://api.example.com//evil.example/v1',
  'http://127.0.0.1:8080/v1',
  'http://[::1]:8080',
);

function isSafe(value: string): boolean {
  return value !== '' && value !== '.' && value !== '..' && value.isWellFormed();
}

describe('a path', () => {
  test('keeps any value inside its one segment of the base URL, or refuses it', () => {
    fc.assert(
      fc.property(base, hostile, (baseUrl, value) => {
        if (!isSafe(value)) {
          expect(() => path`/jobs/${value}/cancel`).toThrow(UnsafeSegmentError);
          return;
        }
        const url = joinUrl(baseUrl, path`/jobs/${value}/cancel`);
        const below = `${new URL(baseUrl).pathname.replace(/\/+$/, '')}/jobs/`;
        expect(url.origin).toBe(new URL(baseUrl).origin);
        expect(url.pathname.startsWith(below)).toBe(true);
        const [segment = '', ...rest] = url.pathname.slice(below.length).split('/');
        expect(rest).toEqual(['cancel']);
        expect(decodeURIComponent(segment)).toBe(value);
        expect([url.username, url.password, url.search, url.hash]).toEqual(['', '', '', '']);
      }),
      { numRuns: 500 },
    );
  });

  test('is the same path however often the URL is parsed again', () => {
    fc.assert(
      fc.property(base, hostile.filter(isSafe), (baseUrl, value) => {
        const url = joinUrl(baseUrl, path`/jobs/${value}`);
        expect(new URL(url.href).href).toBe(url.href);
        expect(isUnsafeTarget(url.pathname.replaceAll('%2F', '_').replaceAll('%5C', '_'))).toBe(false);
      }),
    );
  });

  test.each(['', '.', '..', '\ud800', 'a\udfff'])(
    'refuses %j as a segment, without repeating it',
    (value) => {
      expect(() => path`/jobs/${value}`).toThrow(new UnsafeSegmentError());
    },
  );

  test('counts values as segments, not slashes in values', () => {
    expect(path`/jobs/${'a/b'}/status/${'c'}`).toEqual({ segments: ['jobs', 'a%2Fb', 'status', 'c'] });
  });
});

describe('the URL below a base URL', () => {
  test('refuses segments that the parser would resolve away, wherever they come from', () => {
    for (const segment of ['.', '..', '%2e', '.%2E', 'a/../..', 'x?y', 'x#y', 'a\\b', 'a b', 'a\nb'])
      expect(() => joinUrl('https://api.example.com/v1', { segments: ['jobs', segment] })).toThrow(
        UnsafeSegmentError,
      );
  });

  test('keeps the path of the base URL, even one that looks like another host', () => {
    const url = (baseUrl: string) => joinUrl(baseUrl, path`/jobs`).href;
    expect(url('https://api.example.com/v0.4/')).toBe('https://api.example.com/v0.4/jobs');
    expect(url('https://api.example.com//evil.example')).toBe('https://api.example.com//evil.example/jobs');
  });

  test('carries hostile query values as values', () => {
    fc.assert(
      fc.property(hostile, hostile, (name, value) => {
        const url = joinUrl('https://api.example.com/v1', path`/jobs`, [[name, value]]);
        expect(url.origin + url.pathname + url.hash).toBe('https://api.example.com/v1/jobs');
        expect([...url.searchParams]).toEqual([[name.toWellFormed(), value.toWellFormed()]]);
      }),
    );
  });
});

test('a path that is a text, as an adapter without types may give it, is refused', () => {
  const request: { path: Path } = JSON.parse('{"path":"/jobs/a"}');
  expect(() => joinUrl('https://api.example.com', request.path)).toThrow('it is no text');
});

describe('a raw request target', () => {
  const dots = fc.constantFrom('.', '..', '%2e', '%2E', '.%2e', '%2E.', '%2e%2E');
  const separator = fc.constantFrom('/', '\\', '%2f', '%2F', '%5c', '%5C');
  const plain = fc
    .string({ unit: fc.constantFrom('a', 'Z', '0', '.', '-', '_', '~', ':') })
    .map((text) => `x${text}`);

  test('is seen to hold a dot segment in every spelling', () => {
    fc.assert(
      fc.property(plain, separator, dots, separator, plain, (before, left, dot, right, after) => {
        expect(isUnsafeTarget(`/${before}${left}${dot}${right}${after}`)).toBe(true);
        expect(isUnsafeTarget(`/${before}${left}${dot}`)).toBe(true);
        expect(isUnsafeTarget(`/${before}${left}${dot}?${after}`)).toBe(true);
      }),
    );
  });

  test('may hold dots within a segment, and anything in its query', () => {
    fc.assert(
      fc.property(plain, plain, dots, (first, second, dot) => {
        expect(isUnsafeTarget(`/${first}/${second}?next=/${dot}/`)).toBe(false);
        expect(isUnsafeTarget(`/${first}/${second}#/${dot}/`), 'no client sends a fragment').toBe(true);
      }),
    );
  });

  test('is judged in an instant, whatever its length', () => {
    expect(isUnsafeTarget(`/${'.%2e'.repeat(100_000)}!`)).toBe(false);
  });
});
