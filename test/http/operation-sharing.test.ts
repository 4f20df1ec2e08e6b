import { describe, expect, test } from 'vitest';
import { AdaptiveRateLimiter } from '../../shared/http/rate-limit/adaptive-rate-limiter.ts';
import { OperationLimiter } from '../../shared/http/rate-limit/operation-limiter.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const turn = newTurn('cancel');
const deadline = Number.POSITIVE_INFINITY;
/** The window in which starts are counted. */
const windowMs = 1_020;

/** Operations of one account; each but the last has learned a limit, or none if that is 0. */
function operations(...limits: readonly number[]) {
  const clock = new ManualClock(0);
  const all: OperationLimiter[] = [];
  const copy = new AdaptiveRateLimiter(clock).copy();
  for (const count of [...limits, 0]) {
    const limiter = new OperationLimiter(clock, {}, () => all);
    if (count > 0) limiter.restore({ ...copy, limit: { ...copy.limit, count } });
    all.push(limiter);
  }
  const guest = all.at(-1) ?? new OperationLimiter(clock, {});
  return { clock, hosts: all.slice(0, -1), guest };
}

async function send(limiter: OperationLimiter, count: number, as = turn): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) {
    const permit = await limiter.acquire({ deadline, turn: as });
    if (permit.kind === 'entered') permit.release({ kind: 'answered' });
  }
}

async function refuse(limiter: OperationLimiter, retryAfterMs: number | null): Promise<void> {
  const permit = await limiter.acquire({ deadline, turn });
  if (permit.kind === 'entered') permit.release({ kind: 'limited', retryAfterMs });
}

describe('an operation that meets a 429', () => {
  test.each([
    ['nearly all of it was used', 100, 88, 1_000, true],
    ['less was used', 100, 87, 1_000, false],
    ['a low limit was used', 10, 7, 1_000, true],
    ['less of a low limit was used', 10, 6, 1_000, false],
    ['too low a limit was used', 9, 9, 1_000, false],
    ['the wait is up to a second longer', 100, 95, 2_000, true],
    ['the wait is longer still', 100, 95, 2_001, false],
    ['the wait is a second shorter', 100, 95, 0, true],
    ['the wait is not told', 100, 95, null, true],
    ['there is no limit', 0, 95, 1_000, false],
  ])('shares the limit of another if %s', async (_, limit, sent, retryAfterMs, shares) => {
    const { hosts, guest } = operations(limit);
    await send(guest, sent);
    await refuse(guest, retryAfterMs);
    expect(guest.host).toBe(shares ? hosts[0] : undefined);
  });

  test('shares a limit that holds just then, however few were sent', async () => {
    const { hosts, guest } = operations(100);
    const permit = await guest.acquire({ deadline, turn });
    for (const host of hosts) await refuse(host, 1_000);
    if (permit.kind === 'entered') permit.release({ kind: 'limited', retryAfterMs: 1_000 });
    expect(guest.host).toBe(hosts[0]);
    expect(guest.heldMs).toBe(1_000);
  });

  test.each([
    [131, false],
    [133, true],
  ])('shares a limit of 300 that is a guess if half of it was used, as with %i', async (sent, shares) => {
    const { clock, hosts, guest } = operations(0);
    const [host = guest] = hosts;
    await send(host, 299);
    const permits = await Promise.all([1, 2, 3, 4, 5].map(() => host.acquire({ deadline, turn })));
    for (const permit of permits)
      if (permit.kind === 'entered') permit.release({ kind: 'limited', retryAfterMs: 1_000 });
    await clock.turn(1_000);
    await clock.until(send(host, 2), windowMs);
    await clock.turn(windowMs);
    await send(guest, sent);
    await refuse(guest, 1_000);
    expect(guest.host).toBe(shares ? host : undefined);
  });

  test.each([
    [100, 50, 0],
    [50, 100, 1],
    [100, 100, 0],
  ])('shares the highest of %i and %i', async (one, other, index) => {
    const { hosts, guest } = operations(one, other);
    await send(guest, 88);
    await refuse(guest, 1_000);
    expect(guest.host).toBe(hosts[index]);
  });

  test('leaves a shared limit if its wait is longer by more than a second, and shares none again', async () => {
    const { clock, hosts, guest } = operations(100);
    const [host = guest] = hosts;
    guest.share(host);
    await refuse(guest, 2_000);
    expect(guest.host).toBe(host);
    await clock.turn(2_000);
    await refuse(guest, 3_001);
    expect([guest.host, guest.heldMs, host.heldMs]).toEqual([undefined, 3_001, 0]);
    await clock.turn(10_000);
    await send(guest, 95);
    await refuse(guest, 1_000);
    expect(guest.host).toBeUndefined();
  });
});

