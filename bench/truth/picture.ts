import { palettes } from '../../scripts/terminal-svg.ts';
import { scores, tallyOf, totalOf } from './score.ts';
import { percent, type Row, scoreNames, scoresOf } from './table.ts';

const width = 800;
const left = 296;
const right = 24;
const top = 64;
const rowPx = 34;
const barPx = 18;

/** The colours of the scores, which are told apart by their lightness too. */
const colours = {
  light: {
    so: '#1a7f37',
    falseCancelled: '#cf222e',
    falseFailed: '#e8873a',
    open: '#b6bfc8',
    lost: '#59636e',
  },
  dark: {
    so: '#2ea043',
    falseCancelled: '#f85149',
    falseFailed: '#f0a35e',
    open: '#57606a',
    lost: '#9198a1',
  },
} as const;

/** The truth score as bars of 100 %, for a light or a dark page. */
export function pictureOf(rows: readonly Row[], scheme: keyof typeof colours): string {
  const { paper, border, text } = palettes[scheme];
  const height = top + rows.length * rowPx + 14;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>The truth score: what each client said of cancelled jobs, held against what was so</title>`,
    `<style>text{font:13px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,"DejaVu Sans",sans-serif;fill:${text}}</style>`,
    `<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8" fill="${paper}" stroke="${border}"/>`,
    ...legend(scheme),
    ...rows.flatMap((row, index) => bar(row, top + index * rowPx, scheme)),
    '</svg>',
  ].join('\n')}\n`;
}

/** The scores in a line, each as wide as its word. */
function legend(scheme: keyof typeof colours): string[] {
  let x = 20;
  return scores.flatMap((score) => {
    const name = scoreNames[score];
    const at = x;
    x += 34 + name.length * 7;
    return [
      `<rect x="${at}" y="22" width="12" height="12" rx="2" fill="${colours[scheme][score]}"/>`,
      `<text x="${at + 18}" y="33">${escapeXml(name)}</text>`,
    ];
  });
}

function bar(row: Row, y: number, scheme: keyof typeof colours): string[] {
  const tally = tallyOf(scoresOf(row));
  const total = Math.max(1, totalOf(tally));
  let x = left;
  const parts = scores.flatMap((score) => {
    const size = ((width - left - right) * tally[score]) / total;
    const at = x;
    x += size;
    if (size === 0) return [];
    return [
      `<rect x="${at.toFixed(1)}" y="${y}" width="${size.toFixed(1)}" height="${barPx}" fill="${colours[scheme][score]}"/>`,
    ];
  });
  const share = `<text x="${left + 8}" y="${y + 14}" style="fill:#ffffff;font-weight:600">${percent(tally.so, total)}</text>`;
  return [
    `<text x="${left - 12}" y="${y + 14}" text-anchor="end">${escapeXml(row.name)}</text>`,
    ...parts,
    share,
  ];
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
