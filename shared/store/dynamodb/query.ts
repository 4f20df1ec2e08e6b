import * as z from 'zod';
import type { DynamoDbClient } from './client.ts';

/** A page of a query, and the key from which the next one starts. */
export interface QueryPage {
  readonly items: readonly unknown[];
  readonly from: unknown;
}

const pageSchema = z.object({ Items: z.array(z.unknown()), LastEvaluatedKey: z.unknown().optional() });

/** Reads one page of a query with strong consistency. A page ends at 1 MB. */
export async function queryPage(wire: DynamoDbClient, input: object): Promise<QueryPage> {
  const reply = await wire.send('Query', { ...input, ConsistentRead: true });
  const page = pageSchema.parse(reply.kind === 'done' ? reply.body : undefined);
  return { items: page.Items, from: page.LastEvaluatedKey };
}
