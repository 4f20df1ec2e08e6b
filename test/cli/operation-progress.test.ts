import { describe, expect, it } from 'vitest';
import { operationInTerminal } from '../../cli/operations/operation-words.ts';
import { ProgressDisplay } from '../../cli/operations/progress.ts';
import { sentInWords } from '../../cli/operations/sent-so-far.ts';
import { operationReport } from '../../cli/output/operation-report.ts';
import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import { countOutcomes } from '../../shared/contract/outcome.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

/** An operation of 100 jobs, of which some are cancelled. */
function viewOf(cancelled: number, more: Partial<OperationView> = {}): OperationView {
  const counts = { ...countOutcomes([]), cancelled };
  return {
    ...{ id: 'op_k7m2p9x4qdk7m2p9x4qd', state: 'running', caller: 'cli:ada', follow_hours: 24 },
    ...{ created_at: '2026-11-28T12:00:00.000Z', jobs: 100, duplicates: 0, pending: 100 - cancelled, counts },
    ...{ came_back: 0, not_checked_again: 0, providers: [], message: '' },
    ...more,
  };
}

function displayOf(width?: number) {
  const clock = new ManualClock();
  const written: string[] = [];
  const display = new ProgressDisplay({ clock, width, write: (text) => written.push(text) });
  return { clock, written, display };
}

describe('an operation whose jobs are being listed', () => {
  const listing = viewOf(0, { state: 'listing', message: 'calloff is listing the jobs. Nothing was sent.' });

  it('leads to the question that will be asked, and is not said to be worked off by a server', () => {
    const { message, nextStep } = operationInTerminal(listing, true);
    expect(message).toBe('calloff is listing the jobs. Nothing was sent.');
    expect(nextStep).toMatch(/how to confirm that: calloff follow op_/);
  });

  it('has the jobs so far', () => {
    const report = { ...operationInTerminal(listing, true), notable: [], notableCount: 0 };
    const text = operationReport({ ...listing, jobs: 0 }, report, { width: 200, hasColour: false });
    expect(text).toContain(`${listing.id}: 0 jobs so far. calloff is listing`);
  });
});

describe('the progress of an operation', () => {
  it('is a plain line at most every five seconds, and none that says what the last one said', async () => {
    const { clock, written, display } = displayOf();
    for (const cancelled of [0, 10, 20, 20, 20, 30]) {
      display.show(viewOf(cancelled, { per_minute: 240 }));
      await clock.turn(2_500);
    }
    display.stop();
    expect(written).toEqual([
      '20 of 100 jobs done, 80 left, 240 a minute: 20 cancelled\n',
      '30 of 100 jobs done, 70 left, 240 a minute: 30 cancelled\n',
    ]);
  });

  it('counts the jobs of a slice that has not ended, once, and tells what holds it up', async () => {
    const { clock, written, display } = displayOf();
    display.show(viewOf(0));
    display.note('sutro', { done: 40, total: 100, phase: { kind: 'held', provider: 'Sutro', forMs: 3_000 } });
    await clock.turn(5_000);
    display.show(viewOf(0));
    await clock.turn(5_000);
    display.show(viewOf(40, { per_minute: 1_200, providers: [heldUp] }));
    expect(written).toEqual([
      '40 of 100 jobs done, 60 left, 480 a minute; waiting 3 s because of the rate limit of Sutro\n',
      '40 of 100 jobs done, 60 left, 1200 a minute: 40 cancelled; Sutro asks calloff to wait.\n',
    ]);
  });

  it('says once why it waits: what this process knows itself, and not what the store says of the same wait', async () => {
    const { clock, written, display } = displayOf();
    display.note('sutro', { done: 0, total: 100, phase: { kind: 'held', provider: 'Sutro', forMs: 3_000 } });
    await clock.turn(5_000);
    display.show(viewOf(0, { pending: 100, providers: [heldUp] }));
    display.note('sutro', { done: 0, total: 100, phase: { kind: 'held', provider: 'Sutro', forMs: 3_000 } });
    await clock.turn(5_000);
    display.show(viewOf(0, { pending: 100, providers: [heldUp] }));
    expect(written.at(-1)).toMatch(/; waiting 3 s because of the rate limit of Sutro\n$/);
  });

  it('is one line of a terminal, which gives way to what is said at once', async () => {
    const { clock, written, display } = displayOf(80);
    display.show(viewOf(0, { state: 'listing' }));
    await clock.turn(1_000);
    expect(written.at(-1)).toMatch(/Listing the jobs that the selector picks/);
    display.show(viewOf(60, { state: 'following', counts: { ...viewOf(60).counts, cancelling: 40 } }));
    await clock.turn(100);
    expect(written.at(-1)).toMatch(/Checking the jobs that have not ended: 60 cancelled, 40 cancelling/);
    display.say('Pausing');
    await clock.turn(100);
    expect(written.at(-1)).toMatch(/Pausing/);
    display.stop();
    expect(written.at(-1)).toBe('\r\u001b[2K');
  });
});

const heldUp = {
  ...{ provider: 'sutro', jobs: 100, pending: 60, counts: countOutcomes([]) },
  held_up: 'Sutro asks calloff to wait.',
};

describe('what was sent', () => {
  it.each([
    [
      {
        sent: [
          ['cancelled', 8],
          ['cancelling', 2],
        ],
        unsent: [['already_finished', 1]],
        inAir: 3,
        pending: 1,
      },
      [
        'A cancel was sent for 10 of 15 jobs: 8 cancelled, 2 cancelling.',
        'A cancel may have been sent for 3 jobs without an outcome so far: a resume checks them first.',
        '1 job had an outcome without one: 1 already_finished.',
        '1 job was not attempted, or the provider turned the cancel away: no cancel for it has taken effect.',
      ],
    ],
    [{ sent: [], unsent: [], inAir: 0, pending: 0 }, ['No cancel has taken effect.']],
    [
      { sent: [], unsent: [], inAir: 1, pending: 0 },
      ['A cancel may have been sent for 1 job without an outcome so far: a resume checks it first.'],
    ],
  ] as const)('is told in sentences: %j', ({ sent, unsent, ...counts }, sentences) => {
    expect(sentInWords({ sent: new Map(sent), unsent: new Map(unsent), ...counts })).toEqual(sentences);
  });
});
