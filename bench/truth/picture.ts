import { barsPicture, type Scheme } from '../bars.ts';
import { type Score, scores, tallyOf, totalOf } from './score.ts';
import { percent, type Row, scoreNames, scoresOf } from './table.ts';

/** The colours of the scores, which are told apart by their lightness too. */
const colours: Readonly<Record<Score, Readonly<Record<Scheme, string>>>> = {
  so: { light: '#1a7f37', dark: '#2ea043' },
  falseCancelled: { light: '#cf222e', dark: '#f85149' },
  falseFailed: { light: '#e8873a', dark: '#f0a35e' },
  open: { light: '#b6bfc8', dark: '#57606a' },
  lost: { light: '#59636e', dark: '#9198a1' },
};

/** The truth score as bars of 100 %, for a light or a dark page. */
export function pictureOf(rows: readonly Row[], scheme: Scheme): string {
  const bars = rows.map((row) => {
    const tally = tallyOf(scoresOf(row));
    const total = Math.max(1, totalOf(tally));
    const parts = scores.map((score) => tally[score] / total);
    return { name: row.name, parts, label: percent(tally.so, total) };
  });
  const series = scores.map((score) => ({ name: scoreNames[score], colour: colours[score] }));
  const title = 'The truth score: what each client said of cancelled jobs, held against what was so';
  return barsPicture({ title, series, bars }, scheme);
}
