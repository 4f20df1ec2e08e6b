/** How a column takes part in making room: an id is never cut, text may be. `plain` is cut when nothing else helps. */
export type ColumnKind = 'id' | 'plain' | 'text';

/** The width that a column needs, in columns of the terminal, and what may become of it. */
export interface Need {
  readonly kind: ColumnKind;
  readonly width: number;
}

/** What stands between two columns. */
export const gap = '  ';
/** Text is not cut to less than this. */
const shortestText = 10;
const shortestPlain = 4;

/** The widths of columns beside each other in `room`; `undefined` if ids and the shortest texts do not fit. */
export function fitColumns(needs: readonly Need[], room: number): number[] | undefined {
  return shrink(needs, room, ({ kind, width }) => (kind === 'text' ? Math.min(width, shortestText) : width));
}

/** The widths of columns that may all be cut, ids excepted. */
export function squeezeColumns(needs: readonly Need[], room: number): number[] {
  const least = ({ kind, width }: Need) => (kind === 'id' ? width : Math.min(width, shortestPlain));
  return shrink(needs, room, least) ?? needs.map(least);
}

/** Takes what is too much from the widest column, one by one, as far as each may give. */
function shrink(needs: readonly Need[], room: number, leastOf: (need: Need) => number): number[] | undefined {
  const widths = needs.map(({ width }) => width);
  const least = needs.map(leastOf);
  let excess = sum(widths) + gap.length * (widths.length - 1) - room;
  for (; excess > 0; excess -= 1) {
    const spare = widths.map((width, index) => (width > (least[index] ?? 0) ? width : 0));
    const widest = spare.indexOf(Math.max(...spare));
    if ((spare[widest] ?? 0) === 0) return undefined;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
