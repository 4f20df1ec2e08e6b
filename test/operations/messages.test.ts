import { describe, expect, it } from 'vitest';
import { type OperationWords, operationMessage, operationNextStep } from '../../shared/messages/operation.ts';

const id = 'op_k3m9x2c7v5b8n4q6w2er';

function wordsOf(words: Partial<OperationWords>): OperationWords {
  return {
    ...{ id, state: 'running', jobs: 0, pending: 0, open: 0, resumable: 0, cameBack: 0, notCheckedAgain: 0 },
    ...{ cancelling: 0, hasSelector: false, isPartlyListed: false, isFollowing: false },
    ...words,
  };
}

describe('the sentences about an operation', () => {
  it('offer no resume of a selector that picks too many jobs, because it would pause again', () => {
    const words = wordsOf({ state: 'paused', hasSelector: true, pausedBecause: 'too_many' });
    expect(operationMessage(words)).toBe(
      'Its selector picks more than 100,000 jobs, the most for one operation. Nothing was sent.',
    );
    expect(operationNextStep(words)).toBe('Create several operations with narrower selectors.');
  });

  it('name no jobs without an outcome if there are none', () => {
    const words = wordsOf({ state: 'paused', jobs: 1 });
    expect(operationMessage(words)).not.toContain('0 jobs');
    expect(operationMessage({ ...words, pending: 1 })).toContain('; 1 job has no outcome yet.');
  });

  it('say how many jobs came back, and how many were not checked a second time', () => {
    const words = wordsOf({ state: 'finished', jobs: 9, cameBack: 1, notCheckedAgain: 1 });
    expect(operationMessage(words)).toBe(
      'Every job has an outcome that will not change by itself. 1 job that was cancelled has come back to life. 1 cancelled job was not checked a second time: calloff does not know whether it has come back to life.',
    );
  });

  it('say what to do about jobs that are still cancelling at the end of the checks, and that a resume tries the others', () => {
    const words = wordsOf({ state: 'finished', jobs: 9, open: 3, cancelling: 2, resumable: 1 });
    expect(operationMessage(words)).toContain('3 jobs had not ended when calloff checked last.');
    const check =
      'Check the status of the 2 jobs whose outcome is "cancelling": they may have ended since. Sending their cancels again is harmless.';
    expect(operationNextStep(words)).toBe(
      `${check} Resume ${id} to try 1 job again that is not attempted, unknown or failed.`,
    );
    expect(operationNextStep({ ...words, resumable: 0 })).toBe(check);
    expect(operationNextStep({ ...words, cancelling: 0, open: 0, resumable: 0 })).toBeUndefined();
  });

  it('say until when calloff keeps checking', () => {
    const followUntil = '2026-11-29T10:00:00.000Z';
    const words = wordsOf({ state: 'following', jobs: 3, open: 1, followUntil });
    expect(operationMessage(words)).toMatch(/until it ends, but not after 2026-11-29T10:00:00\.000Z\.$/);
  });
});
