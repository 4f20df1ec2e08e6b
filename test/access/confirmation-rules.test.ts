import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Rights, unrestrictedRights } from '../../shared/access/caller.ts';
import { Approvals } from '../../shared/access/confirmation/approvals.ts';
import { Confirmations } from '../../shared/access/confirmation/confirmations.ts';
import type { ConfirmationParts } from '../../shared/access/confirmation/lifetime.ts';
import {
  confirmationIdIn,
  constantTimeEqual,
  digestOf,
  idOf,
  macOf,
  readable,
} from '../../shared/access/confirmation/token.ts';
import type { ConfirmedHow, JobShown, Requester } from '../../shared/access/confirmation/types.ts';
import { voidConfirmations } from '../../shared/access/confirmation/void-all.ts';
import { plausibleSkewMs } from '../../shared/lib/clock.ts';
import { type Memory, memoryHost, memoryStore } from '../store/memory-store.ts';
import { pepper } from '../support/configuration.ts';

const callerOf = (
  id: string,
  rights: Partial<Rights> = {},
  kind: Requester['kind'] = 'person',
): Requester => ({
  ...{ id, kind },
  rights: { ...unrestrictedRights, ...rights },
});
const maya = callerOf('maya');
const agent = callerOf('agent', { selfConfirm: false }, 'agent');
const bob = callerOf('bob');
const jobs: readonly JobShown[] = [
  { provider: 'sutro', job_id: 'a' },
  { provider: 'ionq', job_id: 'b' },
];
const minute = 60_000;
const personAtClient = 'the person at the client';

/** Confirmations on one store in memory, whose values can be seen. */
async function desk(more: Partial<ConfirmationParts> = {}) {
  const seen: Memory[] = [];
  const host = memoryHost((memory, clock) => {
    seen.push(memory);
    return memoryStore(memory, clock);
  });
  const { clock } = host;
  const store = await host.open();
  const parts = { store, clock, pepper: async () => pepper, ...more };
  const confirmations = new Confirmations(parts);
  const approvals = new Approvals(store, clock);
  const offer = async (by = maya, how?: ConfirmedHow, of = jobs) => {
    const { id = '', token = '' } = (await confirmations.offer(by, of, how)) ?? {};
    return { id, token };
  };
  return { store, clock, confirmations, approvals, offer, values: seen[0]?.values ?? new Map() };
}

const no = (fault: string) => ({ ok: false, fault });

