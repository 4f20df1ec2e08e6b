import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../shared/lib/clock.ts';
import { openSqliteStore } from '../shared/store/sqlite/store.ts';

/** What the store of one machine takes: microseconds for each operation, medians over many. */
const folder = await mkdtemp(join(tmpdir(), 'calloff-bench-'));
const store = await openSqliteStore({ folder, clock: systemClock });
const expiresAt = Date.now() + 3_600_000;
const small = 'x'.repeat(200);
const packed = 'x'.repeat(15_000);
const records = (index: number, count: number, body: string) =>
  Array.from({ length: count }, (_, part) => ({
    at: index,
    requestId: 'bench',
    part: `${count}:${part}:${body.length}`,
    body,
  }));

await row('put, a new key', 2_000, (index) => store.put(`${index}`, small, { version: 0, expiresAt }));
await row('get', 2_000, (index) => store.get(`${index}`));
await row('get and replace', 2_000, async (index) => {
  const version = (await store.get(`${index}`))?.version ?? 0;
  return store.put(`${index}`, small, { version, expiresAt });
});
await row('put, a new name in a folder', 2_000, (index) =>
  store.put(`folder//${index}`, small, { version: 0, expiresAt }),
);
await row('list 100 of 2,000 names', 500, (index) => store.list('folder', { limit: 100, after: `${index}` }));
await row('append 1 record of 200 bytes', 2_000, (index) => store.append(records(index, 1, small)));
await row('append 100 records of 200 bytes', 500, (index) => store.append(records(index, 100, small)));
await row('append 1 record of 15 KB', 1_000, (index) => store.append(records(index, 1, packed)));
await row('append 10 records of 15 KB', 500, (index) => store.append(records(index, 10, packed)));
await row('scan 100 records of some 60,000', 500, () => store.scan({ from: 0, to: expiresAt, limit: 100 }));
await store.close();
await rm(folder, { recursive: true });

async function row(name: string, rounds: number, work: (index: number) => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let index = 0; index < rounds; index += 1) {
    const startedAt = performance.now();
    await work(index);
    times.push((performance.now() - startedAt) * 1_000);
  }
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share: number) =>
    `${(sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(0)} µs`.padStart(9);
  process.stdout.write(`${name.padEnd(36)}${at(0.5)} median ${at(0.99)} of a hundred the slowest\n`);
}
