import { markdown } from '../page.ts';
import { moments } from './cases.ts';
import type { Result } from './run.ts';
import { type Score, scores, type Tally, tallyOf, totalOf } from './score.ts';

/** What one contestant said in all its cases. */
export interface Row {
  readonly name: string;
  readonly results: readonly Result[];
}

/** What the columns of the scores are called. */
export const scoreNames = {
  so: 'said what was so',
  falseCancelled: 'false "cancelled"',
  falseFailed: 'false "failed"',
  open: 'left open',
  lost: 'lost',
} as const satisfies Record<Score, string>;

/** The scores of the cases in which a client can know what is so. */
export function scoresOf({ results }: Row, isWanted: (result: Result) => boolean = () => true): Score[] {
  return results
    .filter((result) => !result.truthCase.isStatusFalse && isWanted(result))
    .flatMap((result) => result.scores);
}

/** A share in percent, and above 0 whenever something was counted. */
export function percent(count: number, total: number): string {
  if (total === 0) return 'none asked';
  if (count === 0) return '0';
  const share = (100 * count) / total;
  return share < 0.05 ? 'under 0.1 %' : `${share.toFixed(1)} %`;
}

function falseOf({ falseCancelled, falseFailed }: Tally): number {
  return falseCancelled + falseFailed;
}

function scoreRow(row: Row): string[] {
  const tally = tallyOf(scoresOf(row));
  const total = totalOf(tally);
  const cells = scores.map((score) =>
    tally[score] === 0 ? '0' : `${tally[score]} (${percent(tally[score], total)})`,
  );
  return [row.name, String(total), ...cells];
}

/** How many claims were false or lost, by when the job ends and how many there are. */
function momentRows(rows: readonly Row[]): string[][] {
  return moments.flatMap((moment) =>
    [true, false].map((isOne) => [
      `${moment}, ${isOne ? 'one job' : 'several jobs'}`,
      ...rows.map((row) => {
        const tally = tallyOf(
          scoresOf(row, ({ truthCase }) => truthCase.moment === moment && (truthCase.jobs === 1) === isOne),
        );
        return percent(falseOf(tally) + tally.lost, totalOf(tally));
      }),
    ]),
  );
}

/** What was said where the provider contradicts itself, which is counted nowhere else. */
function liarRow({ name, results }: Row): string[] {
  const tally = tallyOf(
    results.filter(({ truthCase }) => truthCase.isStatusFalse).flatMap((each) => each.scores),
  );
  return [name, String(totalOf(tally)), String(falseOf(tally)), String(tally.open), String(tally.lost)];
}

/** The tables, in Markdown. */
export function tablesOf(rows: readonly Row[]): string {
  const names = rows.map(({ name }) => name);
  return [
    markdown(['who cancels', 'claims', ...scores.map((score) => scoreNames[score])], rows.map(scoreRow)),
    'Claims that were false or lost, by when the jobs end and how many are cancelled at a time:',
    markdown(['jobs', ...names], momentRows(rows)),
    'Claims at a provider whose own status contradicts itself, which are in no other number here:',
    markdown(['who cancels', 'claims', 'false', 'left open', 'lost'], rows.map(liarRow)),
  ].join('\n\n');
}
