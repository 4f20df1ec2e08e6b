import { randomUUID } from 'node:crypto';
import type { LambdaEvent } from 'hono/aws-lambda';

/** What API Gateway calls the function with: payload format 1.0 or 2.0. */
export type GatewayEvent = Extract<LambdaEvent, { resource: string } | { routeKey: string }>;

/** The id that API Gateway gave a request, so that its log and ours can be joined; else a new one. */
export function requestIdOf({ requestContext }: GatewayEvent): string {
  const { requestId } = requestContext;
  return /^[A-Za-z0-9_-]{8,64}=?$/.test(requestId) ? requestId : randomUUID();
}

/**
 * The event as a request can be made of it. An HTTP API decodes the path before it hands it on, and puts a named stage
 * before it: what no path can hold is encoded again, or `%3F` would begin a query and `.%09.` become a dot segment.
 * Headers that cannot be sent are left out, because the error about them would show the caller's token. A request that is
 * tried in the console of a REST API comes with `null` for headers. What no API Gateway sends, a body that is no Base64 and
 * half a character in a query, becomes what the service turns down.
 */
export function readableEvent(event: GatewayEvent): GatewayEvent {
  const { stage } = event.requestContext;
  const headers = sendable(event.headers);
  const body = readableBody(event);
  if ('rawPath' in event) return { ...event, headers, body, rawPath: readablePath(event.rawPath, stage) };
  const path = readablePath(event.path);
  const { multiValueHeaders, queryStringParameters, multiValueQueryStringParameters, ...rest } = event;
  const once = wellFormed(queryStringParameters, (value) => value.toWellFormed());
  const all = wellFormed(multiValueQueryStringParameters, (values) =>
    values.map((value) => value.toWellFormed()),
  );
  return {
    ...rest,
    ...{ headers, body, path },
    ...(once && { queryStringParameters: once }),
    ...(all && { multiValueQueryStringParameters: all }),
    ...(multiValueHeaders && { multiValueHeaders: sendable(multiValueHeaders) }),
  };
}

/** A byte that neither begins JSON nor is text, in Base64. */
const unreadable = '/w==';

function readableBody({ body, isBase64Encoded }: GatewayEvent): string | null {
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

function readablePath(path: string, stage = ''): string {
  const named = stage !== '' && path.startsWith(`/${stage}/`);
  const withoutStage = named ? path.slice(stage.length + 1) : path;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return withoutStage.replace(/[\x00-\x20\x7f?#\\]/g, encodeURIComponent);
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
