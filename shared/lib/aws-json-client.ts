import { text } from 'node:stream/consumers';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/transport';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { SignatureV4 } from '@smithy/signature-v4';
import * as z from 'zod';
import type { Clock } from './clock.ts';
import { parseJson } from './json.ts';

/** A service of AWS that speaks JSON, and how to reach it. */
export interface AwsService {
  /** The name that requests are signed for, such as `dynamodb`. */
  readonly name: string;
  /** What the names of its operations begin with in a request, such as `DynamoDB_20120810`. */
  readonly target: string;
  readonly region: string;
  readonly endpoint: URL;
  /** How long a connection may take to open or stand still, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** The result of one request. `lost`: the service may have carried it out. `refused`: it has not. `reason` is for a log. */
export type AwsReply =
  | { readonly kind: 'done'; readonly body: unknown }
  | { readonly kind: 'throttled' | 'lost' | 'refused'; readonly reason: string };

/**
 * Sends single requests to one service in AWS's JSON protocol, signed by AWS's own signer with the credentials in the
 * environment, as Lambda sets them. AWS's full clients would make the cold start a tenth longer: docs/decisions/0004-store.md.
 */
export class AwsJsonClient {
  readonly #service: AwsService;
  readonly #signer: SignatureV4;
  readonly #handler: NodeHttpHandler;

  constructor(service: AwsService) {
    const { name, region, timeoutMs } = service;
    this.#service = service;
    this.#signer = new SignatureV4({ service: name, region, credentials: fromEnv(), sha256: Sha256 });
    this.#handler = new NodeHttpHandler({ connectionTimeout: timeoutMs, socketTimeout: timeoutMs });
  }

  /** Sends a request once. `body` is JSON. Never rejects. */
  async send(operation: string, body: string): Promise<AwsReply> {
    try {
      const signingDate = new Date(this.#service.clock.wallTime());
      const signed = await this.#signer.sign(this.#request(operation, body), { signingDate });
      const { response } = await this.#handler.handle(new HttpRequest(signed));
      return read(response.statusCode, parseJson(await text(response.body)));
    } catch (error) {
      const reason = reasonOf(error);
      return { kind: reason === 'CredentialsProviderError' ? 'refused' : 'lost', reason };
    }
  }

  /** Closes its connections. */
  close(): void {
    this.#handler.destroy();
  }

  #request(operation: string, body: string): HttpRequest {
    const { target, endpoint } = this.#service;
    const { protocol, hostname, port, host } = endpoint;
    return new HttpRequest({
      protocol,
      hostname,
      ...(port === '' ? {} : { port: Number(port) }),
      method: 'POST',
      path: '/',
      headers: {
        host,
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `${target}.${operation}`,
      },
      body,
    });
  }
}

const errorSchema = z.object({ __type: z.string() });

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const throttled =
  /^(ProvisionedThroughputExceeded|Throttling|RequestLimitExceeded|RequestThrottled)(Exception)?$/;

/** Reads an answer. One that does not have the form of AWS counts as lost: a proxy may have sent it after the service acted. */
function read(status: number, body: unknown): AwsReply {
  if (status === 200 && body !== undefined) return { kind: 'done', body };
  const reason = errorSchema.safeParse(body).data?.__type.replace(/^.*#/, '') ?? `status_${status}`;
  if (status >= 500 || status < 400) return { kind: 'lost', reason };
  return { kind: throttled.test(reason) ? 'throttled' : 'refused', reason };
}

/** The reason of an error: the network's code or the error's name, never its message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
