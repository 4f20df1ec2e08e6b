import type { FolderEntry, FolderPage, FolderQuery } from '../store.ts';
import type { DynamoDbClient } from './client.ts';
import { fromItem, nameOfItem, partitionOfFolder } from './items.ts';
import { queryPage } from './query.ts';

/** A query of the values in a folder that have not expired `now`. */
interface LiveQuery extends FolderQuery {
  readonly folder: string;
  readonly now: number;
}

/** Reads one page of a folder with one request. DynamoDB counts expired values in the limit until it has deleted them. */
export async function listFolder(wire: DynamoDbClient, query: LiveQuery): Promise<FolderPage> {
  const { folder, after, limit, backwards = false, now } = query;
  const { items, from } = await queryPage(wire, {
    KeyConditionExpression:
      after === undefined ? 'pk = :folder' : `pk = :folder AND sk ${backwards ? '<' : '>'} :after`,
    FilterExpression: 'live_until > :now',
    ExpressionAttributeValues: {
      ':folder': { S: partitionOfFolder(folder) },
      ':now': { N: String(now) },
      ...(after === undefined ? {} : { ':after': { S: after } }),
    },
    ScanIndexForward: !backwards,
    Limit: limit,
  });
  const entries = items.map(entryOf);
  return from === undefined ? { entries } : { entries, next: nameOfItem(from) };
}

function entryOf(item: unknown): FolderEntry {
  const { value, version } = fromItem(item);
  return { name: nameOfItem(item), value, version };
}
