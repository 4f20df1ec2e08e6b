import { expect, test } from 'vitest';
import { WaitingChecks } from '../../shared/engine/waiting-checks.ts';
import { FailureLimit } from '../../shared/http/failure-limit.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const terms = { sendBy: 1, answerBy: 1, failureLimit: new FailureLimit(), turn: newTurn('cancel') };
const place = { waitMs: () => 0, withdraw: () => undefined };

/** So many queued checks that may still have so many batches, and how often it was asked whether a batch may serve one. */
function queuedChecks(count: number, batchesLeft: number) {
  const checks = new WaitingChecks(new ManualClock());
  const looks = { count: 0 };
  const tickets = Array.from({ length: count }, (_, index) => {
    const ticket = checks.open(`job-${index}`, terms, batchesLeft);
    const watched = {
      get() {
        looks.count += 1;
        return place;
      },
    };
    checks.wait(ticket, place);
    return Object.defineProperty(ticket, 'place', watched);
  });
  return { checks, tickets, looks };
}

test.each([0, 1])('one of 5,000 queued checks with %i batches left costs what one of few costs', (left) => {
  const { checks, tickets, looks } = queuedChecks(5_000, left);
  for (const ticket of tickets) {
    expect(checks.areListable).toBe(left > 0);
    checks.close(ticket);
  }
  expect(looks.count).toBe(5_000 * left);
  expect(checks.areListable).toBe(false);
});

test('a batch may serve queued checks only, that no batch left out and none under way may serve', () => {
  const { checks, tickets } = queuedChecks(5, 1);
  const [shown, passedOver, begun, riding, open] = tickets;
  if (!shown || !passedOver || !begun || !riding || !open) throw new Error('five are missing');
  checks.open('not queued', terms, 1);
  checks.show({
    jobs: [{ jobId: shown.id, state: 'running', providerStatus: null }],
    at: 0,
    began: Infinity,
    isVague: () => false,
  });
  passedOver.batchesLeft = 0;
  riding.ride = Promise.resolve();
  expect(checks.listable).toEqual([begun, open]);
  expect(checks.begin(Object.defineProperty(begun, 'place', { writable: true }))).toBe(true);
  expect(checks.listable).toEqual([open]);
  riding.ride = undefined;
  expect(checks.listable).toEqual([riding, open]);
});
