import { describe, expect, it } from 'vitest';
import { type Rights, unrestrictedRights } from '../../shared/access/caller.ts';
import { Approvals } from '../../shared/access/confirmation/approvals.ts';
import { Confirmations } from '../../shared/access/confirmation/confirmations.ts';
import { logOverdue } from '../../shared/access/confirmation/overdue.ts';
import { connectionsOf, type Requester } from '../../shared/access/confirmation/types.ts';
import {
  mayApprove,
  noteWaiting,
  readWaiting,
  waitingName,
  waitingNamePattern,
} from '../../shared/access/confirmation/waiting.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import type { Store } from '../../shared/store/store.ts';
import { memoryHost } from '../store/memory-store.ts';
import { pepper } from '../support/configuration.ts';

const callerOf = (id: string, rights: Partial<Rights> = {}): Requester => ({
  ...{ id, kind: 'program' },
  rights: { ...unrestrictedRights, ...rights },
});
const asker = callerOf('asker', { selfConfirm: false });
const ada = callerOf('ada');
const expiresAt = Date.parse('2026-03-01T13:00:00Z');
const any = () => true;

async function desk() {
  const host = memoryHost();
  const { clock } = host;
  const store = await host.open();
  const confirmations = new Confirmations({ store, clock, pepper: async () => pepper });
  const approvals = new Approvals(store, clock);
  const offer = async (job: string, provider = 'sutro') =>
    (await confirmations.offer(asker, [{ provider, job_id: job }]))?.id ?? '';
  return { store, clock, confirmations, approvals, offer };
}

/** Notes of confirmations that are not there, a millisecond apart: their ids are numbers in letters. */
async function noted(store: Store, count: number): Promise<string[]> {
  const names: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const id = `n${String(index).replaceAll(/[01]/g, (digit) => (digit === '0' ? 'x' : 'y'))}`.padStart(
      10,
      'a',
    );
    await noteWaiting(store, { id, caller: 'asker', connections: ['sutro'], jobs: index }, expiresAt + index);
    names.push(waitingName(id, expiresAt + index));
  }
  return names;
}

describe('the notes of what waits', () => {
  it('have names in the order of their end, and what was noted', async () => {
    const { store } = await desk();
    expect(waitingName('abcdefghj2', 12)).toBe('000000000000012-abcdefghj2');
    expect(waitingNamePattern.test(waitingName('abcdefghj2', expiresAt))).toBe(true);
    for (const text of ['', 'x000000000000012-abcdefghj2', '000000000000012-abcdefghj2x', '12-abcdefghj2'])
      expect(waitingNamePattern.test(text), text).toBe(false);
    const [name = ''] = await noted(store, 1);
    const id = name.slice(16);
    const waiting = [{ id, name, caller: 'asker', connections: ['sutro'], jobs: 0 }];
    expect(await readWaiting(store, { limit: 10 }, any)).toEqual({ waiting });
    await store.put('confirmations//000000000000001-abcdefghj2', '{"id":1}', { version: 0, expiresAt });
    expect(await readWaiting(store, { limit: 10 }, any)).toEqual({ waiting });
  });

  it('are read page by page, each once, and to the end of a page if none is wanted', async () => {
    const { store } = await desk();
    const names = await noted(store, 1_205);
    const all = async (limit: number, isWanted: (jobs: number) => boolean) => {
      const pages: string[][] = [];
      for (let after: string | undefined; pages.length < 99; ) {
        const page = await readWaiting(store, { after, limit }, ({ jobs }) => isWanted(jobs));
        pages.push(page.waiting.map(({ name }) => name));
        if (page.next === undefined) return pages;
        after = page.next;
      }
      throw new Error('the pages do not end');
    };
    expect((await all(500, any)).map(({ length }) => length)).toEqual([500, 500, 205]);
    expect((await all(205, any)).flat()).toEqual(names);
    expect((await all(1_000, any)).map(({ length }) => length)).toEqual([1_000, 205]);
    expect((await all(2_000, any)).map(({ length }) => length)).toEqual([1_000, 205]);
    expect(await all(3, (jobs) => jobs > 1_200)).toEqual([[], names.slice(1_201, 1_204), names.slice(1_204)]);
    expect(await all(3, (jobs) => jobs < 4)).toEqual([names.slice(0, 3), names.slice(3, 4), []]);
  });
});

