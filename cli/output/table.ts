import { plainText } from '../../shared/lib/text.ts';
import { displayWidth, padToWidth, truncateToWidth } from './display-width.ts';
import { type ColumnKind, fitColumns, gap, squeezeColumns } from './fit-columns.ts';
import { paint, type Styled, type Terminal } from './terminal.ts';

/** A column. */
export interface Column {
  readonly title: string;
  readonly kind: ColumnKind;
}

/** What stands in a column of a row. A text without a style is plain. */
export type Cell = string | Styled;

/** A column with its cells, the title first. */
interface Filled extends Column {
  readonly cells: readonly Styled[];
  readonly width: number;
}

/** A table in parts: the line of its titles, and each row. A part may have two lines. */
export interface TableLines {
  readonly heading: string;
  readonly rows: readonly string[];
}

/**
 * Rows below their titles, each in one line of the terminal. Text is cut with an ellipsis, ids never are: if there is no
 * room beside them, they stand in a second line below their row. A cell may be foreign text: control characters are
 * removed. Columns without a cell are left out.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  terminal: Terminal,
): string {
  const lines = tableLines(columns, rows, terminal);
  return [lines.heading, ...lines.rows].join('\n');
}

/** The parts of a table, for output that puts something between its rows. @see table */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  terminal: Terminal,
): TableLines {
  const filled = fill(columns, rows);
  const beside = fitColumns(filled, terminal.width);
  const lines = beside === undefined ? stacked(filled, terminal) : linesOf(filled, beside, terminal);
  const [heading = '', ...others] = lines;
  return { heading, rows: others };
}

/** Whether the rows fit beside each other with at least `room` columns for each text, or as many as it needs. */
export function fits(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { width, room }: { readonly width: number; readonly room: number },
): boolean {
  const needs = fill(columns, rows).map(({ kind, width }) => ({
    kind: 'plain' as const,
    width: kind === 'text' ? Math.min(width, room) : width,
  }));
  return fitColumns(needs, width) !== undefined;
}

function fill(columns: readonly Column[], rows: readonly (readonly Cell[])[]): Filled[] {
  return columns.flatMap((column, index) => {
    const cells = rows.map((row) => filledCell(row[index] ?? ''));
    if (rows.length > 0 && cells.every(({ text }) => text === '')) return [];
    const all = [{ text: column.title, style: 'bold' as const }, ...cells];
    return [{ ...column, cells: all, width: Math.max(...all.map(({ text }) => displayWidth(text))) }];
  });
}

function filledCell(cell: Cell): Styled {
  const { text, style } = typeof cell === 'string' ? { text: cell, style: undefined } : cell;
  return { text: plainText(text), style };
}

/**
 * Ids in a second line, indented if there is room for that. If they do not fit there together, only the last is in it, and
 * the others stay in the first.
 */
function stacked(columns: readonly Filled[], terminal: Terminal): string[] {
  const ids = columns.filter(({ kind }) => kind === 'id');
  const below = fitColumns(ids, terminal.width) === undefined ? ids.slice(-1) : ids;
  const indent = fitColumns(below, terminal.width - gap.length) === undefined ? '' : gap;
  const first = squeezed(
    columns.filter((column) => !below.includes(column)),
    terminal,
  );
  const second = squeezed(below, terminal);
  if (first.length === 0) return second;
  return first.map((line, index) =>
    [line, ...(second[index] ? [`${indent}${second[index]}`] : [])].join('\n'),
  );
}

function squeezed(columns: readonly Filled[], terminal: Terminal): string[] {
  return linesOf(columns, squeezeColumns(columns, terminal.width), terminal);
}

function linesOf(columns: readonly Filled[], widths: readonly number[], terminal: Terminal): string[] {
  const [{ cells: titles = [] } = {}] = columns;
  return titles.map((_title, row) => {
    const cells = columns.map((column, index) => {
      const { text = '', style } = column.cells[row] ?? {};
      const width = widths[index] ?? 0;
      return { text: truncateToWidth(text, width), style, width };
    });
    const last = cells.findLastIndex(({ text }) => text !== '');
    return cells
      .slice(0, last + 1)
      .map(({ text, style, width }, index) => {
        const blanks = index === last ? '' : padToWidth(text, width).slice(text.length);
        return `${paint(text, style, terminal)}${blanks}`;
      })
      .join(gap);
  });
}
