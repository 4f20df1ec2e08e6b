import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Caller, type CallerKind, callerKinds, unrestrictedRights } from '../../shared/access/caller.ts';
import { Approvals } from '../../shared/access/confirmation/approvals.ts';
import { Confirmations } from '../../shared/access/confirmation/confirmations.ts';
import { logOverdue } from '../../shared/access/confirmation/overdue.ts';
import type { Requester } from '../../shared/access/confirmation/types.ts';
import { can } from '../../shared/access/policy.ts';
import type { LogEntry } from '../../shared/lib/log.ts';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
import { type Driver, drivers } from '../store/drivers.ts';
import type { Host } from '../store/host.ts';
import { memoryHost } from '../store/memory-store.ts';
import { pepper } from '../support/configuration.ts';
import { cases, runs } from '../support/thorough.ts';

const agent: Requester = {
  id: 'agent',
  kind: 'agent',
  rights: { ...unrestrictedRights, selfConfirm: false },
};
const ada: Caller = { id: 'ada', kind: 'person', rights: unrestrictedRights };

/** Confirmations on a store, and what waits for a caller, page after page. */
async function deskOn(host: Host) {
  const store = await host.open();
  const { clock } = host;
  const parts = { store, clock, pepper: async () => pepper, confirmationMinutes: async () => 60 };
  const confirmations = new Confirmations(parts);
  const approvals = new Approvals(store, clock);
  const offer = async (jobs: readonly string[], by = agent) => {
    const named = jobs.map((job) => ({ provider: job.split('/')[0] ?? '', job_id: job.split('/')[1] ?? '' }));
    return (await confirmations.offer(by, named))?.id ?? '';
  };
  const pages = async (caller: Caller, limit: number) => {
    const found: string[][] = [];
    for (let after: string | undefined; found.length < 1_000; ) {
      const page = await approvals.waitingFor(caller, { after, limit });
      found.push(page.confirmations.map(({ id }) => id));
      if (page.next === undefined) return found;
      after = page.next;
    }
    throw new Error('the pages do not end');
  };
  const waiting = async (caller: Caller, limit = 100) => (await pages(caller, limit)).flat();
  return { store, clock, confirmations, approvals, offer, pages, waiting };
}

// A store in SQLite on a thread answers by the code of the one without: see test/store/laws.test.ts.
const tried = cases(Object.entries(drivers), ([name]) => name !== 'SQLite');

