import dynalite from 'dynalite';
import * as z from 'zod';

/** A text or a number in an item. */
interface KeptAttribute {
  readonly S?: string | undefined;
  readonly N?: string | undefined;
}

/** A stand-in for DynamoDB on loopback. It checks requests as AWS does, but not their signatures. */
export interface DynamoDbServer {
  readonly url: string;
  /** Makes a table of the shape that the store wants. */
  createTable(name: string): Promise<void>;
  /** All items of a table, as they are kept. */
  itemsOf(name: string): Promise<Readonly<Record<string, KeptAttribute>>[]>;
  close(): Promise<void>;
}

/** Starts one on a free port of 127.0.0.1. */
export async function startDynamoDbServer(): Promise<DynamoDbServer> {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server did not get a TCP port');
  const url = `http://127.0.0.1:${address.port}`;
  return {
    url,
    createTable: (name) => createTable(url, name),
    itemsOf: async (name) => itemsSchema.parse(await call(url, 'Scan', { TableName: name })).Items,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const itemsSchema = z.object({
  Items: z.array(z.record(z.string(), z.object({ S: z.string(), N: z.string() }).partial())),
});

async function createTable(url: string, name: string): Promise<void> {
  await call(url, 'CreateTable', {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  });
  // The answer may come before the table does.
  while (!(await isActive(url, name)));
}

const tableSchema = z.object({ Table: z.object({ TableStatus: z.string() }) });

async function isActive(url: string, name: string): Promise<boolean> {
  const { Table } = tableSchema.parse(await call(url, 'DescribeTable', { TableName: name }));
  return Table.TableStatus === 'ACTIVE';
}

async function call(url: string, operation: string, input: object): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      'x-amz-date': '20260101T000000Z',
      authorization: 'AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host, Signature=e',
    },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(`${operation} was refused: ${await response.text()}`);
  return response.json();
}
