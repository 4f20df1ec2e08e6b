import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Exchange } from '../../sandbox/sandbox.ts';
import { AuditWriter } from '../../shared/access/audit/writer.ts';
import { openSqliteStore } from '../../shared/store/sqlite/store.ts';
import { SetClock } from '../store/host.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { Intents, Ledger } from '../support/torture/ledger.ts';

const request = { caller: 'ada', kind: 'person', surface: 'http', action: 'cancel' } as const;

const exchange = (operation: Exchange['operation'], ...jobIds: string[]): Exchange => ({
  ...{ sequence: 1, at: 0, operation, method: 'POST', path: '/', jobIds, status: 200 },
  ...{ served: {}, effective: [], keyAccepted: true, keySeen: 'k' },
});

test('the ledger finds each cancel that arrives before its record is in the file, and no other request', async () => {
  const folder = freshFolder();
  const clock = new SetClock();
  const store = await openSqliteStore({ folder, clock });
  const ledger = new Ledger(new Intents(join(folder, 'calloff.sqlite')));
  const record = (...jobs: string[]) =>
    new AuditWriter(store, clock, crypto.randomUUID()).recordIntent(request, 'ionq', jobs, clock.wallTime());

  ledger.note('ionq', exchange('status', 'a', 'b'));
  await record('a');
  ledger.note('ionq', exchange('cancel', 'a'));
  expect(ledger.unrecorded).toEqual([]);

  ledger.note('ionq', exchange('cancelMany', 'a', 'b'));
  await record('b', 'c');
  ledger.note('ionq', exchange('cancel', 'c'));
  ledger.note('sutro', exchange('cancel', 'c'));
  expect(ledger.unrecorded.map((line) => line.split(' ')[0])).toEqual(['ionq/b', 'sutro/c']);
  expect([...ledger.sent]).toEqual(['ionq/a', 'ionq/b', 'ionq/c', 'sutro/c']);
  await store.close();
});