describe('an offer', () => {
  it('has a token for a caller that may confirm its own, and is the same until it is used', async () => {
    const { confirmations, clock } = await desk();
    const first = await confirmations.offer(maya, jobs);
    expect(first).toEqual({
      id: expect.stringMatching(/^[a-z2-9]{10}$/),
      expiresAt: clock.wallTime() + 5 * minute,
      isNew: true,
      token: expect.stringMatching(new RegExp(`^${first?.id}\\.[\\w-]{43}$`)),
    });
    clock.forward(1_000);
    expect(await confirmations.offer(maya, jobs.toReversed())).toEqual({ ...first, isNew: false });
    await confirmations.use(first?.token ?? '', maya);
    const second = await confirmations.offer(maya, jobs);
    expect(second).toMatchObject({ id: first?.id, isNew: true });
    expect(second?.token).not.toBe(first?.token);
  });

  it('has no token for another, and stays as it is when it is approved', async () => {
    const { confirmations, approvals } = await desk();
    const { id = '', ...offered } = (await confirmations.offer(agent, jobs)) ?? {};
    expect(offered).not.toHaveProperty('token');
    await approvals.approve(id, bob);
    expect(await confirmations.offer(agent, jobs)).toMatchObject({ id, isNew: false });
    expect(await confirmations.useApproved(agent, jobs)).toMatchObject({ ok: true, confirmedBy: 'bob' });
  });

  it.each<[string, Requester, number | undefined, number]>([
    ['five minutes if its caller confirms it', maya, 20, 5],
    ['five minutes where nothing else is said', agent, undefined, 5],
    ['as long as is said if another confirms it', agent, 20, 20],
  ])('lives %s', async (_, caller, minutes, expected) => {
    const more = minutes === undefined ? {} : { confirmationMinutes: async () => minutes };
    const { confirmations, approvals, clock } = await desk(more);
    const { id = '', expiresAt } = (await confirmations.offer(caller, jobs)) ?? {};
    expect(expiresAt).toBe(clock.wallTime() + expected * minute);
    clock.forward(expected * minute - 1);
    expect(await approvals.show(id)).toMatchObject({ id });
    clock.forward(1);
    expect(await approvals.show(id)).toBeUndefined();
    expect(await approvals.approve(id, bob)).toBe('unknown');
    expect(await approvals.close(id)).toBe('unknown');
  });

  it('of an operation lives an hour, or as long as is said', async () => {
    const operation = { id: 'op_1', jobs: 3, counts: { sutro: 3 }, digest: 'x', shown: jobs };
    const how = { sendIfStatusUnknown: false };
    for (const [more, minutes] of [
      [{}, 60],
      [{ confirmationMinutes: async () => 20 }, 20],
    ] as const) {
      const { confirmations, clock } = await desk(more);
      const { expiresAt } = (await confirmations.offerOperation(maya, { ...operation, how })) ?? {};
      expect(expiresAt).toBe(clock.wallTime() + minutes * minute);
    }
  });

  it('that seems to live longer than it may is none: the clock was set back', async () => {
    const { approvals, offer, clock } = await desk();
    const { id } = await offer();
    clock.forward(-plausibleSkewMs);
    expect(await approvals.show(id)).toMatchObject({ id });
    clock.forward(-1);
    expect(await approvals.show(id)).toBeUndefined();
  });

  it('needs the secret, and so does every use', async () => {
    const { confirmations } = await desk({ pepper: async () => undefined });
    expect(await confirmations.offer(maya, jobs)).toBeUndefined();
    const other = await desk();
    const { id, token } = await other.offer();
    const blind = new Confirmations({ ...other, pepper: async () => undefined });
    const operation = { digest: 'x', how: { sendIfStatusUnknown: false } };
    expect(await blind.use(token, maya)).toEqual(no('unknown'));
    expect(await blind.peek(token, maya)).toEqual(no('unknown'));
    expect(await blind.useApproved(maya, jobs)).toEqual(no('unknown'));
    expect(await blind.useOperation(id, maya, operation)).toEqual(no('unknown'));
    const reseeded = new Confirmations({ ...other, pepper: async () => 'another pepper of 32 characters.' });
    expect(await reseeded.use(token, maya)).toEqual(no('unknown'));
    expect(await other.confirmations.use(token, maya)).toMatchObject({ ok: true });
  });
});

