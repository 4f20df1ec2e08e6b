import * as z from 'zod';
import type { FinalState, JobState } from '../../sandbox/jobs/job.ts';

/**
 * What a contestant said of one job: that it is cancelled, that it ended by itself, that it was not cancelled, that there is no
 * such job, that it is open which, or nothing: no answer in time, or an error that tells nothing of the request.
 */
export const claimSchema = z.enum([
  'cancelled',
  'finished',
  'not cancelled',
  'no such job',
  'open',
  'nothing',
]);
export type Claim = z.infer<typeof claimSchema>;

/** What a claim is worth. */
export const scores = ['so', 'falseCancelled', 'falseFailed', 'open', 'lost'] as const;
export type Score = (typeof scores)[number];

/** How many claims were worth what. */
export type Tally = Readonly<Record<Score, number>>;

/** Holds a claim about a job against its true state at the end. The job is always there. */
export function scoreOf(claim: Claim, truth: JobState | FinalState): Score {
  const isOver = truth === 'completed' || truth === 'failed';
  switch (claim) {
    case 'open':
      return 'open';
    case 'nothing':
      return 'lost';
    case 'cancelled':
      return truth === 'cancelled' ? 'so' : 'falseCancelled';
    case 'finished':
      return isOver ? 'so' : 'falseFailed';
    case 'not cancelled':
      return truth === 'cancelled' ? 'falseFailed' : 'so';
    case 'no such job':
      return 'falseFailed';
  }
}

/** Counts scores. */
export function tallyOf(given: readonly Score[]): Tally {
  const count = (score: Score) => given.filter((each) => each === score).length;
  return {
    so: count('so'),
    falseCancelled: count('falseCancelled'),
    falseFailed: count('falseFailed'),
    open: count('open'),
    lost: count('lost'),
  };
}

/** How many claims a tally counts. */
export function totalOf(tally: Tally): number {
  return scores.reduce((sum, score) => sum + tally[score], 0);
}

/** What of calloff's promise does not hold: nothing false, nothing lost, and less than a tenth left open. */
export function missedBy(given: readonly Score[]): string[] {
  const tally = tallyOf(given);
  const limits = { falseCancelled: 0, falseFailed: 0, lost: 0, open: Math.ceil(totalOf(tally) / 10) - 1 };
  return scores.flatMap((score) =>
    score !== 'so' && tally[score] > limits[score]
      ? [`${tally[score]} × ${score}, at most ${limits[score]}`]
      : [],
  );
}
