import { randomUUID } from 'node:crypto';
import { type GatewayEvent, pathBelowRoute } from './route-path.ts';

/** The id that API Gateway gave a request, so that its log and ours can be joined; else a new one. */
export function requestIdOf({ requestContext }: GatewayEvent): string {
  const { requestId } = requestContext;
  return /^[A-Za-z0-9_-]{8,64}=?$/.test(requestId) ? requestId : randomUUID();
}

/**
 * The event as a request can be made of it. An HTTP API decodes the path before it hands it on, and puts a named stage or
 * the base path of a custom domain before it: that is left out, and what no path can hold is encoded again, or `%3F` would
 * begin a query and `.%09.` become a dot segment. Headers and cookies that cannot be sent are left out, because the error
 * about them would show the caller's token. A request that is tried in the console of a REST API comes with `null` for
 * headers. The body of a GET or HEAD means nothing, and is left out. What no API Gateway sends, a body that is no Base64,
 * half a character in a query or a method that is no word, becomes what the service turns down.
 */
export function readableEvent(event: GatewayEvent): GatewayEvent {
  return 'rawPath' in event ? readableV2(event) : readableV1(event);
}

type EventV2 = Extract<GatewayEvent, { rawPath: string }>;
type EventV1 = Exclude<GatewayEvent, EventV2>;

function readableV2(event: EventV2): EventV2 {
  const { requestContext, cookies } = event;
  const method = readableMethod(requestContext.http.method);
  return {
    ...event,
    headers: sendable(event.headers),
    body: readableBody(event, method),
    rawPath: readablePath(
      pathBelowRoute(event.rawPath, event) ?? withoutStage(event.rawPath, requestContext.stage),
    ),
    requestContext: {
      ...requestContext,
      domainName: readableHost(requestContext.domainName),
      http: { ...requestContext.http, method },
    },
    ...(cookies && { cookies: cookies.filter((cookie) => /^[\x20-\x7e]*$/.test(cookie)) }),
  };
}

function readableV1(event: EventV1): EventV1 {
  const { multiValueHeaders, queryStringParameters, multiValueQueryStringParameters, ...rest } = event;
  const httpMethod = readableMethod(event.httpMethod);
  const once = wellFormed(queryStringParameters, (value) => value.toWellFormed());
  const all = wellFormed(multiValueQueryStringParameters, (values) =>
    values.map((value) => value.toWellFormed()),
  );
  const { requestContext } = event;
  return {
    ...rest,
    headers: sendable(event.headers),
    body: readableBody(event, httpMethod),
    httpMethod,
    path: readablePath(pathBelowRoute(event.path, event) ?? event.path),
    requestContext: { ...requestContext, domainName: readableHost(requestContext.domainName) },
    ...(once && { queryStringParameters: once }),
    ...(all && { multiValueQueryStringParameters: all }),
    ...(multiValueHeaders && { multiValueHeaders: sendable(multiValueHeaders) }),
  };
}

/** A method that no route has, for what is none or cannot be put into a request. */
const noMethod = 'NONE';

function readableMethod(method: string): string {
  return isName(method) && !/^(connect|trace|track)$/i.test(method) ? method : noMethod;
}

/** Only the path of a URL matters here. */
function readableHost(name: string): string {
  return URL.canParse(`https://${name}/`) ? name : 'localhost';
}

/** A byte that neither begins JSON nor is text, in Base64. */
const unreadable = '/w==';

function readableBody({ body, isBase64Encoded }: GatewayEvent, method: string): string | null {
  if (/^(get|head)$/i.test(method)) return null;
  if (!body || !isBase64Encoded) return body ?? null;
  try {
    atob(body);
    return body;
  } catch {
    return unreadable;
  }
}

function wellFormed<Value>(
  query: Readonly<Record<string, Value>> | null | undefined,
  read: (value: NonNullable<Value>) => Value,
): Record<string, Value> | undefined {
  if (!query) return undefined;
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name.toWellFormed(), value == null ? value : read(value)]),
  );
}

function withoutStage(path: string, stage: string): string {
  return stage !== '' && path.startsWith(`/${stage}/`) ? path.slice(stage.length + 1) : path;
}

function readablePath(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return path.replace(/[\x00-\x20\x7f?#\\]/g, encodeURIComponent);
}

function sendable<Value>(headers: Readonly<Record<string, Value>> | null): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).filter(([name, value]) => isName(name) && isValue(String(value))),
  );
}

function isValue(text: string): boolean {
  return text.isWellFormed() && !/[\0\r\n]/.test(text);
}

function isName(name: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name);
}
