const ellipsis = '…';
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Characters that are drawn over the one before them. */
const takesNoRoom = /[\p{Mn}\p{Me}]/u;
/** Characters that terminals draw as pictures, two columns wide. */
const isPicture = /\p{Emoji_Presentation}/u;

/**
 * First and last code points of the ranges that take two columns: `W` and `F` of Unicode's East Asian Width.
 * @see https://www.unicode.org/reports/tr11/
 */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2630, 0x2637],
  [0x268a, 0x268f],
  [0x2e80, 0x303e],
  [0x3041, 0x3247],
  [0x3250, 0xa4c6],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6b],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18df2],
  [0x1aff0, 0x1b2ff],
  [0x1d300, 0x1d376],
  [0x1f200, 0x1f2ff],
  [0x20000, 0x3fffd],
];

/** How many columns a terminal draws a text in. The text holds no control characters. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  return [...text].reduce((width, character) => width + widthOf(character), 0);
}

function widthOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (takesNoRoom.test(character)) return 0;
  const isWide = wideRanges.some(([first, last]) => first <= code && code <= last);
  return isWide || isPicture.test(character) ? 2 : 1;
}

/** A text in at most `width` columns, cut between characters, with an ellipsis for what is missing. */
export function truncateToWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = '';
  let room = width - 1;
  for (const { segment } of graphemes.segment(text)) {
    room -= displayWidth(segment);
    if (room < 0) break;
    kept += segment;
  }
  return `${kept.trimEnd()}${ellipsis}`;
}

/** A text with blanks behind it up to `width` columns. */
export function padToWidth(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}
