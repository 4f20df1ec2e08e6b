import { plainText } from '../../shared/lib/text.ts';
import { displayWidth } from './display-width.ts';
import { gap } from './fit-columns.ts';
import { type Column, tableLines } from './table.ts';
import type { Style, Terminal } from './terminal.ts';
import { wrapText } from './wrap.ts';

/** What was found out about something, such as a connection. */
export interface Finding {
  readonly of: string;
  readonly check: string;
  readonly result: string;
  readonly finding: string;
}

const styles = new Map<string, Style>([
  ['as_expected', 'green'],
  ['differs', 'red'],
  ['not_asked', 'yellow'],
]);

const columns: readonly Column[] = [
  { title: 'PROVIDER', kind: 'id' },
  { title: 'CHECK', kind: 'plain' },
  { title: 'RESULT', kind: 'plain' },
];

/** Findings in a table, with their sentences whole in its last column, in as many lines as they need. */
export function findingReport(findings: readonly Finding[], terminal: Terminal): string {
  const rows = findings.map(({ of, check, result }) => [
    of,
    check,
    { text: result, style: styles.get(result) },
  ]);
  const painted = tableLines(columns, rows, terminal);
  const plain = tableLines(columns, rows, { ...terminal, hasColour: false });
  const width = Math.max(...[plain.heading, ...plain.rows].map(displayWidth)) + gap.length;
  return [
    painted.heading,
    ...findings.flatMap(({ finding }, index) => {
      const [first = '', ...others] = wrapText(plainText(finding), terminal.width - width);
      const blanks = ' '.repeat(width - displayWidth(plain.rows[index] ?? ''));
      return [`${painted.rows[index]}${blanks}${first}`, ...others.map((line) => ' '.repeat(width) + line)];
    }),
  ].join('\n');
}
