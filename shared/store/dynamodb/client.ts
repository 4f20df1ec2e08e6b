import { text } from 'node:stream/consumers';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/transport';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { SignatureV4 } from '@smithy/signature-v4';
import * as z from 'zod';
import type { Clock } from '../../lib/clock.ts';
import { parseJson } from '../../lib/json.ts';
import { backoffMs, retry } from '../../lib/retry.ts';
import { tableUnavailable } from '../errors.ts';

/** The table, its region, and the credentials from the environment, as Lambda sets them. */
export interface TableSettings {
  readonly table: string;
  readonly region: string;
  /** Another endpoint than AWS, for tests. */
  readonly endpoint?: string | undefined;
  readonly clock: Clock;
}

/** The result of a request. `mayBeOurs`: an earlier attempt may have written the value that now fails the condition. */
export type DynamoDbReply =
  | { readonly kind: 'done'; readonly body: unknown }
  | { readonly kind: 'condition_failed'; readonly mayBeOurs: boolean };

type Attempt =
  | { readonly kind: 'done'; readonly body: unknown }
  | { readonly kind: 'condition_failed' }
  | { readonly kind: 'throttled' | 'lost' | 'refused'; readonly reason: string };

/** After this time no further attempt begins, in milliseconds; one that is under way may finish. */
const longestMs = 5_000;
const attemptTimeoutMs = 1_500;
const pauses = { firstMs: 25, longestMs: 1_000 };

/**
 * A client for one table: DynamoDB's JSON over HTTP, signed by AWS's own signer. AWS's full client would make the cold
 * start a tenth longer: docs/decisions/0004-store.md.
 */
export class DynamoDbClient {
  readonly #settings: TableSettings;
  readonly #endpoint: URL;
  readonly #signer: SignatureV4;
  readonly #handler = new NodeHttpHandler({
    connectionTimeout: attemptTimeoutMs,
    socketTimeout: attemptTimeoutMs,
  });

  constructor(settings: TableSettings) {
    const { region, endpoint = `https://dynamodb.${region}.amazonaws.com` } = settings;
    this.#settings = settings;
    this.#endpoint = new URL(endpoint);
    this.#signer = new SignatureV4({ service: 'dynamodb', region, credentials: fromEnv(), sha256: Sha256 });
  }

  /**
   * Sends one request until it is answered, for up to five seconds: at once after the first loss, which may be a connection
   * that died while Lambda was frozen, then after growing pauses.
   * @throws {StoreUnavailableError} with the name of AWS's error or the network's code.
   */
  async send(operation: 'GetItem' | 'PutItem' | 'Query', input: object): Promise<DynamoDbReply> {
    const { table, clock } = this.#settings;
    const body = JSON.stringify({ TableName: table, ...input });
    const until = clock.now() + longestMs;
    let mayBeOurs = false;
    const last = await retry({
      clock,
      attempt: () => this.#attempt(operation, body),
      pauseAfter({ kind }, count) {
        const isAnswered = kind === 'done' || kind === 'condition_failed' || kind === 'refused';
        if (isAnswered || clock.now() >= until) return undefined;
        mayBeOurs ||= kind === 'lost';
        return count === 1 && kind === 'lost' ? 0 : backoffMs(count, pauses);
      },
    });
    if (last.kind === 'done') return last;
    if (last.kind === 'condition_failed') return { ...last, mayBeOurs };
    throw tableUnavailable(table, last.reason);
  }

  /** Closes its connections. */
  close(): void {
    this.#handler.destroy();
  }

  async #attempt(operation: string, body: string): Promise<Attempt> {
    try {
      const signed = await this.#signer.sign(this.#request(operation, body), {
        signingDate: new Date(this.#settings.clock.wallTime()),
      });
      const { response } = await this.#handler.handle(new HttpRequest(signed));
      return read(response.statusCode, parseJson(await text(response.body)));
    } catch (error) {
      const reason = reasonOf(error);
      return { kind: reason === 'CredentialsProviderError' ? 'refused' : 'lost', reason };
    }
  }

  #request(operation: string, body: string): HttpRequest {
    const { protocol, hostname, port, host } = this.#endpoint;
    return new HttpRequest({
      protocol,
      hostname,
      ...(port === '' ? {} : { port: Number(port) }),
      method: 'POST',
      path: '/',
      headers: {
        host,
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
      },
      body,
    });
  }
}

const errorSchema = z.object({ __type: z.string() });

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const throttled = /^(ProvisionedThroughputExceeded|Throttling|RequestLimitExceeded)(Exception)?$/;

/** Reads an answer. One that does not have DynamoDB's form counts as lost: a proxy may have sent it after the table acted. */
function read(status: number, body: unknown): Attempt {
  if (status === 200 && body !== undefined) return { kind: 'done', body };
  const reason = errorSchema.safeParse(body).data?.__type.replace(/^.*#/, '') ?? `status_${status}`;
  if (status >= 500 || status < 400) return { kind: 'lost', reason };
  if (reason === 'ConditionalCheckFailedException') return { kind: 'condition_failed' };
  return { kind: throttled.test(reason) ? 'throttled' : 'refused', reason };
}

/** The reason of an error: the network's code or the error's name, never its message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
