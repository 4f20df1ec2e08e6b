import { createHash } from 'node:crypto';
import * as z from 'zod';
import { timestamp } from '../../lib/clock.ts';
import { joinKey, splitKey } from '../folder.ts';
import type { LogQuery, LogRecord, Position, PutTerms, StoredValue } from '../store.ts';

/** The key of an item, in DynamoDB's JSON. */
export interface Key {
  readonly pk: { readonly S: string };
  readonly sk: { readonly S: string };
}

/** A whole item, in DynamoDB's JSON. */
export type Item = Key & Readonly<Record<string, { readonly S: string } | { readonly N: string }>>;

/** The part of a partition between two sort keys, both included. */
export interface KeyRange {
  readonly partition: string;
  readonly low: string;
  readonly high: string;
}

/** The partitions of one day's log, because one takes only 1,000 write units a second. */
const shards = 8;
/** The partition that lists the partitions of the log. Without it, a reader would query every empty day. */
const indexPartition = 'log#days';

/**
 * The key of a value's item. A folder is a partition, sorted by name; its `//` keeps it apart from the partition of a value
 * whose key has no folder.
 */
export function keyOfValue(key: string): Key {
  const parts = splitKey(key);
  if (parts === undefined) return { pk: { S: `value#${key}` }, sk: { S: '-' } };
  return { pk: { S: partitionOfFolder(parts.folder) }, sk: { S: parts.name } };
}

/** The partition of a folder's values. */
export function partitionOfFolder(folder: string): string {
  return `value#${joinKey({ folder, name: '' })}`;
}

/** A value's item. DynamoDB deletes it some time after `expires_at`, in seconds; `live_until` is in milliseconds. */
export function toItem(key: string, value: string, { version, expiresAt }: PutTerms): Item {
  return {
    ...keyOfValue(key),
    content: { S: value },
    revision: { N: String(version) },
    live_until: { N: String(expiresAt) },
    expires_at: { N: String(Math.ceil(expiresAt / 1_000)) },
  };
}

const number = z.lazy(() => z.object({ N: z.string().transform(Number) }));
const text = z.lazy(() => z.object({ S: z.string() }));
const valueSchema = z.lazy(() => z.object({ content: text, revision: number, live_until: number }));

const nameSchema = z.lazy(() => z.object({ sk: text }));

/** The name, in its folder, of a value's item. */
export function nameOfItem(item: unknown): string {
  return nameSchema.parse(item).sk.S;
}

/** The value in an item, and its expiry. */
export function fromItem(item: unknown): StoredValue & { readonly liveUntil: number } {
  const { content, revision, live_until } = valueSchema.parse(item);
  return { value: content.S, version: revision.N, liveUntil: live_until.N };
}

/** The key of a record's item: by the day on which its request began, and by its request. */
export function keyOfRecord({ at, requestId, part }: LogRecord): Key {
  return {
    pk: { S: `log#${dayOf(at)}#${shardOf(requestId)}` },
    sk: { S: `${digits(at)}#${requestId}#${part}` },
  };
}

/** A record's item. It has no `expires_at`, so it is never deleted. */
export function itemOfRecord(record: LogRecord): Item {
  return { ...keyOfRecord(record), body: { S: record.body } };
}

const recordSchema = z.lazy(() =>
  z.object({
    sk: z.object({ S: z.string().regex(/^\d{15}#[^#]+#/) }),
    body: text,
  }),
);

/** The record in an item. */
export function recordOf(item: unknown): LogRecord {
  const { sk, body } = recordSchema.parse(item);
  const [time = '', requestId = ''] = sk.S.split('#', 2);
  const part = sk.S.slice(time.length + requestId.length + 2);
  return { at: Number(time), requestId, part, body: body.S };
}

/** The index item that says that the log has a partition for this day and shard. */
export function itemOfIndex({ at, requestId }: Position): Key {
  return { pk: { S: indexPartition }, sk: { S: `${dayOf(at)}#${shardOf(requestId)}` } };
}

const indexSchema = z.lazy(() => z.object({ sk: z.object({ S: z.string().regex(/^\d{4}-\d\d-\d\d#\d$/) }) }));

/** The day and the partition of an index item. */
export function partitionOf(item: unknown): { readonly day: string; readonly partition: string } {
  const { sk } = indexSchema.parse(item);
  return { day: sk.S.slice(0, 10), partition: `log#${sk.S}` };
}

/** The key range of the index for a query. `$` sorts after every `#`. */
export function indexRange({ from, to, after }: LogQuery): KeyRange {
  const latest = Math.min(to, after?.at ?? to);
  return { partition: indexPartition, low: dayOf(from), high: `${dayOf(latest)}$` };
}

/** The key range of a log partition for a query. */
export function logRange(partition: string, { from, to, after }: LogQuery): KeyRange {
  const latest = `${digits(to)}$`;
  const older = after === undefined ? latest : `${digits(after.at)}#${after.requestId}`;
  return { partition, low: digits(from), high: older < latest ? older : latest };
}

function dayOf(at: number): string {
  return timestamp(at).slice(0, 10);
}

function digits(at: number): string {
  return String(at).padStart(15, '0');
}

function shardOf(requestId: string): number {
  return createHash('sha256').update(requestId).digest().readUInt8(0) % shards;
}
