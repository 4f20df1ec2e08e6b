import { expect, it } from 'vitest';
import { callerWith, callOf, guardHarness, named } from '../support/guard-harness.ts';
import { runs } from '../support/thorough.ts';

const minuteMs = 60_000;
const hours = runs(2, 1);
const hoursMs = hours * 3_600_000;
/** What providers and what stands before them have been seen to say in `Retry-After`. */
const oddRetryAfters = ['86400', '-1', '0', '0.4', '1', '45', 'soon', 'Thu, 01 Jan 2026 00:00:00 GMT', null];
const person = callerWith({}, { id: 'ada', kind: 'person' });

/** A generator that draws the same numbers in every run. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Hours of a stop button in use, on the manual clock: one single cancel every ten seconds, a provider that answers one
 * request in five with a 429 that says something odd, and for a quarter of the time every one; the wall clock is set by an hour now
 * and then, both ways.
 */
it('in hours of odd answers and set clocks no hold lasts over a minute without a probe', async () => {
  const harness = guardHarness();
  const { clock, providers } = harness;
  const random = numbersFrom(7);
  const asked: number[] = [];
  let refuses = 0;
  const gateway = harness.gateway({
    budgetMs: 25_000,
    fetch: async (input, init) => {
      asked.push(clock.now());
      const isDown = clock.now() > hoursMs / 4 && clock.now() < hoursMs / 2;
      if (!isDown && random() > 0.2) return providers.fetch(input, init);
      refuses += 1;
      const header = oddRetryAfters[Math.floor(random() * oddRetryAfters.length)] ?? null;
      const headers = {
        'content-type': 'application/json',
        ...(header === null ? {} : { 'retry-after': header }),
      };
      return new Response('{"message":"slow down"}', { status: 429, headers });
    },
  });
  const outcomes: string[] = [];
  let longestHold = 0;
  let steps = 0;
  for (let at = 0; at < hoursMs; at += 10_000) {
    if (random() < 0.05) {
      clock.step(random() < 0.5 ? 3_600_000 : -3_600_000);
      steps += 1;
    }
    const [job] = named('sutro', providers.sutro.addJobs(1, { state: 'running', settlesInMs: 0 }));
    const began = clock.now();
    const result = await clock.until(gateway.cancelJob({ ...job, wait_seconds: 0 }, callOf(person)));
    if (!result.ok) throw new Error('a cancel was refused');
    outcomes.push(result.value.outcome);
    longestHold = Math.max(longestHold, result.value.retry_after_seconds ?? 0);
    expect(clock.now() - began).toBeLessThanOrEqual(25_000);
    if (result.value.outcome === 'cancelled')
      expect(providers.sutro.journal.some(({ jobIds }) => jobIds.includes(job?.job_id ?? ''))).toBe(true);
    await clock.turn(Math.max(0, at + 10_000 - clock.now()));
  }
  const gaps = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
  const counts = Object.fromEntries(
    [...Map.groupBy(outcomes, (name) => name)].map(([name, { length }]) => [name, length]),
  );
  console.log(
    `${hours} hours: ${outcomes.length} cancels, ${asked.length} requests, ${refuses} refused, ${steps} steps of an hour; ` +
      `longest hold named ${longestHold} s, longest gap between requests ${Math.max(...gaps)} ms; ${JSON.stringify(counts)}`,
  );
  expect(steps).toBeGreaterThan(5 * hours);
  expect(longestHold).toBeLessThanOrEqual(60);
  // A probe goes with the first cancel after the hold's end: at the most one interval later.
  expect(Math.max(...gaps)).toBeLessThanOrEqual(minuteMs + 10_000);
  // A third of what is told to wait is told to wait for a minute or more: even so the button works again after the bad quarter.
  expect(outcomes.slice(-100 * hours).filter((name) => name === 'cancelled').length).toBeGreaterThan(
    30 * hours,
  );
}, 60_000);
