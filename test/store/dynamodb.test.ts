import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDynamoDbStore } from '../../shared/store/dynamodb/store.ts';
import type { LogRecord, Store } from '../../shared/store/store.ts';
import { type DynamoDbServer, startDynamoDbServer } from '../support/aws/dynamodb-server.ts';
import { type Origin, startOrigin } from '../support/network/loopback.ts';
import { casesAt, runs } from '../support/thorough.ts';
import { stubCredentials } from './drivers.ts';
import { SetClock } from './host.ts';
import { everything, noon, pages, request } from './law.ts';

let server: DynamoDbServer;
/** Stands before the server, and keeps what passes. */
let origin: Origin;
let clock: SetClock;
let table: string;
let store: Store;
const open = () => openDynamoDbStore({ table, region: 'eu-central-1', endpoint: origin.url, clock });
const targets = () => origin.received.map(({ headers }) => `${headers['x-amz-target']}`.replace(/.*\./, ''));
const keys = async () => (await server.itemsOf(table)).map(({ pk, sk }) => `${pk?.S} ${sk?.S}`);

beforeAll(async () => {
  stubCredentials();
  server = await startDynamoDbServer();
});
beforeEach(async () => {
  clock = new SetClock();
  table = `calloff-${expect.getState().currentTestName?.replaceAll(/\W/g, '').slice(0, 60)}`;
  await server.createTable(table);
  origin = await startOrigin(async (asked, response) => {
    const names = ['content-type', 'x-amz-target', 'x-amz-date', 'authorization'];
    const headers = names.map((name): [string, string] => [name, `${asked.headers[name]}`]);
    const body = origin.received.at(-1)?.body ?? '';
    const answer = await fetch(server.url, { method: 'POST', headers, body });
    response.writeHead(answer.status).end(await answer.text());
  });
  store = open();
});
afterEach(async () => {
  await store.close();
  await origin.close();
});
afterAll(() => server.close());

