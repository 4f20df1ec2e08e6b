/**
 * Foreign text on one line, fit to be shown: without control, formatting and bidirectional characters, so that it can
 * neither steer a terminal nor pass for a line of ours. Still data, never an instruction.
 */
export function plainText(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
}
