import { randomInt } from 'node:crypto';
import * as z from 'zod';
import { inPool } from '../../lib/concurrency.ts';
import { RecordConflictError } from '../errors.ts';
import { checkKey, checkPut, checkRecord, normalizeList, normalizeQuery } from '../limits.ts';
import type { LogRecord, PutTerms, Store } from '../store.ts';
import { DynamoDbClient, type TableSettings } from './client.ts';
import {
  fromItem,
  itemOfIndex,
  itemOfRecord,
  type Key,
  keyOfRecord,
  keyOfValue,
  recordOf,
  toItem,
} from './items.ts';
import { listFolder } from './list.ts';
import { scanLog } from './log.ts';

/** How many records are written in parallel. */
const poolSize = 8;

/**
 * Opens the store on AWS: one DynamoDB table with the string keys `pk` and `sk` and the TTL attribute `expires_at`. Sends
 * nothing until it is used.
 */
export function openDynamoDbStore(settings: TableSettings): Store {
  const wire = new DynamoDbClient(settings);
  const { clock } = settings;
  /** The index items that this process has already written. */
  const indexed = new Set<string>();
  const addToIndex = async (item: Key) => {
    await wire.send('PutItem', { Item: item });
    indexed.add(item.sk.S);
  };
  return {
    async get(key) {
      checkKey(key);
      const entry = await readEntry(wire, key);
      if (entry === undefined || entry.liveUntil <= clock.wallTime()) return undefined;
      return { value: entry.value, version: entry.version };
    },
    async put(key, value, terms) {
      checkPut(key, value, terms);
      return put(wire, { key, value, ...terms, now: clock.wallTime() });
    },
    async list(folder, query) {
      return listFolder(wire, { ...normalizeList(folder, query), folder, now: clock.wallTime() });
    },
    async append(records) {
      for (const record of records) checkRecord(record);
      const index = new Map(records.map(itemOfIndex).map((item) => [item.sk.S, item]));
      const missing = [...index.values()].filter(({ sk }) => !indexed.has(sk.S));
      const tasks = [
        ...missing.map((item) => () => addToIndex(item)),
        ...records.map((record) => () => append(wire, record)),
      ];
      await inPool(tasks, poolSize, (task) => task());
    },
    async scan(query) {
      const narrowed = normalizeQuery(query);
      return narrowed === undefined ? [] : scanLog(wire, narrowed);
    },
    close: async () => wire.close(),
  };
}

const foundSchema = z.object({ Item: z.unknown().optional() });

/** Reads one item with strong consistency. */
async function read(wire: DynamoDbClient, key: Key): Promise<unknown> {
  const reply = await wire.send('GetItem', { Key: key, ConsistentRead: true });
  return reply.kind === 'done' ? foundSchema.parse(reply.body).Item : undefined;
}

async function readEntry(wire: DynamoDbClient, key: string) {
  const item = await read(wire, keyOfValue(key));
  return item === undefined ? undefined : fromItem(item);
}

interface Put extends PutTerms {
  readonly key: string;
  readonly value: string;
  readonly now: number;
}

/**
 * Versions are random: none repeats after a value has expired and was put again, and a process recognises its own version
 * after the answer to an attempt was lost.
 */
async function put(wire: DynamoDbClient, { key, value, version, expiresAt, now }: Put): Promise<number> {
  const next = randomInt(1, 2 ** 48 - 1);
  const replacing = version !== 0;
  const reply = await wire.send('PutItem', {
    Item: toItem(key, value, { version: next, expiresAt }),
    ConditionExpression: replacing
      ? 'revision = :version AND live_until > :now'
      : 'attribute_not_exists(pk) OR live_until <= :now',
    ExpressionAttributeValues: {
      ':now': { N: String(now) },
      ...(replacing ? { ':version': { N: String(version) } } : {}),
    },
  });
  const isPut = reply.kind === 'done' || (reply.mayBeOurs && (await readEntry(wire, key))?.version === next);
  return isPut ? next : 0;
}

async function append(wire: DynamoDbClient, record: LogRecord): Promise<void> {
  const reply = await wire.send('PutItem', {
    Item: itemOfRecord(record),
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  if (reply.kind === 'done') return;
  const { body } = recordOf(await read(wire, keyOfRecord(record)));
  if (body !== record.body) throw new RecordConflictError();
}