describe('what was confirmed', () => {
  const how: ConfirmedHow = {
    ...{ sendIfStatusUnknown: true, waitSeconds: 5, reason: 'wrong ansatz' },
    selector: { state: 'running' },
  };
  const plainHow = {
    sendIfStatusUnknown: false,
    waitSeconds: undefined,
    reason: undefined,
    selector: undefined,
  };

  it('is shown and used as it was asked for', async () => {
    const { approvals, confirmations, offer, clock } = await desk();
    const { id, token } = await offer(maya, how);
    const shown = { id, caller: 'maya', requestedAt: clock.wallTime(), state: 'pending', how };
    const expected = { ...shown, expiresAt: clock.wallTime() + 5 * minute, jobs };
    expect(await approvals.show(id)).toEqual(expected);
    expect(await confirmations.use(token, maya)).toEqual({ ok: true, id, confirmedBy: 'maya', how });
    expect(await approvals.show(id)).toEqual({ ...expected, state: 'used' });
    const plain = await offer(maya);
    expect(plain.id).not.toBe(id);
    expect((await approvals.show(plain.id))?.how).toStrictEqual(plainHow);
  });

  it('has of each job what was known of it, and as many jobs as there were', async () => {
    const { approvals, confirmations, offer, values } = await desk();
    const details: readonly JobShown[] = [
      { provider: 'a', job_id: '1', state: 'running', name: 'n', created_at: 't', owner: 'o' },
      { provider: 'b', job_id: '2', state: 'queued' },
      { provider: 'c', job_id: '3', name: 'n' },
      { provider: 'd', job_id: '4', created_at: 't' },
      { provider: 'e', job_id: '5', owner: 'o' },
    ];
    expect((await approvals.show((await offer(maya, how, details)).id))?.jobs).toStrictEqual(details);
    const many = Array.from({ length: 801 }, (_, index) => ({ provider: 'sutro', job_id: `job-${index}` }));
    const { id, token } = await offer(maya, how, many);
    expect(await confirmations.peek(token, maya)).toEqual({ ok: true, jobs: many });
    const chunks = [...values.keys()].filter((key) =>
      new RegExp(`^confirmation/${id}/[\\w-]+/\\d+$`).test(key),
    );
    expect(chunks.map((key) => JSON.parse(values.get(key)?.value ?? '').length)).toEqual([400, 400, 1]);
    const { confirmations: listed } = await approvals.waitingFor(bob, { limit: 9 });
    expect(listed.find((each) => each.id === id)).toMatchObject({ jobsTotal: 801, jobs: many.slice(0, 400) });
  });

  it('is not to be had if its jobs are gone, are others or cannot be read', async () => {
    for (const change of [undefined, '[["sutro","c"]]', '{']) {
      const { approvals, confirmations, offer, values } = await desk();
      const { id, token } = await offer();
      const [key = ''] = [...values.keys()].filter((each) => each.endsWith('/0'));
      const stored = values.get(key);
      if (change === undefined || stored === undefined) values.delete(key);
      else values.set(key, { ...stored, value: change });
      expect(await confirmations.peek(token, maya)).toEqual(no('unknown'));
      if (change !== '[["sutro","c"]]') expect(await approvals.show(id)).toBeUndefined();
    }
  });

  it('shows a state that calloff no longer knows as none, and a record that it cannot read as none', async () => {
    const { approvals, offer, values } = await desk();
    const { id } = await offer();
    for (const [key, stored] of values)
      if (key.endsWith('/0'))
        values.set(key, { ...stored, value: '[["sutro","a","melted",null,null,null]]' });
    expect((await approvals.show(id))?.jobs).toStrictEqual([{ provider: 'sutro', job_id: 'a' }]);
    const record = values.get(`confirmation/${id}`);
    if (record !== undefined) values.set(`confirmation/${id}`, { ...record, value: '{"caller":"maya"}' });
    expect(await approvals.show(id)).toBeUndefined();
  });
});

