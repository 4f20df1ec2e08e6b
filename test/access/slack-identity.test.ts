import { expect, test } from 'vitest';
import { type Caller, unrestrictedRights } from '../../shared/access/caller.ts';
import { callerOnSlack } from '../../shared/access/slack-identity.ts';

const caller = (id: string): Caller => ({ id, kind: 'person', rights: unrestrictedRights });
const people = [
  { teamId: 'T1', userId: 'U1', caller: caller('ada') },
  { teamId: 'T1', userId: 'U2', enterpriseId: 'E1', caller: caller('bob') },
];

test.each([
  [{ teamId: 'T1', userId: 'U1' }, 'ada'],
  [{ teamId: 'T1', userId: 'U1', enterpriseId: 'E9' }, 'ada'],
  [{ teamId: 'T1', userId: 'U2', enterpriseId: 'E1' }, 'bob'],
  [{ teamId: 'T1', userId: 'U2', enterpriseId: 'E9' }, undefined],
  [{ teamId: 'T1', userId: 'U2' }, undefined],
  [{ teamId: 'T2', userId: 'U1' }, undefined],
  [{ teamId: 'T1', userId: 'u1' }, undefined],
])('the Slack user %j is %s', (user, id) => {
  expect(callerOnSlack(people, user)?.id).toBe(id);
});