test('values carry the second after which DynamoDB may delete them, and records never do', async () => {
  await store.put('key', 'x', { version: 0, expiresAt: 1_900_000_000_001 });
  await store.append(request(noon(0), 'r'));
  const items = await server.itemsOf(table);
  const expiries = items.map(({ pk, expires_at }) => [pk?.S?.replace(/#.*/, ''), expires_at?.N]);
  expect(expiries.sort()).toEqual([
    ['log', undefined],
    ['log', undefined],
    ['value', '1900000001'],
  ]);
});

test('the log of a day is spread over eight partitions, and a request lies in one', async () => {
  const ids = Array.from({ length: runs(80, 40) }, (_, index) => `request-${index}`);
  for (const id of ids) await store.append(request(noon(0), id, ['a', 'b']));
  const partitions = Map.groupBy(
    (await keys()).filter((key) => key.startsWith('log#2026-01-01#')),
    (key) => key.replace(/ .*/, ''),
  );
  expect([...partitions.keys()].sort()).toEqual(
    Array.from({ length: 8 }, (_, shard) => `log#2026-01-01#${shard}`),
  );
  for (const found of partitions.values()) {
    expect(found.length).toBeGreaterThanOrEqual(runs(6, 3));
    expect(found.length).toBeLessThanOrEqual(runs(40, 20));
    expect(found.length % 2).toBe(0);
  }
});

test('an append is one request for each record, and one more for the first in a partition', async () => {
  await store.append(request(noon(0), 'r', ['a', 'b', 'c']));
  expect(targets()).toEqual(Array.from({ length: 4 }, () => 'PutItem'));
  await store.append(request(noon(0), 'r', ['d', 'e']));
  expect(targets()).toHaveLength(6);
  expect((await keys()).filter((key) => key.startsWith('log#days'))).toHaveLength(1);
});

test('a scan asks only for days on which something was written', async () => {
  await store.append([0, 30, 900].flatMap((day) => request(noon(day), `r${day}`)));
  const before = targets().length;
  expect(await store.scan(everything)).toHaveLength(3);
  expect(targets().slice(before)).toEqual(Array.from({ length: 4 }, () => 'Query'));
});

test('a scan reads no further back than it must', async () => {
  await store.append([0, 30, 900].flatMap((day) => request(noon(day), `r${day}`)));
  const before = targets().length;
  expect(await store.scan({ ...everything, limit: 1 })).toHaveLength(1);
  expect(targets().slice(before)).toHaveLength(2);
  await store.scan({ from: noon(1), to: noon(29), limit: 10 });
  expect(targets().slice(before)).toHaveLength(3);
  await store.scan({ ...everything, limit: 1, after: { at: noon(900), requestId: 'r900' } });
  expect(targets().slice(before)).toHaveLength(6);
});

test('a long request is read in pages that grow', async () => {
  const length = runs(200, 100);
  const parts = Array.from({ length }, (_, part) => String(part).padStart(3, '0'));
  await store.append(request(noon(0), 'r', parts));
  const before = targets().length;
  expect(await store.scan({ ...everything, limit: 1 })).toHaveLength(length);
  expect(targets().slice(before).length).toBeLessThanOrEqual(runs(7, 6));
});

test('a request that is larger than a page of DynamoDB comes whole, and so do its neighbours', async () => {
  const records: LogRecord[] = ['c', 'b', 'a'].flatMap((requestId) =>
    // A page ends at 1 MB.
    Array.from({ length: runs(8, 4) }, (_, part) => ({
      at: noon(0),
      requestId,
      part: `${part}`,
      body: `${part}`.repeat(300_000),
    })),
  );
  await store.append(records.toReversed());
  for (const limit of casesAt([1, 9, 100], 1)) {
    const found = await pages(store, { ...everything, limit });
    expect(found.flat().map(({ requestId, part, body }) => [requestId, part, body.length])).toEqual(
      records.map(({ requestId, part }) => [requestId, part, 300_000]),
    );
  }
});

test('a value has a partition of its own, as it always had, and so has a folder', async () => {
  const expiresAt = clock.wallTime() + 1_000;
  for (const key of ['key', 'a/b', 'folder//name', 'folder//-', 'folder', 'a//b//c'])
    await store.put(key, 'x', { version: 0, expiresAt });
  expect((await keys()).sort()).toEqual([
    'value#a// b//c',
    'value#a/b -',
    'value#folder -',
    'value#folder// -',
    'value#folder// name',
    'value#key -',
  ]);
});

test('a page of a folder is one request, whatever has expired', async () => {
  for (const [index, name] of ['a', 'b', 'c', 'd'].entries())
    await store.put(`folder//${name}`, name, {
      version: 0,
      expiresAt: clock.wallTime() + (index < 2 ? 1 : 9),
    });
  clock.forward(1);
  const before = targets().length;
  expect(await store.list('folder', { limit: 2 })).toEqual({ entries: [], next: 'b' });
  const page = await store.list('folder', { limit: 1_001, after: 'b' });
  expect(page).toMatchObject({ entries: [{ name: 'c' }, { name: 'd' }] });
  expect(page.next).toBe(undefined);
  expect(targets().slice(before)).toEqual(['Query', 'Query']);
  expect(JSON.parse(origin.received.at(-1)?.body ?? '')).toMatchObject({ Limit: 1_000 });
});

test('everything is read as it is now, not as it was a moment ago', async () => {
  await store.put('key', 'x', { version: 0, expiresAt: clock.wallTime() + 1_000 });
  await store.append(request(noon(0), 'r'));
  await store.append(request(noon(0), 'r'));
  await store.get('key');
  await store.scan(everything);
  await store.list('folder', { limit: 1 });
  const reads = origin.received.filter((_, index) => /GetItem|Query/.test(targets()[index] ?? ''));
  expect(reads.length).toBeGreaterThanOrEqual(5);
  for (const { body } of reads) expect(JSON.parse(body)).toMatchObject({ ConsistentRead: true });
});

test('a record is never written over, and no request deletes or updates', async () => {
  await store.append(request(noon(0), 'r'));
  await store.append(request(noon(0), 'r'));
  await expect(store.append([{ at: noon(0), requestId: 'r', part: 'a', body: 'other' }])).rejects.toThrow();
  const writes = origin.received
    .filter((_, index) => targets()[index] === 'PutItem')
    .map(({ body }) => JSON.parse(body));
  for (const { Item, ConditionExpression } of writes) {
    if (Item.body !== undefined) expect(ConditionExpression).toBe('attribute_not_exists(pk)');
  }
  expect(new Set(targets())).toEqual(new Set(['PutItem', 'GetItem']));
});
