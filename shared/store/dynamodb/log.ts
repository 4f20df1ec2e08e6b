import { isSameRequest, type LogQuery, type LogRecord, type Position } from '../store.ts';
import type { DynamoDbClient } from './client.ts';
import { indexRange, type KeyRange, logRange, partitionOf, recordOf } from './items.ts';
import { queryPage } from './query.ts';

/** In items. A page always ends at 1 MB. */
const smallestPage = 10;
const largestPage = 1_000;

/**
 * Reads the log backwards, day by day, the partitions of a day in parallel. It queries only days that the index lists, and
 * holds at most one page of each partition.
 */
export async function scanLog(wire: DynamoDbClient, query: LogQuery): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for await (const partitions of daysOf(wire, query)) {
    const pageSize = Math.max(smallestPage, Math.ceil(query.limit / partitions.length));
    const sources = partitions.map((partition) => requestsOf(wire, logRange(partition, query), pageSize));
    for await (const records of newestFirst(sources)) {
      found.push(...records);
      if (found.length >= query.limit) return found;
    }
  }
  return found;
}

/** The partitions of each day in the index, latest day first. */
async function* daysOf(wire: DynamoDbClient, query: LogQuery): AsyncGenerator<string[]> {
  let current: { day: string; partitions: string[] } | undefined;
  for await (const item of backwards(wire, indexRange(query), largestPage)) {
    const { day, partition } = partitionOf(item);
    if (current?.day === day) current.partitions.push(partition);
    else {
      if (current !== undefined) yield current.partitions;
      current = { day, partitions: [partition] };
    }
  }
  if (current !== undefined) yield current.partitions;
}

/** The requests of a partition, newest first, each with all its records in order. */
async function* requestsOf(
  wire: DynamoDbClient,
  stretch: KeyRange,
  pageSize: number,
): AsyncGenerator<[LogRecord, ...LogRecord[]]> {
  let current: [LogRecord, ...LogRecord[]] | undefined;
  for await (const item of backwards(wire, stretch, pageSize)) {
    const record = recordOf(item);
    if (current !== undefined && isSameRequest(record, current[0])) current.unshift(record);
    else {
      if (current !== undefined) yield current;
      current = [record];
    }
  }
  if (current !== undefined) yield current;
}

/** The items of a key range, last first, read page by page on demand, each page twice the size of the one before. */
async function* backwards(
  wire: DynamoDbClient,
  { partition, low, high }: KeyRange,
  firstPageSize: number,
): AsyncGenerator<unknown> {
  if (low > high) return;
  let from: unknown;
  let pageSize = Math.min(firstPageSize, largestPage);
  do {
    const page = await queryPage(wire, {
      KeyConditionExpression: 'pk = :partition AND sk BETWEEN :low AND :high',
      ExpressionAttributeValues: { ':partition': { S: partition }, ':low': { S: low }, ':high': { S: high } },
      ExclusiveStartKey: from,
      ScanIndexForward: false,
      Limit: pageSize,
    });
    yield* page.items;
    pageSize = Math.min(pageSize * 2, largestPage);
    from = page.from;
  } while (from !== undefined);
}

/** Merges one or more sorted sources into one. */
async function* newestFirst<Group extends readonly Position[]>(
  sources: readonly AsyncGenerator<Group>[],
): AsyncGenerator<Group> {
  const heads = await Promise.all(sources.map(async (source) => ({ source, head: await nextOf(source) })));
  for (;;) {
    const newest = heads.reduce((best, other) => (isNewer(other.head?.[0], best.head?.[0]) ? other : best));
    if (newest.head === undefined) return;
    yield newest.head;
    newest.head = await nextOf(newest.source);
  }
}

async function nextOf<Item>(source: AsyncGenerator<Item>): Promise<Item | undefined> {
  const { done, value } = await source.next();
  return done ? undefined : value;
}

function isNewer(one: Position | undefined, other: Position | undefined): boolean {
  if (one === undefined || other === undefined) return one !== undefined;
  return one.at === other.at ? one.requestId > other.requestId : one.at > other.at;
}
