import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ProviderName, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { Rights } from '../../shared/access/caller.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { createGateway, type Gateway } from '../../shared/gateway.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { openSqliteStore } from '../../shared/store/sqlite/store.ts';
import type { Store } from '../../shared/store/store.ts';
import { callBy, watchedGateway } from '../audit/support.ts';
import { connectionsTo } from '../support/harness.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { casesAt, runs } from '../support/thorough.ts';

/** Every kind of limit and rule, none of which stands in the way. */
const limited: Partial<Rights> = {
  cancelsPerMinute: 1_000_000,
  readsPerMinute: 1_000_000,
  confirmAbove: 1_000_000,
  allow: [{ connection: 'ionq' }, { name: 'sweep*' }],
  deny: [{ id: 'not-*' }, { connection: 'sutro', name: '*keep*' }],
};
const protectedJobs = [{ id: 'precious-*' }, { connection: 'ionq', name: '*production*' }];

let sandbox: Sandbox;
let store: Store;
let watched: Gateway;
let bare: Gateway;
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  store = await openSqliteStore({ folder: freshFolder(), clock: systemClock });
  const connections = connectionsTo(sandbox);
  watched = watchedGateway({ store, connections, protectedJobs });
  bare = createGateway({
    connections: async () => connections,
    credentials: credentialFromSettings,
    budgetMs: 120_000,
  });
});
afterAll(async () => {
  await store.close();
  await sandbox.close();
});

/** Medians in milliseconds of cancels of so many jobs, with the audit and the policy, and without, by turns. */
async function compare(
  provider: ProviderName,
  count: number,
  { rounds, delayMs }: { rounds: number; delayMs: number },
) {
  const twin = sandbox.providers[provider];
  twin.reset();
  if (delayMs > 0) twin.setFault({ kind: 'delay', ms: delayMs });
  const cancel = async (gateway: Gateway, rights: Partial<Rights>) => {
    const ids = twin.addJobs(count, { state: 'running', settlesInMs: 0, name: 'sweep 7' });
    const jobs = ids.map((job_id) => ({ provider, job_id }));
    const startedAt = performance.now();
    await gateway.cancelJobs({ jobs, reason: 'wrong ansatz' }, callBy('ada', rights));
    const took = performance.now() - startedAt;
    expect(ids.every((id) => twin.job(id)?.state === 'cancelled')).toBe(true);
    return took;
  };
  const times = { on: [0], off: [0] };
  for (let round = -5; round < rounds; round += 1) {
    const off = async () => times.off.push(await cancel(bare, {}));
    if (round % 2 === 0) await off();
    times.on.push(await cancel(watched, limited));
    if (round % 2 !== 0) await off();
    if (round < 0) Object.assign(times, { on: [], off: [] });
  }
  // Pairs that ran one after the other are compared: what comes and goes on the machine is the same for both.
  const more = median(times.on.map((ms, round) => ms - (times.off[round] ?? Number.NaN)));
  const off = median(times.off);
  const jobs = count === 1 ? '1 job' : `${count} jobs`;
  process.stdout.write(
    `${provider}, ${jobs}, answers after ${delayMs} ms: ${off.toFixed(2)} ms without the audit, ${more.toFixed(2)} more with it, ratio ${(1 + more / off).toFixed(3)}\n`,
  );
  return { ratio: 1 + more / off, more, off };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN;
}

describe('with the audit and every limit on, a cancel', () => {
  // `quietMs`: how long such a cancel takes on a quiet machine of the usual speed where no provider takes any time.
  const compared = [
    ['sutro', 1, runs(80, 25), 1.5],
    ['ionq', 1, 80, 1.5],
    ['sutro', 100, 25, 7],
    ['ionq', 100, runs(40, 15), 7],
  ] as const;
  test.each(casesAt(compared, 3))(
    'at %s of %i takes a tenth longer at most, where a provider answers after 5 ms',
    { retry: 2 },
    async (provider, count, rounds, quietMs) => {
      // A slow machine stretches what calloff computes, and not the time of the provider.
      const { off } = await compare(provider, count, { rounds: 7, delayMs: 0 });
      const { ratio } = await compare(provider, count, { rounds, delayMs: 5 });
      expect(ratio).toBeLessThanOrEqual(1 + 0.1 * Math.max(1, off / quietMs));
    },
  );

  // No provider answers at once: here the time of the store stands beside next to nothing, and is itself what is held.
  const atOnce = [
    ['sutro', 1, runs(200, 50), { quietMs: 1.5, mostMs: 2 }],
    ['ionq', 1, 200, { quietMs: 1.5, mostMs: 2 }],
    ['ionq', 100, runs(50, 17), { quietMs: 7, mostMs: 8 }],
  ] as const;
  test.each(casesAt(atOnce, 0))(
    'at %s of %i takes little longer where it answers at once',
    { retry: 2 },
    async (provider, count, rounds, { quietMs, mostMs }) => {
      const { more, off } = await compare(provider, count, { rounds, delayMs: 0 });
      // A busy machine stretches both.
      expect(more).toBeLessThan(mostMs * Math.max(1, off / quietMs));
    },
  );
});