describe('a use', () => {
  it('is of the same jobs in the same way, by the same caller, once', async () => {
    const { confirmations, offer } = await desk();
    const { id, token } = await offer();
    const attempts: readonly [string, Requester, object, string][] = [
      ['', maya, {}, 'unknown'],
      [id.slice(1), maya, {}, 'unknown'],
      [id.toUpperCase(), maya, {}, 'unknown'],
      ['aaaaaaaaaa', maya, {}, 'unknown'],
      [token, bob, {}, 'unknown'],
      [`${token.slice(0, -2)}AA`, maya, {}, 'unknown'],
      [`${id}.`, maya, {}, 'unknown'],
      [token, maya, { jobs: jobs.slice(1) }, 'other_jobs'],
      [token, maya, { sendIfStatusUnknown: true }, 'other_how'],
      [id, maya, { jobs }, 'not_confirmed'],
      [token, callerOf('maya', { selfConfirm: false }), {}, 'not_confirmed'],
    ];
    for (const [claim, caller, restated, fault] of attempts) {
      expect(await confirmations.peek(claim, caller, restated), claim).toEqual(no(fault));
      expect(await confirmations.use(claim, caller, restated), claim).toEqual(no(fault));
      if (Object.keys(restated).length === 0)
        expect(await confirmations.withdraw(claim, caller), claim).toBe(fault);
    }
    const restated = { jobs: jobs.toReversed(), sendIfStatusUnknown: false };
    expect(await confirmations.use(token, maya, restated)).toMatchObject({ ok: true });
    for (const claim of [token, id]) {
      expect(await confirmations.use(claim, maya)).toEqual(no('used'));
      expect(await confirmations.peek(claim, maya)).toEqual(no('used'));
    }
  });

  it('of what was approved needs no token, and says who approved', async () => {
    const { approvals, confirmations, offer } = await desk();
    const { id } = await offer(agent);
    expect(await confirmations.useApproved(agent, jobs)).toEqual(no('not_confirmed'));
    expect(await approvals.approve(id, bob)).toBeUndefined();
    expect(await confirmations.useApproved(agent, jobs, true)).toEqual(no('unknown'));
    expect(await confirmations.useApproved(agent, jobs.slice(1))).toEqual(no('unknown'));
    expect(await confirmations.peek(id, agent, { jobs })).toEqual({ ok: true, jobs });
    expect(await confirmations.use(id, agent, { jobs })).toMatchObject({ ok: true, confirmedBy: 'bob' });
    expect(await confirmations.useApproved(agent, jobs)).toEqual(no('used'));
  });

  it('of an operation may be repeated, because it starts once', async () => {
    const { approvals, confirmations } = await desk();
    const operation = { digest: 'start of op_1', how: { sendIfStatusUnknown: false } };
    const named = { id: 'op_1', jobs: 3, counts: { sutro: 2, ionq: 1 } };
    const { id = '', token = '' } =
      (await confirmations.offerOperation(maya, { ...operation, ...named, shown: jobs })) ?? {};
    expect((await approvals.show(id))?.operation).toEqual(named);
    expect(await confirmations.useOperation(undefined, maya, operation)).toEqual(no('not_confirmed'));
    expect(await confirmations.useOperation('?', maya, operation)).toEqual(no('unknown'));
    expect(await confirmations.useOperation(token, maya, { ...operation, digest: 'y' })).toEqual(
      no('other_jobs'),
    );
    const otherwise = { ...operation, how: { sendIfStatusUnknown: true } };
    expect(await confirmations.useOperation(token, maya, otherwise)).toEqual(no('other_how'));
    const used = { ok: true, id, confirmedBy: 'maya' };
    for (const claim of [token, token, id, undefined])
      expect(await confirmations.useOperation(claim, maya, operation)).toMatchObject(used);
    expect(await confirmations.use(token, maya)).toEqual(no('used'));
    await approvals.close(id);
    const closed = await desk();
    const offered = await closed.confirmations.offerOperation(maya, { ...operation, ...named, shown: jobs });
    await closed.approvals.close(offered?.id ?? '');
    expect(await closed.confirmations.useOperation(offered?.token, maya, operation)).toEqual(no('used'));
  });
});

describe('an approval', () => {
  it.each<[string, Requester, 'not_allowed' | undefined]>([
    ['another person', bob, undefined],
    ['another program', callerOf('ci', {}, 'program'), undefined],
    ['an agent, even with the right', callerOf('helper', { selfConfirm: true }, 'agent'), 'not_allowed'],
    ['its own caller, if that may confirm its own', callerOf('asker'), undefined],
    ['its own caller otherwise', callerOf('asker', { selfConfirm: false }), 'not_allowed'],
    ['a person without the right', callerOf('eve', { actions: ['list', 'cancel'] }), 'not_allowed'],
    [
      'a person with the right at one of its connections',
      callerOf('eve', { connections: ['sutro'] }),
      'not_allowed',
    ],
  ])('may be given by %s: %s', async (_, approver, fault) => {
    const { approvals, offer } = await desk();
    const { id } = await offer(callerOf('asker', { selfConfirm: false }));
    expect(await approvals.approve(id, approver)).toBe(fault);
    const waits = fault === undefined ? { state: 'approved', approvedBy: approver.id } : { state: 'pending' };
    expect(await approvals.show(id)).toMatchObject(waits);
    expect((await approvals.waitingFor(approver, { limit: 5 })).confirmations).toHaveLength(0);
  });

  it('stays that of the first, until it is used or closed', async () => {
    const { approvals, confirmations, offer } = await desk();
    const { id } = await offer(agent);
    expect(await approvals.approve('aaaaaaaaaa', bob)).toBe('unknown');
    expect(await approvals.approve(id, bob)).toBeUndefined();
    expect(await approvals.approve(id, maya)).toBeUndefined();
    expect((await approvals.show(id))?.approvedBy).toBe('bob');
    await confirmations.use(id, agent);
    expect(await approvals.approve(id, maya)).toBe('used');
    expect(await approvals.close(id)).toBe('used');
    const again = await offer(agent);
    expect(await approvals.close(again.id)).toBeUndefined();
    expect(await approvals.close(again.id)).toBe('used');
    expect(await approvals.show(again.id)).toMatchObject({ state: 'closed' });
    expect(await confirmations.useApproved(agent, jobs)).toEqual(no('used'));
  });

  it('at the client is that of the person there, who may use it at once', async () => {
    const { approvals, confirmations, offer } = await desk();
    const { id } = await offer(agent);
    expect(await approvals.approveAtClient(id)).toBeUndefined();
    expect(await approvals.show(id)).toMatchObject({ state: 'approved', approvedBy: personAtClient });
    expect(await approvals.useAtClient(id)).toBeUndefined();
    expect(await approvals.show(id)).toMatchObject({ state: 'used', approvedBy: personAtClient });
    expect(await approvals.useAtClient(id)).toBe('used');
    expect(await confirmations.useApproved(agent, jobs)).toEqual(no('used'));
  });
});

