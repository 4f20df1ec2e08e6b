import { AwsJsonClient } from '../../lib/aws-json-client.ts';
import type { Clock } from '../../lib/clock.ts';
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

/** After this time no further attempt begins, in milliseconds; one that is under way may finish. */
const longestMs = 5_000;
const attemptTimeoutMs = 1_500;
const pauses = { firstMs: 25, longestMs: 1_000 };

/** A client for one table: DynamoDB's JSON over HTTP, each request until it is answered. */
export class DynamoDbClient {
  readonly #settings: TableSettings;
  readonly #client: AwsJsonClient;

  constructor(settings: TableSettings) {
    const { region, endpoint = `https://dynamodb.${region}.amazonaws.com`, clock } = settings;
    this.#settings = settings;
    this.#client = new AwsJsonClient({
      ...{ name: 'dynamodb', target: 'DynamoDB_20120810', region, clock },
      ...{ endpoint: new URL(endpoint), timeoutMs: attemptTimeoutMs },
    });
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
      attempt: () => this.#client.send(operation, body),
      pauseAfter({ kind }, count) {
        if (kind === 'done' || kind === 'refused' || clock.now() >= until) return undefined;
        mayBeOurs ||= kind === 'lost';
        return count === 1 && kind === 'lost' ? 0 : backoffMs(count, pauses);
      },
    });
    if (last.kind === 'done') return last;
    if (last.reason === 'ConditionalCheckFailedException') return { kind: 'condition_failed', mayBeOurs };
    throw tableUnavailable(table, last.reason);
  }

  /** Closes its connections. */
  close(): void {
    this.#client.close();
  }
}