describe.each(tried)('what waits, on %s', (_name, start) => {
  let driver: Driver;
  beforeAll(async () => {
    driver = await start();
  });
  afterAll(() => driver.stop());
  const desk = async () => deskOn(await driver.host());

  it('is listed soonest expiry first, each once, however it is paged, while it waits', async () => {
    const { clock, approvals, offer, pages, waiting } = await desk();
    const ids: string[] = [];
    for (let number = 0; number < 7; number += 1) {
      ids.push(await offer([`sutro/${number}`]));
      clock.forward(1_000);
    }
    for (const limit of [1, 2, 3, 100]) expect(await waiting(ada, limit)).toEqual(ids);
    expect((await pages(ada, 3)).every(({ length }) => length <= 3)).toBe(true);
    await approvals.approve(ids[1] ?? '', ada);
    await approvals.close(ids[2] ?? '');
    const open = ids.filter((_, index) => index !== 1 && index !== 2);
    for (const limit of [1, 2, 100]) expect(await waiting(ada, limit)).toEqual(open);
    clock.forward(60 * 60_000 - 7_000);
    expect(await waiting(ada)).toEqual(open.slice(1));
    clock.forward(60 * 60_000);
    expect(await waiting(ada)).toEqual([]);
  });

  it('is listed once after it was closed, or had expired, and was asked for again', async () => {
    const { clock, approvals, offer, waiting } = await desk();
    const id = await offer(['sutro/a']);
    await approvals.close(id);
    clock.forward(1_000);
    expect(await offer(['sutro/a'])).toBe(id);
    expect(await waiting(ada)).toEqual([id]);
    clock.forward(60 * 60_000);
    expect(await waiting(ada)).toEqual([]);
    expect(await offer(['sutro/a'])).toBe(id);
    expect(await waiting(ada)).toEqual([id]);
  });

  it('fills a page with what still waits, if what was found first was answered', async () => {
    const { clock, approvals, offer, pages } = await desk();
    const ids: string[] = [];
    for (let number = 0; number < 8; number += 1) {
      ids.push(await offer([`sutro/${number}`]));
      clock.forward(1_000);
    }
    for (const id of ids.slice(0, 5)) await approvals.close(id);
    expect(await pages(ada, 2)).toEqual([ids.slice(5, 7), ids.slice(7)]);
  });

  it('is told of in the log after ten minutes, or half of its life, until it is answered; not if its caller can give it', async () => {
    const { store, clock, approvals, offer, confirmations } = await desk();
    const told = async () => {
      const entries: LogEntry[] = [];
      await logOverdue(store, clock, (entry) => void entries.push(entry));
      return entries.map(({ event }) => event);
    };
    await confirmations.offer({ ...ada, id: 'own' }, [{ provider: 'sutro', job_id: 'own' }]);
    const id = await offer(['sutro/a']);
    clock.forward(599_000);
    expect(await told()).toEqual([]);
    clock.forward(1_000);
    expect([await told(), await told()]).toEqual([['confirmation_waits'], ['confirmation_waits']]);
    await approvals.approve(id, ada);
    expect(await told()).toEqual([]);
    const brief = new Confirmations({ store, clock, pepper: async () => pepper });
    await brief.offer(agent, [{ provider: 'sutro', job_id: 'brief' }]);
    clock.forward(150_000);
    expect(await told()).toEqual(['confirmation_waits']);
    clock.forward(150_000);
    expect(await told()).toEqual([]);
  });

  it('says so if it is not known what is overdue', async () => {
    const { clock, store } = await desk();
    const list = () => Promise.reject(new StoreUnavailableError('not now', 'ECONNRESET'));
    const entries: LogEntry[] = [];
    await logOverdue({ ...store, list }, clock, (entry) => void entries.push(entry));
    expect(entries).toMatchObject([{ event: 'confirmations_unreadable', reason: 'ECONNRESET' }]);
  });

  it('has the time of the request, which stays if the request is repeated, whatever its life is', async () => {
    const { clock, approvals, offer } = await desk();
    const requestedAt = clock.wallTime();
    const asked = [
      await offer(['sutro/a']),
      await offer(['sutro/b'], { ...agent, rights: unrestrictedRights }),
    ];
    clock.forward(60_000);
    expect(await offer(['sutro/a'])).toBe(asked[0]);
    for (const id of asked) expect(await approvals.show(id)).toMatchObject({ requestedAt });
  });

  it('of two that ask at once is one, and of two who approve at once the first one did', async () => {
    const { approvals, offer, waiting } = await desk();
    const ids = await Promise.all([offer(['sutro/a']), offer(['sutro/a']), offer(['sutro/a'])]);
    expect(new Set(ids).size).toBe(1);
    const [id = ''] = ids;
    expect(await waiting(ada)).toEqual([id]);
    const bob = { ...ada, id: 'bob' };
    const faults = await Promise.all([ada, bob, ada, bob].map((each) => approvals.approve(id, each)));
    expect(faults).toEqual([undefined, undefined, undefined, undefined]);
    const first = (await approvals.show(id))?.approvedBy;
    expect(await approvals.approve(id, { ...ada, id: 'carol' })).toBeUndefined();
    expect((await approvals.show(id))?.approvedBy).toBe(first);
    expect(await waiting(ada)).toEqual([]);
  });

  it('shows the first jobs of a large one, and how many there are', async () => {
    const { approvals, offer } = await desk();
    await offer(Array.from({ length: 1_001 }, (_, index) => `sutro/job-${index}`));
    const { confirmations } = await approvals.waitingFor(ada, { limit: 10 });
    expect(confirmations).toMatchObject([{ jobsTotal: 1_001 }]);
    expect(confirmations[0]?.jobs).toHaveLength(400);
  });

  it('shows an operation with its count', async () => {
    const { confirmations, approvals } = await desk();
    const named = { id: 'op_1', jobs: 9_000, counts: { sutro: 8_000, ionq: 1_000 } };
    const shown = [{ provider: 'sutro', job_id: 'a' }];
    const how = { sendIfStatusUnknown: false };
    await confirmations.offerOperation(agent, { ...named, digest: 'operation x', shown, how });
    const page = await approvals.waitingFor(ada, { limit: 10 });
    expect(page.confirmations).toMatchObject([{ jobsTotal: 9_000, operation: named, jobs: shown }]);
  });
});

const connections = ['sutro', 'ionq', 'promptloop'];
const callerArbitrary = fc.record({
  id: fc.constantFrom('ada', 'bob', 'agent'),
  kind: fc.constantFrom(...callerKinds),
  mayConfirm: fc.boolean(),
  selfConfirm: fc.boolean(),
  at: fc.subarray(connections),
});
type Drawn = { id: string; kind: CallerKind; mayConfirm: boolean; selfConfirm: boolean; at: string[] };

function callerFrom({ id, kind, mayConfirm, selfConfirm, at }: Drawn): Caller {
  const actions = mayConfirm ? (['list', 'cancel', 'confirm'] as const) : (['list', 'cancel'] as const);
  return { id, kind, rights: { ...unrestrictedRights, actions, selfConfirm, connections: at } };
}

