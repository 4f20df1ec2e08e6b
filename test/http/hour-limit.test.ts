import { expect, test } from 'vitest';
import { AdaptiveRateLimiter } from '../../shared/http/rate-limit/adaptive-rate-limiter.ts';
import { learnedSchema } from '../../shared/http/rate-limit/learned-state.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const minuteMs = 60_000;
const turn = newTurn('cancel');

/** A provider that allows so many requests in each minute, and says of the others when the next minute begins. */
function byTheMinute(most: number) {
  let minute = -1;
  let count = 0;
  return (now: number) => {
    const current = Math.floor(now / minuteMs);
    if (current !== minute) [minute, count] = [current, 0];
    count += 1;
    return count <= most ? null : (current + 1) * minuteMs - now;
  };
}

/** How many of 1,000 requests succeed, and are refused, in twenty minutes under a documented limit of so many an hour. */
async function sendUnder(perHour: number, perMinute: number) {
  const clock = new ManualClock(0);
  const limiter = new AdaptiveRateLimiter(clock, {
    known: { count: perHour, windowMs: 60 * minuteMs },
    atOnce: 100,
  });
  const refusal = byTheMinute(perMinute);
  let passed = 0;
  let refused = 0;
  const send = async (again: boolean): Promise<void> => {
    const permit = await limiter.acquire({ deadline: 20 * minuteMs, turn, again });
    if (permit.kind !== 'entered') return;
    await new Promise<void>((resolve) => clock.after(50, resolve));
    const retryAfterMs = refusal(clock.now());
    permit.release(retryAfterMs === null ? { kind: 'answered' } : { kind: 'limited', retryAfterMs });
    if (retryAfterMs === null) passed += 1;
    else refused += 1;
    if (retryAfterMs !== null) return send(true);
  };
  await clock.until(Promise.all(Array.from({ length: 1_000 }, () => send(false))));
  return { passed, refused };
}

test.each([80, 300])(
  'refusals by a limit of %i a minute hold nothing back for the rest of a documented hour',
  async (perMinute) => {
    const { passed, refused } = await sendUnder(5_000, perMinute);
    expect(passed).toBe(1_000);
    expect(refused).toBeLessThan(200);
  },
);

test('a documented limit of an hour stays the most, whatever a shorter limit refuses', async () => {
  const { passed, refused } = await sendUnder(500, 80);
  expect(passed).toBeGreaterThan(300);
  expect(passed + refused).toBeLessThanOrEqual(500);
});

test('what was sent in the hour fits into a copy, and counts in another process', async () => {
  const known = { count: 2_000, windowMs: 60 * minuteMs };
  const clock = new ManualClock(0);
  const limiter = new AdaptiveRateLimiter(clock, { known });
  const enter = async (of: AdaptiveRateLimiter, deadline: number) => {
    const permit = await of.acquire({ deadline, turn });
    if (permit.kind === 'entered') permit.release({ kind: 'answered' });
    return permit.kind;
  };
  for (let sent = 0; sent < 1_200; sent += 1) {
    await enter(limiter, Number.POSITIVE_INFINITY);
    await clock.turn(100);
  }
  const copy = limiter.copy();
  expect(JSON.stringify(copy).length).toBeLessThan(3_000);
  const { cancel: state } = learnedSchema.parse({ cancel: copy });
  const other = new AdaptiveRateLimiter(clock, { known });
  other.restore(state ?? expect.fail('no state'));
  const ends: string[] = [];
  for (let sent = 0; sent < 810; sent += 1) ends.push(await clock.until(enter(other, clock.now() + 1)));
  expect(ends.filter((kind) => kind === 'entered')).toHaveLength(800);
});
