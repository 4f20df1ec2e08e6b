import { expect, test } from 'vitest';
import type { ConnectionSettings } from '../../shared/config/connection-settings.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { connectionSource } from '../../shared/connections.ts';
import { Accounts } from '../../shared/http/rate-limit/accounts.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const sutro = { name: 'sutro', provider: 'sutro', baseUrl: 'https://one.example.com', options: {} } as const;
const ionq = { name: 'ionq', provider: 'ionq', baseUrl: 'https://two.example.com', options: {} } as const;

test('a change of the configuration reopens the connections that it changes, and no others', async () => {
  let configured: readonly ConnectionSettings[] = [sutro, ionq];
  const clock = new ManualClock();
  const connections = connectionSource(async () => configured, {
    ...{ credentials: credentialFromSettings, accounts: new Accounts(clock), clock, log: silentLog },
    fetch: () => Promise.reject(new Error('nothing is asked here')),
  });
  const before = await connections();
  expect([...before.keys()]).toEqual(['sutro', 'ionq']);
  expect(await connections()).toBe(before);

  configured = [{ ...sutro }, { ...ionq, baseUrl: 'https://three.example.com' }, { ...ionq, name: 'other' }];
  const after = await connections();
  expect([...after.keys()]).toEqual(['sutro', 'ionq', 'other']);
  expect(after.get('sutro')).toBe(before.get('sutro'));
  expect(after.get('ionq')).not.toBe(before.get('ionq'));

  configured = [];
  expect((await connections()).size).toBe(0);
});
