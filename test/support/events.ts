import type { GatewayEvent } from '../../functions/aws/route-path.ts';

/** A request as it is written on the wire: `target` is raw, path and query as the client sent them. */
export interface WireRequest {
  readonly method: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const account = { accountId: '123456789012', apiId: 'r3pmxmplak', domainName: 'api.example.com' };
const moment = { requestId: 'JKJaXmPLvHcESHA=', stage: '$default' };

/** The event of an HTTP API, payload format 2.0. */
export function eventV2({ method, target, headers = {}, body }: WireRequest): GatewayEvent {
  const { path, query } = split(target);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    headers: { host: account.domainName, ...headers },
    body: body ?? null,
    isBase64Encoded: false,
    requestContext: {
      ...account,
      ...moment,
      authentication: null,
      authorizer: {},
      domainPrefix: 'api',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      routeKey: '$default',
      time: '12/Mar/2026:19:03:58 +0000',
      timeEpoch: 1_773_342_238_000,
    },
  };
}

/** The event of a REST API, payload format 1.0. */
export function eventV1({ method, target, headers = {}, body }: WireRequest): GatewayEvent {
  const { path, query } = split(target);
  return {
    version: '1.0',
    resource: '/{proxy+}',
    path,
    httpMethod: method,
    headers: { host: account.domainName, ...headers },
    queryStringParameters: Object.fromEntries(new URLSearchParams(query)),
    body: body ?? null,
    isBase64Encoded: false,
    requestContext: {
      ...account,
      ...moment,
      authorizer: {},
      domainPrefix: 'api',
      extendedRequestId: moment.requestId,
      httpMethod: method,
      identity: { sourceIp: '192.0.2.1', userAgent: 'test' },
      path,
      protocol: 'HTTP/1.1',
      requestTime: '12/Mar/2026:19:03:58 +0000',
      requestTimeEpoch: 1_773_342_238_000,
      resourcePath: '/{proxy+}',
      stage: 'prod',
    },
  };
}

function split(target: string): { path: string; query: string } {
  const mark = target.indexOf('?');
  return mark === -1
    ? { path: target, query: '' }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}
