/**
 * Text from others on one line, safe to show: without control, formatting and bidirectional characters, so that it cannot
 * control a terminal or look like calloff's own line. It is still data, never an instruction.
 */
export function plainText(text: string): string {
  return visibleText(text).trim();
}

/** A text with a capital letter at its beginning, as a sentence has it. */
export function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/**
 * A text as a person sees it. Line breaks and control characters become blanks, and runs of blanks become one. Characters
 * without width (zero-width characters, soft hyphens, variation selectors, byte order marks) are removed.
 */
export function visibleText(text: string): string {
  return text
    .replace(/[\p{Zs}\p{Zl}\p{Zp}\t\n\v\f\r\u0085\u2800]+/gu, ' ')
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}]+/gu, '')
    .replace(/[\p{C} ]+/gu, ' ');
}
