import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { jsonRpcFaults } from '../../mcp/message.ts';
import type { HonoEnvironment } from './hono-env.ts';

interface Fault {
  readonly status: ContentfulStatusCode;
  /** A code of JSON-RPC 2.0; -32000 is the first of those left to servers. */
  readonly code: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Every fault with which a message is refused before MCP handles it. */
const faults = {
  'not-json': { status: 400, ...jsonRpcFaults['not-json'] },
  batch: { status: 400, ...jsonRpcFaults.batch },
  'no-message': { status: 400, ...jsonRpcFaults['no-message'] },
  ambiguous: { status: 400, ...jsonRpcFaults.ambiguous },
  'too-much': { status: 400, ...jsonRpcFaults['too-much'] },
  unreadable: { status: 400, code: -32600, message: 'The request cannot be read.' },
  'unsafe-path': { status: 400, code: -32600, message: 'The path contains a dot segment or a fragment.' },
  unauthorized: {
    status: 401,
    code: -32000,
    message: 'The request needs a valid bearer token.',
    headers: { 'www-authenticate': 'Bearer realm="calloff"' },
  },
  'foreign-origin': {
    status: 403,
    code: -32000,
    message:
      'The request names a host or an origin that is not that of this server, so nothing was done. Behind a proxy, set CALLOFF_PUBLIC_URL to the address of calloff.',
  },
  'no-such-route': { status: 404, code: -32000, message: 'This server has only the route /mcp.' },
  'method-not-allowed': {
    status: 405,
    code: -32000,
    message: 'Only POST is allowed here.',
    headers: { allow: 'POST' },
  },
  'body-too-large': { status: 413, code: -32000, message: 'The body is larger than 2 MB.' },
  internal: { status: 500, code: -32603, message: 'An internal error occurred in calloff.' },
  'not-configured': {
    status: 503,
    code: -32000,
    message: 'calloff has no token configured, or cannot read it now.',
  },
} as const satisfies Record<string, Fault>;

/** Answers with a JSON-RPC error and its HTTP status. `where` is the place of the fault in the message. */
export function jsonRpcError(
  context: Context<HonoEnvironment>,
  kind: keyof typeof faults,
  { id = null, where }: { readonly id?: string | number | null; readonly where?: string | undefined } = {},
): Response {
  const { status, code, message, headers }: Fault = faults[kind];
  const data = { request_id: context.get('requestId'), ...(where && { where }) };
  return context.json({ jsonrpc: '2.0', id, error: { code, message, data } }, status, headers);
}