describe('an operation with a limit of its own', () => {
  /** Lets both meet a 429 three times, so long after one another, and returns both. */
  async function refusedTogether(gapMs: number, isHostRefused = true) {
    const { clock, hosts, guest } = operations(100);
    const [host = guest] = hosts;
    guest.share(host);
    await refuse(guest, 5_000);
    for (let times = 0; times < 3; times += 1) {
      expect(guest.host).toBeUndefined();
      await clock.turn(gapMs - 100);
      for (const each of [host, guest]) await send(each, 1);
      await clock.turn(100);
      if (isHostRefused) await refuse(host, 1_000);
      await refuse(guest, 1_000);
    }
    return { clock, guest, host };
  }

  test('shares that of another once both hold for the third time together', async () => {
    const { guest, host } = await refusedTogether(600_000);
    expect(guest.host).toBe(host);
  });

  test('keeps it if ten minutes lie between', async () => {
    const { guest } = await refusedTogether(600_001);
    expect(guest.host).toBeUndefined();
  });

  test('keeps it if only its own holds, also when the limit of the other is used up once', async () => {
    const { clock, guest } = await refusedTogether(20_000, false);
    await clock.turn(10_000);
    await send(guest, 95);
    await refuse(guest, 1_000);
    expect(guest.host).toBeUndefined();
  });
});

describe('an operation shares a limit', () => {
  test('only with another that shares none, and if both may', () => {
    const { clock, hosts, guest } = operations(100, 100);
    const [host = guest, second = guest] = hosts;
    guest.share(guest);
    expect(guest.host).toBeUndefined();
    const documented = new OperationLimiter(clock, {});
    guest.share(documented);
    documented.share(host);
    expect([guest.host, documented.host]).toEqual([undefined, undefined]);
    guest.share(host);
    second.share(guest);
    expect(second.host).toBeUndefined();
    guest.share(second);
    expect(guest.host).toBe(host);
  });

  test('perhaps: what it sends counts there, but not that of readers', async () => {
    const { hosts, guest } = operations(100);
    await send(guest, 3);
    await send(guest, 4, newTurn('read'));
    expect(hosts.map((host) => host.copy().limit.starts)).toEqual([[[0, 'cancel', 3]]]);
  });

  test('perhaps: then it waits two windows beyond it at most', async () => {
    const { clock, guest } = operations(20);
    await send(guest, 20);
    await guest.acquire({ deadline, turn });
    const waiting = guest.acquire({ deadline, turn });
    let isIn = false;
    waiting.then(() => {
      isIn = true;
    });
    await clock.turn(2_039);
    expect(isIn).toBe(false);
    await clock.turn(1);
    expect(isIn).toBe(true);
  });

  test('no longer once more has passed than two windows of that limit allow', async () => {
    const { clock, guest } = operations(20);
    await send(guest, 45);
    await guest.acquire({ deadline, turn });
    expect(await clock.until(guest.acquire({ deadline, turn }), 1)).toMatchObject({ kind: 'entered' });
  });
});
