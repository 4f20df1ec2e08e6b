import { displayWidth } from './display-width.ts';

/** A sentence in lines of at most `width` columns, broken at blanks. A longer word stays whole: it may be a command. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && displayWidth(last) + 1 + displayWidth(word) <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/**
 * The same behind a lead such as `Next step: `, whose width the other lines are indented by. A lead that takes more than
 * half of the width has a line of its own.
 */
export function wrapAfter(lead: string, text: string, width: number): string {
  if (displayWidth(lead) * 2 > width)
    return [lead.trimEnd(), ...wrapText(text, width - 2).map((line) => `  ${line}`)].join('\n');
  const indent = ' '.repeat(displayWidth(lead));
  const [first = '', ...others] = wrapText(text, width - indent.length);
  return [`${lead}${first}`, ...others.map((line) => `${indent}${line}`)].join('\n');
}
