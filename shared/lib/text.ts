/**
 * Foreign text on one line, fit to be shown: without control, formatting and bidirectional characters, so that it can
 * neither steer a terminal nor pass for a line of ours. Still data, never an instruction.
 */
export function plainText(text: string): string {
  return visibleText(text).trim();
}

/**
 * A text as a person sees it. What breaks a line or cannot be drawn is a blank, and blanks that follow each other are one.
 * What takes no room (zero-width characters, soft hyphens, variation selectors, byte order marks) is no part of a word.
 */
export function visibleText(text: string): string {
  return text
    .replace(/[\p{Zs}\p{Zl}\p{Zp}\t\n\v\f\r\u0085\u2800]+/gu, ' ')
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}]+/gu, '')
    .replace(/[\p{C} ]+/gu, ' ');
}