describe('what waits for an approver', () => {
  it('is what it may approve, oldest first, as it was asked for', async () => {
    const { approvals, confirmations, offer, clock } = await desk();
    const first = await offer('a');
    clock.forward(1_000);
    const second = await offer('b', 'ionq');
    const found = await approvals.waitingFor(ada, { limit: 10 });
    expect(found.next).toBeUndefined();
    expect(found.confirmations).toMatchObject([
      {
        id: first,
        caller: 'asker',
        jobsTotal: 1,
        state: 'pending',
        jobs: [{ provider: 'sutro', job_id: 'a' }],
      },
      { id: second, jobs: [{ provider: 'ionq', job_id: 'b' }] },
    ]);
    const atSutro = await approvals.waitingFor(callerOf('eve', { connections: ['sutro'] }), { limit: 10 });
    expect(atSutro.confirmations.map(({ id }) => id)).toEqual([first]);
    expect((await approvals.waitingFor(asker, { limit: 10 })).confirmations).toEqual([]);
    expect(await approvals.countPending()).toBe(2);
    await approvals.approve(first, ada);
    expect(await approvals.countPending()).toBe(1);
    await confirmations.useApproved(asker, [{ provider: 'sutro', job_id: 'a' }]);
    expect(await approvals.countPending()).toBe(1);
    await approvals.close(second);
    expect(await approvals.countPending()).toBe(0);
    expect(await approvals.waitingFor(ada, { limit: 10 })).toEqual({ confirmations: [], next: undefined });
  });

  it('is looked for five times at most where what was found waits no more', async () => {
    const { approvals, store, offer } = await desk();
    const names = await noted(store, 5);
    const last = await offer('a');
    const far = await approvals.waitingFor(ada, { limit: 1 });
    expect(far.confirmations.map(({ id }) => id)).toEqual([last]);
    const { store: other, approvals: there } = await desk();
    const many = await noted(other, 9);
    expect(await there.waitingFor(ada, { limit: 1 })).toEqual({ confirmations: [], next: many[4] });
    expect(await there.waitingFor(ada, { limit: 1, after: many[4] })).toEqual({
      ...{ confirmations: [], next: undefined },
    });
    expect(names).toHaveLength(5);
  });

  it('is shown once where it was asked for again, and not where its jobs are gone', async () => {
    const { approvals, store, clock, offer } = await desk();
    const id = await offer('a');
    await approvals.close(id);
    clock.forward(1);
    expect(await offer('a')).toBe(id);
    expect((await approvals.waitingFor(ada, { limit: 10 })).confirmations.map((each) => each.id)).toEqual([
      id,
    ]);
    expect(await approvals.countPending()).toBe(1);
    const record = JSON.parse((await store.get(`confirmation/${id}`))?.value ?? '{}');
    const key = `confirmation/${id}/${record.nonce}/0`;
    const stored = await store.get(key);
    await store.put(key, 'nothing', { version: stored?.version ?? 0, expiresAt: record.expiresAt });
    expect((await approvals.waitingFor(ada, { limit: 10 })).confirmations).toEqual([]);
  });
});

describe('a confirmation that waits for another', () => {
  const events = async (store: Store, clock: { wallTime(): number }) => {
    const logged: object[] = [];
    await logOverdue(store, { ...systemClock, wallTime: () => clock.wallTime() }, (entry) =>
      logged.push(entry),
    );
    return logged;
  };
  const waits = [{ level: 'warn', event: 'confirmation_waits' }];

  it.each([
    [5, 150_000],
    [10, 300_000],
    [60, 600_000],
  ])('is overdue after half of its %i minutes or after ten, as long as it waits', async (minutes, dueMs) => {
    const host = memoryHost();
    const { clock } = host;
    const store = await host.open();
    const parts = { store, clock, pepper: async () => pepper, confirmationMinutes: async () => minutes };
    const confirmations = new Confirmations(parts);
    const approvals = new Approvals(store, clock);
    const jobs = [{ provider: 'sutro', job_id: 'a' }];
    await confirmations.offer(ada, [{ provider: 'sutro', job_id: 'own' }]);
    const { id = '' } = (await confirmations.offer(asker, jobs)) ?? {};
    clock.forward(dueMs - 1);
    expect(await events(store, clock)).toEqual([]);
    clock.forward(1);
    expect(await events(store, clock)).toEqual(waits);
    await approvals.close(id);
    expect(await events(store, clock)).toEqual([]);
    await confirmations.offer(asker, jobs);
    expect(await events(store, clock)).toEqual([]);
    clock.forward(dueMs);
    expect(await events(store, clock)).toEqual(waits);
  });

  it('is looked for among a hundred, and a store that fails is only logged', async () => {
    const { store, clock, offer } = await desk();
    await noted(store, 99);
    await offer('a');
    clock.forward(200_000);
    expect(await events(store, clock)).toEqual(waits);
    const broken = { ...store, list: () => Promise.reject(new Error('gone')) };
    expect(await events(broken, clock)).toMatchObject([
      { level: 'error', event: 'confirmations_unreadable' },
    ]);
  });
});

it('needs the right at each connection, which are those of the jobs or of the operation', () => {
  const jobs = ['sutro', 'ionq', 'sutro'].map((provider) => ({ provider, job_id: provider }));
  expect(connectionsOf({ jobs })).toEqual(['sutro', 'ionq']);
  const operation = { id: 'op_1', jobs: 2, counts: { lab: 1, sutro: 1 } };
  expect(connectionsOf({ jobs, operation })).toEqual(['lab', 'sutro']);
  const request = { caller: 'asker', connections: ['sutro', 'ionq'] };
  expect(mayApprove(ada, request)).toBe(true);
  expect(mayApprove(callerOf('eve', { connections: ['ionq'] }), request)).toBe(false);
  expect(mayApprove(callerOf('eve', { actions: ['list'] }), { ...request, connections: [] })).toBe(false);
  expect(mayApprove({ ...ada, kind: 'agent' }, request)).toBe(false);
});
