import fc from 'fast-check';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';

/** What stands in a URL as it is, and anything else, encoded. */
const part = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."ab01-._~!$'()*+,;:@") }),
  fc.string({ unit: anyCharacter }).map(encodeURIComponent),
);
const path = fc.array(part).map((parts) => parts.map((each) => `/${each}`).join(''));

/** Any query of a URL, without its question mark. fast-check's own makes a list of all characters first: see `anyCharacter`. */
export const anyQuery = fc
  .array(fc.tuple(part, part))
  .map((pairs) => pairs.map((pair) => pair.join('=')).join('&'));

/** Any URL of the web, with and without a query and a fragment. */
export const anyUrl = fc
  .tuple(
    fc.constantFrom('http', 'https'),
    fc.webAuthority(),
    path,
    fc.option(anyQuery, { nil: undefined }),
    fc.option(part, { nil: undefined }),
  )
  .map(
    ([scheme, authority, place, query, fragment]) =>
      `${scheme}://${authority}${place}${query === undefined ? '' : `?${query}`}${fragment === undefined ? '' : `#${fragment}`}`,
  );
