import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { Hono } from 'hono/quick';
import * as z from 'zod';
import { asAgent } from '../../mcp/as-agent.ts';
import { loadedTools } from '../../mcp/loaded-tools.ts';
import { readMessage } from '../../mcp/message.ts';
import { buildServer } from '../../mcp/server.ts';
import type { ServerParts } from '../../mcp/server-parts.ts';
import type { Authenticator } from '../../shared/access/authenticator.ts';
import { largestDocument } from '../../shared/lib/json.ts';
import { answerBroken } from './base-app.ts';
import type { HonoEnvironment } from './hono-env.ts';
import { jsonRpcError } from './json-rpc-error.ts';
import { type Hosts, isAllowedOrigin } from './origin.ts';

/** The parts of MCP over HTTP, besides the server itself. */
export interface McpParts extends Omit<ServerParts, 'newRequestId' | 'caller' | 'surface'> {
  readonly callers: Authenticator;
  /** The number of cancels in ten minutes above which an assistant needs a confirmation, with any token. */
  readonly confirmAbove: number;
  readonly hosts: Hosts;
  /** Whether progress may be streamed. Not on a platform that collects the answer before it sends it. */
  readonly streams: boolean;
}

/**
 * MCP over Streamable HTTP, stateless: a new server and transport for every request, so that no data of one caller can
 * reach another. Answers in JSON, or as a stream if the client asks for progress and accepts a stream and the platform can
 * send one. Belongs in a {@link baseApp}, which gives each request its id.
 */
export function mcpRoutes(parts: McpParts): Hono<HonoEnvironment> {
  const app = new Hono<HonoEnvironment>();
  app.onError(answerBroken(parts.log, jsonRpcError));
  app.use(async (context, next) => {
    const host = context.req.header('host') ?? '';
    if (!isAllowedOrigin(host, context.req.header('origin'), parts.hosts))
      return jsonRpcError(context, 'foreign-origin');
    const identity = await parts.callers.identify(context.req.header('authorization'));
    if (identity === 'unconfigured') return jsonRpcError(context, 'not-configured');
    if (identity === 'rejected') return jsonRpcError(context, 'unauthorized');
    context.set('caller', asAgent(identity, parts.confirmAbove));
    return next();
  });
  app.use(
    bodyLimit({ maxSize: largestDocument, onError: (context) => jsonRpcError(context, 'body-too-large') }),
  );
  app.post('/', async (context) => {
    const read = readMessage(await context.req.text());
    return 'message' in read ? handle(context, read.message, parts) : jsonRpcError(context, read.fault, read);
  });
  app.all('/', (context) => jsonRpcError(context, 'method-not-allowed'));
  return app;
}

/**
 * One request is one message, so a call has the same id in the log, the header and the answer. The SDK never answers a
 * connection that it closes. If the caller disconnects, the call is resolved and recorded first, and a process that is to
 * stop waits for that.
 */
async function handle(
  context: Context<HonoEnvironment>,
  message: unknown,
  parts: McpParts,
): Promise<Response> {
  const calls: Promise<unknown>[] = [];
  const onCall = (call: Promise<unknown>) => {
    calls.push(call);
    parts.onCall?.(call);
  };
  const newRequestId = () => context.get('requestId');
  const caller = async () => context.get('caller');
  const server = buildServer(
    async () => ({ ...parts, caller, surface: 'mcp', newRequestId, onCall }),
    loadedTools,
  );
  const isStream = parts.streams && wantsProgress(message) && takesStream(context.req.header('accept'));
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: !isStream });
  const { url, method, signal } = context.req.raw;
  const headers = new Headers(context.req.raw.headers);
  // The transport requires both, although it answers with one.
  headers.set('accept', 'application/json, text/event-stream');
  const { gone, stopWatching } = watch(signal, async () => {
    void server.close();
    await Promise.allSettled(calls);
  });
  await server.connect(transport);
  const request = new Request(url, { method, headers });
  const response = await Promise.race([transport.handleRequest(request, { parsedBody: message }), gone]);
  return afterwards(response, stopWatching);
}

/**
 * Calls `settle` when the caller disconnects. Remove the abort listener when done: signal → listener → request would leak
 * the request.
 */
function watch(signal: AbortSignal, settle: () => Promise<void>) {
  let leave: () => void = () => undefined;
  const gone = new Promise<Response>((resolve) => {
    leave = () => {
      settle().then(() => resolve(new Response(null, { status: 499 })));
    };
  });
  signal.addEventListener('abort', leave, { once: true });
  return { gone, stopWatching: () => signal.removeEventListener('abort', leave) };
}

/** The response, with `then` called after it: at once, or at the end of a stream. */
function afterwards(response: Response, then: () => void): Response {
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  if (!isStream || response.body === null) {
    then();
    return response;
  }
  return new Response(response.body.pipeThrough(new TransformStream({ flush: then })), response);
}

const progressRequest = z.object({
  params: z.object({ _meta: z.object({ progressToken: z.union([z.string(), z.number()]) }) }),
});

/** Whether the message asks for progress. */
function wantsProgress(message: unknown): boolean {
  return progressRequest.safeParse(message).success;
}

/** Whether the client names event streams in `Accept`. A client that accepts anything gets JSON. */
function takesStream(accept = ''): boolean {
  return accept.split(',').some((range) => {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return type === 'text/event-stream' && !parameters.includes('q=0');
  });
}
