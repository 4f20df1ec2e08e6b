import { describe, expect, it } from 'vitest';
import { progressShares, progressText, stopTitle, toDoAgain } from '../../console/model/stop-progress.js';
import { resumable } from '../../shared/contract/operations.ts';
import { outcomeNames } from '../../shared/contract/outcome.ts';

const state = 'finished';

describe('the stop of several jobs', () => {
  it.each([
    [2, { failed: 2 }, '2 of 2 jobs were not stopped'],
    [3, { cancelled: 2, refused: 1 }, '1 of 3 jobs was not stopped'],
    [1, { not_attempted: 1 }, '1 of 1 job was not stopped'],
    [4, { cancelled: 3, unknown: 1 }, '1 of 4 jobs may or may not be stopped'],
    [2, { cancelled: 1, cancelling: 1 }, '1 of 2 jobs has not ended'],
    [3, { cancelled: 1, already_cancelled: 1, already_finished: 1 }, 'Stop of 3 jobs is done'],
    [2, { cancelled: 1, not_found: 1 }, 'Stop of 2 jobs is done'],
  ])('of %i that ended as %o reads: %s', (jobs, counts, title) => {
    expect(stopTitle({ state, jobs, counts })).toBe(title);
  });

  it.each([
    [3, { cancelled: 3 }, '3 of 3 jobs are over'],
    [1, { cancelled: 1 }, '1 of 1 job is over'],
    [2, { cancelling: 1 }, '0 of 2 jobs are over'],
    [2, { failed: 2 }, '2 of 2 jobs were not stopped'],
    [3, { cancelled: 2, failed: 1 }, '2 of 3 jobs are over, 1 of 3 jobs was not stopped'],
    [2, { cancelled: 1, not_found: 1 }, '1 of 2 jobs is over'],
  ])('of %i with the outcomes %o is told as: %s', (jobs, counts, told) => {
    expect(progressText({ state, jobs, counts })).toBe(told);
  });

  it('counts a job that is being stopped neither as over nor as not stopped', () => {
    expect(progressShares({ counts: { cancelled: 2, cancelling: 1, failed: 3, unknown: 1 } })).toEqual([
      ['over', 2],
      ['stopping', 1],
      ['unknown', 1],
      ['not-stopped', 3],
    ]);
    expect(progressShares({ counts: { not_found: 1 } })).toEqual([]);
  });

  it.each(outcomeNames)('is tried again for a job that is %s only if calloff would do it again', (name) => {
    const isResumable = resumable.some((each) => each === name);
    expect(toDoAgain({ counts: { [name]: 1 } })).toBe(isResumable ? 1 : 0);
  });
});
