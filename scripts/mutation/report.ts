import { existsSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import { markdown } from '../../bench/page.ts';
import type { MutationGroup } from './groups.ts';

const reportSchema = z.object({
  files: z.record(
    z.string(),
    z.object({
      mutants: z.array(
        z.object({
          status: z.string(),
          mutatorName: z.string(),
          replacement: z.string().optional(),
          location: z.object({ start: z.object({ line: z.number() }) }),
        }),
      ),
    }),
  ),
});

/** The results of the mutants of a group. */
export interface MutationResult {
  readonly group: MutationGroup;
  readonly killed: number;
  readonly timedOut: number;
  /** Each mutant that no test noticed: its place, and what it was. */
  readonly survivors: readonly string[];
}

/** The file in which Stryker keeps the results of a group, so that the next run tries only what changed. */
export function resultsFile({ name }: MutationGroup): string {
  return `test/mutation/results/${name}.json`;
}

/** Stands beside the results of a group from the beginning of a run to its end: if it is there, they are those of a part. */
export function begunFile({ name }: MutationGroup): string {
  return `test/mutation/results/${name}.begun`;
}

/** The results of a group; `undefined` if it was never run to the end. */
export function readResult(group: MutationGroup): MutationResult | undefined {
  if (!existsSync(resultsFile(group)) || existsSync(begunFile(group))) return undefined;
  const { files } = reportSchema.parse(JSON.parse(readFileSync(resultsFile(group), 'utf8')));
  const mutants = Object.entries(files).flatMap(([file, report]) =>
    report.mutants.map((mutant) => ({ file, ...mutant })),
  );
  const count = (status: string) => mutants.filter((mutant) => mutant.status === status).length;
  const survivors = mutants
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map(
      ({ file, location, mutatorName, replacement = '' }) =>
        `${file}:${location.start.line} ${mutatorName} ${replacement.replaceAll(/\s+/g, ' ').slice(0, 80)}`,
    );
  return { group, killed: count('Killed'), timedOut: count('Timeout'), survivors };
}

/** The share of mutants that a test noticed, in percent. One that runs for ever is noticed. */
export function scoreOf({ killed, timedOut, survivors }: Omit<MutationResult, 'group'>): number {
  const noticed = killed + timedOut;
  return (100 * noticed) / (noticed + survivors.length);
}

/** The results as a table in Markdown, with a line for all. */
export function mutationTable(results: readonly MutationResult[]): string {
  const all = {
    killed: results.reduce((sum, { killed }) => sum + killed, 0),
    timedOut: results.reduce((sum, { timedOut }) => sum + timedOut, 0),
    survivors: results.flatMap(({ survivors }) => survivors),
  };
  const row = (name: string, result: Omit<MutationResult, 'group'>) => {
    const { killed, timedOut, survivors } = result;
    const mutants = killed + timedOut + survivors.length;
    const counts = [mutants, killed, timedOut, survivors.length].map(String);
    return [name, ...counts, `${scoreOf(result).toFixed(1)} %`];
  };
  const nameOf = ({ modules }: MutationGroup) => modules.map((module) => `\`${module}\``).join(', ');
  return markdown(
    ['module', 'mutants', 'killed', 'ran for ever', 'survived', 'score'],
    [...results.map((result) => row(nameOf(result.group), result)), row('all', all)],
  );
}
