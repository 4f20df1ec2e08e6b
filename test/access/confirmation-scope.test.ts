import { describe, expect, it } from 'vitest';
import { unrestrictedRights } from '../../shared/access/caller.ts';
import { Approvals } from '../../shared/access/confirmation/approvals.ts';
import { Confirmations } from '../../shared/access/confirmation/confirmations.ts';
import type { Requester } from '../../shared/access/confirmation/types.ts';
import { memoryHost } from '../store/memory-store.ts';
import { pepper } from '../support/configuration.ts';

const jobs = [{ provider: 'sutro', job_id: 'a' }];
const here: Requester = { id: 'maya', kind: 'person', rights: unrestrictedRights, scope: 'slack:T1:U1:C1' };
const elsewhere: Requester = { ...here, scope: 'slack:T1:U1:C2' };
const { scope: _, ...nowhere } = here;

async function offered(asker: Requester) {
  const host = memoryHost();
  const { clock } = host;
  const store = await host.open();
  const confirmations = new Confirmations({ store, clock, pepper: async () => pepper });
  const approvals = new Approvals(store, clock);
  const { id = '', token = '' } = (await confirmations.offer(asker, jobs)) ?? {};
  return { confirmations, approvals, id, token };
}

describe('a confirmation that was offered somewhere', () => {
  it.each<[string, Requester, Requester]>([
    ['here, not elsewhere', here, elsewhere],
    ['here, not where there is no place', here, nowhere],
    ['where there is no place, not here', nowhere, here],
  ])('serves %s', async (_name, asker, other) => {
    const { confirmations, token } = await offered(asker);
    const unknown = { ok: false, fault: 'unknown' };
    expect(await confirmations.peek(token, other)).toEqual(unknown);
    expect(await confirmations.use(token, other)).toEqual(unknown);
    expect(await confirmations.useApproved(other, jobs)).toEqual(unknown);
    expect(await confirmations.withdraw(token, other)).toBe('unknown');
    expect(await confirmations.use(token, asker, { jobs })).toMatchObject({ ok: true, confirmedBy: 'maya' });
  });

  it('is another than the one of the same jobs elsewhere', async () => {
    const ids = await Promise.all([here, elsewhere, nowhere].map(async (asker) => (await offered(asker)).id));
    expect(new Set(ids).size).toBe(3);
  });

  it('works for its caller after an approval, in the same scope only', async () => {
    const { confirmations, approvals, id } = await offered(here);
    expect(
      await approvals.approve(id, { id: 'bob', kind: 'person', rights: unrestrictedRights }),
    ).toBeUndefined();
    expect(await confirmations.useApproved(elsewhere, jobs)).toMatchObject({ ok: false });
    expect(await confirmations.useApproved(here, jobs)).toMatchObject({ ok: true, confirmedBy: 'bob' });
  });
});

describe('a confirmation that its asker takes back', () => {
  it('cannot be used any more, nor taken back again', async () => {
    const { confirmations, token } = await offered(here);
    expect(await confirmations.withdraw(token, here)).toBeUndefined();
    expect(await confirmations.use(token, here)).toEqual({ ok: false, fault: 'used' });
    expect(await confirmations.withdraw(token, here)).toBe('used');
  });

  it('needs its token: the id that others know is not enough', async () => {
    const { confirmations, id, token } = await offered(here);
    expect(await confirmations.withdraw(id, here)).toBe('not_confirmed');
    expect(await confirmations.withdraw(`${token}x`, here)).toBe('unknown');
    expect(await confirmations.use(token, here)).toMatchObject({ ok: true });
  });

  it('may be offered anew, under a token of its own', async () => {
    const { confirmations, token } = await offered(here);
    await confirmations.withdraw(token, here);
    const again = await confirmations.offer(here, jobs);
    expect(again?.token).not.toBe(token);
    expect(await confirmations.use(again?.token ?? '', here)).toMatchObject({ ok: true });
  });
});
