import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request as requestOf,
  type ServerResponse,
} from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { startDynamoDbServer } from './dynamodb-server.ts';

/** What is wrong with a table. `is slow`: every answer takes 1.2 s, less than a client waits for. */
export type Trouble = 'hangs' | 'throttles' | 'breaks' | 'is slow';

/** A request to a table, and the units that DynamoDB charges for it. */
export interface TableRequest {
  readonly operation: string;
  readonly units: number;
  /** The partition of the item that was written; empty where none was. */
  readonly partition: string;
}

/** A DynamoDB on loopback for the functions, which counts what it costs and fails on demand. */
export interface TableServer {
  readonly url: string;
  /** Makes a new, empty table, and returns its name. */
  newTable(): Promise<string>;
  /** What was asked for since then, in order, where it was answered. */
  readonly requests: readonly TableRequest[];
  /** From now on the requests whose text matches are in trouble. */
  trouble(kind: Trouble, matching?: RegExp): void;
  /** Ends all trouble, and forgets all requests. */
  reset(): void;
  close(): Promise<void>;
}

/** Well below the 1,500 ms for which an attempt waits, also on a busy machine. */
const slowMs = 1_200;
const replySchema = z.looseObject({ ConsumedCapacity: z.object({ CapacityUnits: z.number() }).optional() });
const writeSchema = z.object({ Item: z.object({ pk: z.object({ S: z.string() }) }) });

/** Starts one on a free port of 127.0.0.1. */
export async function startTableServer(): Promise<TableServer> {
  const dynamoDb = await startDynamoDbServer();
  const agent = new Agent({ keepAlive: true });
  /** Without `fetch`, which costs as much as what answers. */
  async function post(url: string, headers: Record<string, string>, body: string) {
    const sent = requestOf(url, { agent, method: 'POST', headers });
    sent.end(body);
    const [reply]: IncomingMessage[] = await once(sent, 'response');
    if (reply === undefined) throw new Error('no response came');
    return { status: reply.statusCode ?? 0, text: await text(reply) };
  }
  let requests: TableRequest[] = [];
  let inTrouble: { kind: Trouble; matching: RegExp } | undefined;
  const server = createServer(async (request, response) => {
    const target = String(request.headers['x-amz-target']);
    const body = await text(request);
    const kind = inTrouble?.matching.test(body) ? inTrouble.kind : undefined;
    if (kind === 'is slow') await pause(slowMs);
    else if (kind !== undefined) return answerBadly(kind, response);
    const answer = await post(
      dynamoDb.url,
      {
        ...Object.fromEntries(forwarded.map((name) => [name, String(request.headers[name])])),
        'x-amz-target': target,
      },
      JSON.stringify({ ...JSON.parse(body), ReturnConsumedCapacity: 'TOTAL' }),
    );
    const reply: unknown = JSON.parse(answer.text);
    const units = replySchema.parse(reply).ConsumedCapacity?.CapacityUnits ?? 0;
    const partition = writeSchema.safeParse(JSON.parse(body)).data?.Item.pk.S ?? '';
    requests.push({ operation: target.replace(/.*\./, ''), units, partition });
    response.writeHead(answer.status).end(JSON.stringify(reply));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server did not get a TCP port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async newTable() {
      const name = `calloff-${randomUUID()}`;
      await dynamoDb.createTable(name);
      return name;
    },
    reset() {
      requests = [];
      inTrouble = undefined;
    },
    get requests() {
      return requests;
    },
    trouble(kind, matching = /./) {
      inTrouble = { kind, matching };
    },
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      agent.destroy();
      await dynamoDb.close();
    },
  };
}

const forwarded = ['content-type', 'x-amz-date', 'authorization'];

function answerBadly(kind: Exclude<Trouble, 'is slow'>, response: ServerResponse): void {
  if (kind === 'hangs') return;
  const type = kind === 'throttles' ? 'ProvisionedThroughputExceededException' : 'InternalServerError';
  response.writeHead(kind === 'throttles' ? 400 : 500);
  response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}` }));
}
