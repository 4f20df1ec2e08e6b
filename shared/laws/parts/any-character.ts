import * as fc from 'fast-check';

/**
 * Any character of Unicode, as a unit of `fc.string`. fast-check's own `binary` is the same, but first makes a list of all that there
 * are, which takes most of a second.
 */
export const anyCharacter = fc
  .oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((codePoint) => String.fromCodePoint(codePoint));