describe('what waits for a caller', () => {
  it('is exactly what this caller may approve: by its right at every connection, its kind, and whether it asked itself', async () => {
    const asked = fc.record({
      by: callerArbitrary,
      scope: fc.constantFrom(undefined, 'slack:T1:U1:C1'),
      at: fc.subarray(connections, { minLength: 1 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(asked, { maxLength: 6 }),
        callerArbitrary,
        fc.integer({ min: 1, max: 4 }),
        async (requests, drawn, limit) => {
          const { clock, approvals, offer, waiting } = await deskOn(memoryHost());
          const expected: string[] = [];
          const approver = callerFrom(drawn);
          for (const [index, { by, scope, at }] of requests.entries()) {
            const requester: Requester = { ...callerFrom({ ...by, selfConfirm: false }), scope };
            const id = await offer(
              at.map((name) => `${name}/${index}`),
              requester,
            );
            clock.forward(1);
            const isOwn = by.id === drawn.id;
            const mayAtAll = at.every((name) => can(approver, 'confirm', name));
            if (drawn.kind !== 'agent' && mayAtAll && (!isOwn || drawn.selfConfirm)) expected.push(id);
          }
          const listed = await waiting(approver, limit);
          expect(listed).toEqual(expected);
          for (const id of listed) expect(await approvals.approve(id, approver)).toBeUndefined();
        },
      ),
      { numRuns: runs(300, 100) },
    );
  });

  it('is listed wherever it was asked for, and its use stays bound to that place', async () => {
    const { confirmations, approvals, offer, waiting } = await deskOn(memoryHost());
    const inSlack: Requester = { ...agent, id: 'maya', kind: 'person', scope: 'slack:T1:U1:C1' };
    const id = await offer(['sutro/a'], inSlack);
    expect(await waiting(ada)).toEqual([id]);
    expect(await approvals.approve(id, ada)).toBeUndefined();
    const jobs = [{ provider: 'sutro', job_id: 'a' }];
    const { scope: _, ...elsewhere } = inSlack;
    expect(await confirmations.useApproved(elsewhere, jobs)).toMatchObject({ ok: false });
    expect(await confirmations.useApproved(inSlack, jobs)).toMatchObject({ ok: true, confirmedBy: 'ada' });
  });

  it('is found behind a thousand that wait for others', async () => {
    const { confirmations, offer, pages, waiting } = await deskOn(memoryHost());
    const onlyIonq = { ...ada, rights: { ...ada.rights, connections: ['ionq'] } };
    for (let number = 0; number < 1_100; number += 1)
      await confirmations.offer(agent, [{ provider: 'sutro', job_id: `${number}` }]);
    const id = await offer(['ionq/a']);
    const found = await pages(onlyIonq, 5);
    expect(found.flat().slice(-1)).toEqual(await waiting(onlyIonq));
    expect(found.flat()).toEqual([id]);
  }, 30_000);
});

describe('the life of a confirmation', () => {
  const own: Requester = { ...agent, id: 'robin', rights: { ...agent.rights, selfConfirm: true } };
  const lifeOf = async (by: Requester, minutes?: number) => {
    const host = memoryHost();
    const { clock } = host;
    const store = await host.open();
    const asked = minutes === undefined ? {} : { confirmationMinutes: async () => minutes };
    const confirmations = new Confirmations({ store, clock, pepper: async () => pepper, ...asked });
    const jobs = [{ provider: 'sutro', job_id: 'a' }];
    const offer = async () => (await confirmations.offer(by, jobs))?.expiresAt ?? 0;
    const approvals = new Approvals(store, clock);
    return { minutes: ((await offer()) - clock.wallTime()) / 60_000, clock, offer, approvals, confirmations };
  };

  it.each([
    ['somebody else is asked, by the configuration', agent, 1_440, 1_440],
    ['somebody else is asked, without a configuration', agent, undefined, 5],
    ['its caller may confirm for itself', own, 1_440, 5],
  ])('if %s', async (_name, by, configured, minutes) => {
    expect((await lifeOf(by, configured)).minutes).toBe(minutes);
  });

  it('begins with the first request: one that is repeated finds it, and makes it no longer', async () => {
    const { clock, offer, approvals, confirmations } = await lifeOf(agent, 1_440);
    const until = await offer();
    clock.forward(23 * 60 * 60_000);
    expect(await offer()).toBe(until);
    const id = (await confirmations.offer(agent, [{ provider: 'sutro', job_id: 'a' }]))?.id ?? '';
    expect(await approvals.approve(id, ada)).toBeUndefined();
    clock.forward(60 * 60_000);
    expect(await approvals.show(id)).toBeUndefined();
    expect(await offer()).toBe(until + 1_440 * 60_000);
  });

  it.each([1, 60, 1_440])('of %d minutes is over if the wall clock was set back since', async (minutes) => {
    const { clock, offer, approvals, confirmations } = await lifeOf(agent, minutes);
    const before = await offer();
    const id = (await confirmations.offer(agent, [{ provider: 'sutro', job_id: 'a' }]))?.id ?? '';
    clock.forward(-4_000);
    expect((await approvals.show(id))?.expiresAt).toBe(before);
    clock.forward(-60_000);
    expect(await approvals.show(id)).toBeUndefined();
    expect(await approvals.approve(id, ada)).toBe('unknown');
  });
});
