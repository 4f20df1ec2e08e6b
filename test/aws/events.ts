/** What a client asks API Gateway for. */
export interface Asked {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  readonly path: string;
  /** Name and value in turn, decoded; a name may come twice. */
  readonly query?: readonly (readonly [string, string])[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Whether API Gateway hands the body over in Base64. */
  readonly base64?: boolean;
  readonly stage?: string;
  readonly requestId?: string;
}

/** The fields of an event that a handler reads, as AWS documents them. */
export type GatewayEvent = ReturnType<typeof httpApiEvent> | ReturnType<typeof restApiEvent>;

/** Makes the event of one payload format. */
export type MakeEvent = typeof httpApiEvent | typeof restApiEvent;

/** An event in payload format 2.0, as an HTTP API sends it: the path decoded, and behind a named stage. */
export function httpApiEvent(asked: Asked) {
  const { method = 'GET', path, query = [], stage = '$default', requestId = 'JKJaXmPLvHcESHA=' } = asked;
  const rawPath = stage === '$default' ? path : `/${stage}${path}`;
  const rawQueryString = new URLSearchParams(
    query.map(([name, value]): [string, string] => [name, value]),
  ).toString();
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers: headersOf(asked),
    requestContext: {
      accountId: '123456789012',
      apiId: 'aaaaaaaaaa',
      domainName: 'aaaaaaaaaa.execute-api.eu-central-1.amazonaws.com',
      domainPrefix: 'aaaaaaaaaa',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'curl/8.9.1' },
      requestId,
      routeKey: '$default',
      stage,
      time: '01/Jan/2026:00:00:00 +0000',
      timeEpoch: 1_767_225_600_000,
    },
    ...(asked.body === undefined ? {} : { body: bodyOf(asked) }),
    isBase64Encoded: asked.base64 ?? false,
  };
}

/** An event in payload format 1.0, as a REST API sends it: headers and query once single and once with all values. */
export function restApiEvent(asked: Asked) {
  const { method = 'GET', path, query = [], stage = 'prod' } = asked;
  const headers = headersOf(asked);
  const names = [...new Set(query.map(([name]) => name))];
  const valuesOf = (wanted: string) => query.filter(([name]) => name === wanted).map(([, value]) => value);
  return {
    resource: '/{proxy+}',
    path,
    httpMethod: method,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: query.length === 0 ? null : Object.fromEntries(query),
    multiValueQueryStringParameters:
      query.length === 0 ? null : Object.fromEntries(names.map((name) => [name, valuesOf(name)])),
    pathParameters: { proxy: path.slice(1) },
    stageVariables: null,
    requestContext: {
      accountId: '123456789012',
      apiId: 'bbbbbbbbbb',
      domainName: 'bbbbbbbbbb.execute-api.eu-central-1.amazonaws.com',
      domainPrefix: 'bbbbbbbbbb',
      extendedRequestId: 'TWegAcC4EowCHnA=',
      httpMethod: method,
      identity: { sourceIp: '192.0.2.1', userAgent: 'curl/8.9.1' },
      path: `/${stage}${path}`,
      protocol: 'HTTP/1.1',
      requestId: asked.requestId ?? 'deef4878-7910-11e6-8f14-25afc3e9ae33',
      resourceId: 'roq9wj',
      resourcePath: '/{proxy+}',
      stage,
    },
    body: asked.body === undefined ? null : bodyOf(asked),
    isBase64Encoded: asked.base64 ?? false,
  };
}

function headersOf({ headers = {}, body }: Asked): Record<string, string> {
  return {
    accept: '*/*',
    host: 'api.example.com',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...headers,
  };
}

function bodyOf({ body = '', base64 }: Asked): string {
  return Buffer.from(body).toString(base64 ? 'base64' : 'utf8');
}
