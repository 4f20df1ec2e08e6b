import { randomUUID } from 'node:crypto';
import { type GatewayEvent, pathBelowRoute } from './route-path.ts';

/** API Gateway's id of a request, so that its log and calloff's can be joined; otherwise a new one. */
export function requestIdOf({ requestContext }: GatewayEvent): string {
  const { requestId } = requestContext;
  return /^[A-Za-z0-9_-]{8,64}=?$/.test(requestId) ? requestId : randomUUID();
}

/**
 * The event, changed so that a request can be made of it. An HTTP API decodes the path, and puts a named stage or the base
 * path of a custom domain before it. Both are removed, and characters that a path cannot hold are encoded again:
 * otherwise `%3F` would begin a query and `.%09.` become a dot segment. Invalid headers and cookies are left out, because
 * the error about them would show the caller's token. A test request from the console of a REST API has `null` for
 * headers. The body of a GET or HEAD has no meaning and is left out. Input that API Gateway never sends (a body that is
 * not Base64, half a character in a query, an invalid method) becomes a request that the service refuses.
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

/** A method that no route has, in place of an invalid one. */
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
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern searches for control characters
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
