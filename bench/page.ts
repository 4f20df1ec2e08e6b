import { availableParallelism } from 'node:os';

/** A table in Markdown. */
export function markdown(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), `|${'---|'.repeat(header.length)}`, ...rows.map(line)].join('\n');
}

/** When and on what something was measured that began at `began` on the monotonic clock. */
export function measuredOn(began: number): string {
  const day = new Date().toISOString().slice(0, 10);
  const seconds = Math.round((performance.now() - began) / 1_000);
  return `Measured on ${day} with Node ${process.versions.node} on ${availableParallelism()} cores, in ${seconds} s`;
}

/** The page with this text in the place that has a mark. Throws if it has no such place. */
export function inPlace(page: string, mark: string, text: string): string {
  const place = new RegExp(`(<!-- generated: ${mark} -->)[\\s\\S]*?(<!-- end -->)`);
  if (!place.test(page)) throw new Error(`the page has no place for the ${mark}`);
  return page.replace(place, (_, begin: string, end: string) => `${begin}\n\n${text}\n\n${end}`);
}
