import { palettes } from '../scripts/terminal-svg.ts';

/** Pictures are drawn for light and for dark pages. */
export const schemes = ['light', 'dark'] as const;
export type Scheme = (typeof schemes)[number];

/** A part of every bar: what the legend calls it, and its colours. */
export interface Series {
  readonly name: string;
  readonly colour: Readonly<Record<Scheme, string>>;
}

/** A bar: its parts in the order of the series, as shares of the full width. Without parts it is a heading. */
export interface Bar {
  readonly name: string;
  readonly parts: readonly number[];
  /** What is written in the bar if its first part has room, and otherwise behind it. */
  readonly label: string;
}

/** A picture of horizontal bars. */
export interface Bars {
  /** What a reader who does not see the picture is told. */
  readonly title: string;
  readonly series: readonly Series[];
  readonly bars: readonly Bar[];
}

const width = 800;
const left = 296;
const right = 24;
const top = 64;
const rowPx = 34;
const barPx = 18;
/** So much room a letter takes, about. */
const letterPx = 7;

/** The picture as an SVG. */
export function barsPicture({ title, series, bars }: Bars, scheme: Scheme): string {
  const { paper, border, text } = palettes[scheme];
  const height = top + bars.length * rowPx + 14;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>text{font:13px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,"DejaVu Sans",sans-serif;fill:${text}}</style>`,
    `<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8" fill="${paper}" stroke="${border}"/>`,
    ...legend(series, scheme),
    ...bars.flatMap((bar, index) => draw(bar, series, top + index * rowPx, scheme)),
    '</svg>',
  ].join('\n')}\n`;
}

/** The series in a line, each as wide as its name. */
function legend(series: readonly Series[], scheme: Scheme): string[] {
  let x = 20;
  return series.flatMap(({ name, colour }) => {
    const at = x;
    x += 34 + name.length * letterPx;
    return [
      `<rect x="${at}" y="22" width="12" height="12" rx="2" fill="${colour[scheme]}"/>`,
      `<text x="${at + 18}" y="33">${escapeXml(name)}</text>`,
    ];
  });
}

function draw({ name, parts, label }: Bar, series: readonly Series[], y: number, scheme: Scheme): string[] {
  if (parts.length === 0)
    return [`<text x="20" y="${y + 14}" style="font-weight:600">${escapeXml(name)}</text>`];
  let x = left;
  const drawn = series.flatMap(({ colour }, index) => {
    const size = (width - left - right) * (parts[index] ?? 0);
    const at = x;
    x += size;
    if (size === 0) return [];
    return [
      `<rect x="${at.toFixed(1)}" y="${y}" width="${size.toFixed(1)}" height="${barPx}" fill="${colour[scheme]}"/>`,
    ];
  });
  const hasRoom = (width - left - right) * (parts[0] ?? 0) > label.length * letterPx + 16;
  const [at, style] = hasRoom ? [left + 8, 'fill:#ffffff;font-weight:600'] : [x + 8, 'font-weight:600'];
  return [
    `<text x="${left - 12}" y="${y + 14}" text-anchor="end">${escapeXml(name)}</text>`,
    ...drawn,
    `<text x="${at.toFixed(1)}" y="${y + 14}" style="${style}">${escapeXml(label)}</text>`,
  ];
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
