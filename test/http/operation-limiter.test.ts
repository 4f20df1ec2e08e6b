import { beforeEach, describe, expect, test } from 'vitest';
import { OperationLimiter } from '../../shared/http/rate-limit/operation-limiter.ts';
import type { Permit, Place } from '../../shared/http/rate-limit/permit.ts';
import { newTurn } from '../../shared/http/rate-limit/turn.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const turn = newTurn('cancel');
const deadline = Number.POSITIVE_INFINITY;

let clock: ManualClock;
let host: OperationLimiter;
let guest: OperationLimiter;
beforeEach(() => {
  clock = new ManualClock(0);
  const both = (): readonly OperationLimiter[] => [host, guest];
  host = new OperationLimiter(clock, {}, both);
  guest = new OperationLimiter(clock, {}, both);
});

function refuse(permit: Permit, retryAfterMs: number): void {
  if (permit.kind !== 'entered') throw new Error(permit.kind);
  permit.release({ kind: 'limited', retryAfterMs });
}

describe('a request that waits for the limit of another operation', () => {
  test('gives its place up, also after its own operation has left that limit', async () => {
    const [first, second] = [await host.acquire({ deadline, turn }), await guest.acquire({ deadline, turn })];
    guest.share(host);
    refuse(first, 1_000);
    let place: Place | undefined;
    const waiting = guest.acquire({ deadline, turn, queued: (its) => (place = its) });
    refuse(second, 60_000);
    place?.withdraw();
    expect(await clock.until(waiting, 5_000)).toEqual({ kind: 'withdrawn' });
  });

  test('waits on at that limit when its own operation joins it', async () => {
    const refused = await host.acquire({ deadline, turn });
    const other = await guest.acquire({ deadline, turn });
    refuse(refused, 1_000);
    refuse(other, 1_000);
    const waiting = guest.acquire({ deadline, turn });
    guest.share(host);
    expect(await clock.until(waiting, 5_000)).toMatchObject({ kind: 'entered' });
  });
});
