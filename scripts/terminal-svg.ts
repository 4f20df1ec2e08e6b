/** The colours of a picture: paper, border and text, and those of the styles that calloff uses. */
interface Palette {
  readonly paper: string;
  readonly border: string;
  readonly text: string;
  /** By the number that switches a style on (ECMA-48, SGR). */
  readonly styles: ReadonlyMap<string, string>;
}

/** Light and dark, in colours that can be told apart and read on their paper. */
export const palettes = {
  light: {
    ...{ paper: '#ffffff', border: '#d1d9e0', text: '#1f2328' },
    styles: new Map([
      ['1', 'font-weight:bold'],
      ['2', 'fill:#59636e'],
      ['31', 'fill:#cf222e'],
      ['32', 'fill:#1a7f37'],
      ['33', 'fill:#9a6700'],
      ['35', 'fill:#8250df'],
      ['36', 'fill:#1b7c83'],
    ]),
  },
  dark: {
    ...{ paper: '#0d1117', border: '#3d444d', text: '#f0f6fc' },
    styles: new Map([
      ['1', 'font-weight:bold'],
      ['2', 'fill:#9198a1'],
      ['31', 'fill:#ff7b72'],
      ['32', 'fill:#3fb950'],
      ['33', 'fill:#d29922'],
      ['35', 'fill:#bc8cff'],
      ['36', 'fill:#39c5cf'],
    ]),
  },
} as const satisfies Record<string, Palette>;

const columnPx = 7.8;
const linePx = 18;
const marginPx = 16;
const font = 'font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace';

/** What a picture is of, and how. */
interface Shown {
  readonly title: string;
  readonly columns: number;
  readonly palette: Palette;
}

/**
 * What a terminal of `columns` columns shows, as an SVG of text. The output of a command may hold styles that calloff uses,
 * and no other escape sequence.
 */
export function terminalSvg(output: string, { title, columns, palette }: Shown): string {
  const lines = output.trimEnd().split('\n');
  const width = Math.ceil(columns * columnPx + 2 * marginPx);
  const height = lines.length * linePx + 2 * marginPx;
  const { paper, border, text } = palette;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>text{${font};fill:${text};white-space:pre}</style>`,
    `<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8" fill="${paper}" stroke="${border}"/>`,
    ...lines.flatMap((line, index) => lineOf(line, marginPx + (index + 0.72) * linePx, palette)),
    '</svg>',
  ].join('\n')}\n`;
}

/** One line, as long as its characters are many: so columns stand below each other in every font. */
function lineOf(line: string, y: number, { styles }: Palette): string[] {
  const [plain = '', ...styled] = line.split(`${String.fromCharCode(27)}[`);
  const spans = styled.map((part) => {
    const [, code = '', text = ''] = /^(\d+)m(.*)$/.exec(part) ?? [];
    const style = styles.get(code);
    return {
      text,
      markup: style === undefined ? escapeXml(text) : `<tspan style="${style}">${escapeXml(text)}</tspan>`,
    };
  });
  const { length } = [plain, ...spans.map(({ text }) => text)].join('');
  if (length === 0) return [];
  const markup = [escapeXml(plain), ...spans.map((span) => span.markup)].join('');
  const place = `x="${marginPx}" y="${y.toFixed(1)}" textLength="${(length * columnPx).toFixed(1)}"`;
  return [`<text ${place} xml:space="preserve">${markup}</text>`];
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