it('is void after a restore, which says how many could still have been used', async () => {
  const { approvals, confirmations, offer, values } = await desk();
  const how = (reason: string) => ({ sendIfStatusUnknown: false, reason });
  const asked = ['open', 'approved', 'used', 'closed'].map((job) => [{ provider: 'sutro', job_id: job }]);
  const [, approved, used, closed] = await Promise.all(asked.map((of) => offer(maya, how('r'), of)));
  await approvals.approve(approved?.id ?? '', bob);
  await confirmations.use(used?.token ?? '', maya);
  await approvals.close(closed?.id ?? '');
  const taken: string[] = [];
  const open = voidConfirmations((beginning) => {
    taken.push(beginning);
    return [...values].filter(([key]) => key.startsWith(beginning)).map(([, stored]) => stored);
  });
  expect(open).toBe(2);
  expect(taken).toEqual(['confirmations//', 'confirmation/']);
});

describe('an id and a token', () => {
  it('are read from what is presented', () => {
    expect(confirmationIdIn('abcdefghj2')).toBe('abcdefghj2');
    expect(confirmationIdIn('abcdefghj2.mac.more')).toBe('abcdefghj2');
    for (const text of [
      '',
      'abcdefghj',
      'abcdefghj22',
      'abcdefghj1',
      ' abcdefghj2',
      'Abcdefghj2',
      '.abcdefghj2',
    ])
      expect(confirmationIdIn(text), text).toBeUndefined();
    expect(readable(Uint8Array.from([0, 1, 31, 32, 255]))).toBe('ab9a9');
    expect(constantTimeEqual('a', 'a')).toBe(true);
    expect(constantTimeEqual('a', 'b')).toBe(false);
  });

  it('are made from all that they are bound to, and from nothing else', () => {
    const digest = createHash('sha256').update('ionq/b\nsutro/a').digest('base64url');
    expect(digestOf(jobs)).toBe(digest);
    const asked = { digest, sendIfStatusUnknown: false };
    const ids = [
      idOf(maya, asked, pepper),
      idOf(bob, asked, pepper),
      idOf({ ...maya, scope: 'here' }, asked, pepper),
      idOf(maya, { ...asked, digest: 'x' }, pepper),
      idOf(maya, { ...asked, sendIfStatusUnknown: true }, pepper),
      idOf(maya, asked, `${pepper}x`),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    expect(idOf(callerOf('maya', { selfConfirm: false }), asked, pepper)).toBe(ids[0]);
    const record = {
      ...{ caller: 'maya', digest, chunks: 1, nonce: 'n', expiresAt: 1 },
      state: 'pending',
    } as const;
    const macs = [
      macOf('id', record, pepper),
      macOf('other', record, pepper),
      macOf('id', { ...record, caller: 'bob' }, pepper),
      macOf('id', { ...record, digest: 'x' }, pepper),
      macOf('id', { ...record, nonce: 'm' }, pepper),
      macOf('id', { ...record, expiresAt: 2 }, pepper),
      macOf('id', { ...record, send_if_status_unknown: true }, pepper),
      macOf('id', { ...record, scope: 'here' }, pepper),
      macOf('id', record, `${pepper}x`),
    ];
    expect(new Set(macs).size).toBe(macs.length);
    expect(macOf('id', { ...record, state: 'approved', approvedBy: 'bob' }, pepper)).toBe(macs[0]);
  });
});
