import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../cli/output/display-width.ts';
import { outcomeReport } from '../../cli/output/outcome-report.ts';
import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import { codeNames, outcomeNames, states } from '../../shared/contract/outcome.ts';
import { outcomeSigns } from '../../shared/contract/signs.ts';
import { messageOf, nextStepOf } from '../../shared/messages/outcome.ts';

const at = { width: 80, hasColour: false };

const evidence = { source: 'status', provider_status: null, observed_at: null } as const;
const outcomeOf = (more: Partial<Outcome>): Outcome => ({
  ...{ provider: 'sutro', job_id: 'job-1', outcome: 'cancelled', state: 'cancelled' },
  ...{ retryable: false, evidence, message: 'It is cancelled.' },
  ...more,
});

/** Outcomes with the sentences that calloff gives them. */
const outcome: fc.Arbitrary<Outcome> = fc
  .record({
    job_id: fc.uuid().map((uuid) => `job-${uuid}`),
    outcome: fc.constantFrom(...outcomeNames),
    state: fc.constantFrom(...states),
    code: fc.constantFrom(...codeNames),
  })
  .map(({ code, ...rest }) => {
    const isCoded = rest.outcome === 'refused' || rest.outcome === 'failed';
    const words = {
      ...rest,
      ...{ provider: 'Sutro', connection: 'sutro', turnedAway: false, seenAfter: false },
      ...(isCoded && { code }),
    };
    const next_step = nextStepOf(words);
    return outcomeOf({
      ...{ ...rest, message: messageOf(words), ...(isCoded && { code }) },
      ...(next_step !== undefined && { next_step }),
    });
  });

/** Words and ids that do not fit beside each other in 80 columns. */
const tooWide = [
  outcomeOf({ job_id: `job-${'0'.repeat(36)}`, outcome: 'refused', code: 'provider_not_configured' }),
  outcomeOf({ job_id: `job-${'1'.repeat(36)}`, outcome: 'cancelled', state: 'cancelling' }),
];

describe('the report of a cancel', () => {
  it('names every job once with its word, fits the terminal, and says every sentence', () => {
    const some = fc.uniqueArray(outcome, { selector: ({ job_id }) => job_id, minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(some, fc.integer({ min: 80, max: 160 }), (outcomes, width) => {
        const text = outcomeReport(outcomes, { width, hasColour: false });
        const lines = text.split('\n');
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
        const unbroken = text.replaceAll(/\s+/g, ' ');
        for (const { job_id, code, outcome: word, message } of outcomes) {
          const ends = lines.flatMap((line, index) => (line.endsWith(job_id) ? [index] : []));
          expect(ends).toHaveLength(1);
          // Where the widest words leave no room beside them, an id stands in a line of its own below them.
          const [at = 0] = ends;
          const beside = lines[at]?.trim() === job_id ? lines[at - 1] : lines[at];
          expect(beside?.startsWith(`${outcomeSigns[word].mark} ${code ?? word}`)).toBe(true);
          expect(unbroken).toContain(message);
        }
      }),
      { examples: [[tooWide, 80]] },
    );
  });

  it('says which jobs a sentence is about if the same word has several', () => {
    const outcomes = [
      outcomeOf({ job_id: 'job-1', message: 'It is cancelled.' }),
      outcomeOf({ job_id: 'job-2', message: 'It is cancelled, late.' }),
      outcomeOf({ job_id: 'job-3', message: 'It is cancelled, late.' }),
    ];
    expect(outcomeReport(outcomes, at).split('\n').slice(4)).toEqual([
      '',
      '3 jobs: 3 cancelled.',
      'cancelled, job-1: It is cancelled.',
      'cancelled, job-2 and 1 more: It is cancelled, late.',
    ]);
  });

  it('says how long to wait, and names options where a request has fields', () => {
    const steps = (more: Partial<Outcome>) =>
      outcomeReport([outcomeOf(more)], at)
        .split('\n')
        .at(-1);
    const wait = 'Wait for retry_after_seconds, or for a minute if it is absent, then try again.';
    expect(steps({ next_step: wait, retry_after_seconds: 17 })).toBe(
      'Next step: Wait for 17 s, then try again.',
    );
    expect(steps({ next_step: wait })).toBe('Next step: Wait for a minute, then try again.');
    expect(steps({ next_step: 'Send the request without dry_run to cancel it.' })).toBe(
      'Next step: Send the request without --dry-run to cancel it.',
    );
  });

  it('gives jobs without a time to wait a step of their own', () => {
    const next_step = 'Wait for retry_after_seconds, or for a minute if it is absent, then try again.';
    const outcomes = [
      outcomeOf({ job_id: 'job-1', next_step, retry_after_seconds: 5 }),
      outcomeOf({ job_id: 'job-2', next_step }),
      outcomeOf({ job_id: 'job-3', next_step, retry_after_seconds: 17 }),
    ];
    const lines = outcomeReport(outcomes, at).split('\n');
    expect(lines.filter((line) => line.startsWith('Next step: '))).toEqual([
      'Next step: Wait for 17 s, then try again.',
      'Next step: Wait for a minute, then try again.',
    ]);
  });

  it('names options in a message too', () => {
    const outcomes = [outcomeOf({ message: 'It is for another value of send_if_status_unknown.' })];
    expect(outcomeReport(outcomes, at)).toContain('another value of --send-if-status-unknown.');
  });

  it('leaves no name of a field in any next step', () => {
    fc.assert(
      fc.property(outcome, (each) => {
        const [, step = ''] = outcomeReport([each], {
          width: Number.POSITIVE_INFINITY,
          hasColour: false,
        }).split('Next step: ');
        expect(step).not.toMatch(/retry_after_seconds|\bdry_run|send_if_status_unknown/);
      }),
    );
  });
});
