import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { buildServer, type ServerParts } from '../../mcp/server.ts';
import { admit, type TokenSource } from '../../shared/access/token.ts';
import { parseJson } from '../../shared/json.ts';
import type { Environment } from './environment.ts';
import { largestBody } from './input.ts';

/** What MCP over HTTP needs beside the server itself. */
export interface McpParts extends ServerParts {
  readonly token: TokenSource;
  /** The names under which this server may be asked; `any` where the platform in front has seen to it. */
  readonly hosts: 'any' | readonly string[];
  /** Whether progress may be streamed: not on a platform that collects the answer before it is sent. */
  readonly streams: boolean;
}

/**
 * MCP over Streamable HTTP, stateless: a fresh server and transport for every request, so that nothing of one caller
 * can reach another. Answers in JSON; as a stream where progress was asked for and can be had.
 */
export function mcpRoutes(parts: McpParts): Hono<Environment> {
  const app = new Hono<Environment>();
  app.use(async (context, next) => {
    if (!isWelcome(context, parts.hosts)) return fault(context, 403, 'This host or origin is not allowed.');
    const admission = await admit(context.req.header('authorization'), parts.token);
    if (admission === 'admitted') return next();
    if (admission === 'unconfigured') return fault(context, 503, 'This installation has no token.');
    context.header('www-authenticate', 'Bearer realm="calloff"');
    return fault(context, 401, 'A valid bearer token is needed.');
  });
  app.use(
    bodyLimit({ maxSize: largestBody, onError: (context) => fault(context, 413, 'The body is over 4 MB.') }),
  );
  app.post('/', async (context) => {
    const message = parseJson(await context.req.text());
    if (message === undefined) return fault(context, 400, 'The body must be JSON.', -32700);
    if (Array.isArray(message))
      return fault(context, 400, 'Batches are not taken: send one message.', -32600);
    return handle(context.req.raw, message, parts);
  });
  app.all('/', (context) => {
    context.header('allow', 'POST');
    return fault(context, 405, 'Only POST is served here.');
  });
  return app;
}

async function handle(request: Request, message: unknown, parts: McpParts): Promise<Response> {
  const server = buildServer(async () => parts);
  const transport = new WebStandardStreamableHTTPServerTransport({
    enableJsonResponse: !(parts.streams && wantsProgress(message)),
  });
  request.signal.addEventListener('abort', () => void server.close());
  // The SDK's own types disagree under exactOptionalPropertyTypes: its transport is handed on as it is.
  await server.connect(transport);
  const { method, headers, url, signal } = request;
  return transport.handleRequest(new Request(url, { method, headers, signal }), { parsedBody: message });
}

function wantsProgress(message: unknown): boolean {
  return JSON.stringify(message).includes('"progressToken"');
}

/** Keeps out web pages that reach a local server through a name of their own, or across origins. */
function isWelcome(context: Context<Environment>, hosts: McpParts['hosts']): boolean {
  if (hosts === 'any') return true;
  const origin = context.req.header('origin');
  const names = [context.req.header('host') ?? '', ...(origin === undefined ? [] : [originHost(origin)])];
  return names.every((name) => hosts.includes(name.replace(/:\d+$/, '')));
}

function originHost(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : 'null';
}

function fault(
  context: Context<Environment>,
  status: 400 | 401 | 403 | 405 | 413 | 503,
  message: string,
  code = -32000,
): Response {
  return context.json({ jsonrpc: '2.0', id: null, error: { code, message } }, status);
}
