import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Decision } from './twin/handle-request.ts';
import type { OutgoingRequest } from './twin/provider-model.ts';
import type { Reply } from './twin/reply.ts';

/** A server that is listening. */
export interface Listening {
  readonly port: number;
  /** Ends every connection at once, also those that hang. */
  close(): Promise<void>;
}

/** Listens on 127.0.0.1 and does with every request what is decided about it. Port 0 is any free port. */
export async function listen(
  port: number,
  decide: (ask: OutgoingRequest) => Decision | Promise<Decision>,
): Promise<Listening> {
  const server = createServer({ keepAliveTimeout: 30_000 }, (request, response) => {
    handle(request, response, decide).catch((error: unknown) => confess(error, response));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The sandbox did not get a TCP port.');
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  decide: (ask: OutgoingRequest) => Decision | Promise<Decision>,
): Promise<void> {
  const hasBody =
    request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
  const { reply, delayMs } = await decide({
    method: request.method ?? '',
    target: request.url ?? '',
    header: (name) => single(request.headers[name]),
    text: hasBody ? await text(request) : '',
  });
  if (delayMs > 0) later(delayMs, () => carryOut(reply, response));
  else carryOut(reply, response);
}

/** A mistake in the sandbox must not pass for a provider's fault. */
function confess(error: unknown, response: ServerResponse): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(500, { 'content-type': 'text/plain' });
  response.end(`The sandbox itself failed: ${error instanceof Error ? error.message : String(error)}\n`);
}

function carryOut(reply: Reply, response: ServerResponse): void {
  if (reply.kind === 'hang' || response.destroyed) return;
  if (reply.kind === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const body = Buffer.from(reply.text);
  response.writeHead(reply.status, { ...reply.headers, 'content-length': body.length });
  if (reply.spreadMs === undefined) response.end(body);
  else trickle(body, reply.spreadMs, response);
}

/** Sends a body in ten parts over a span of time. */
function trickle(body: Buffer, spreadMs: number, response: ServerResponse): void {
  const size = Math.ceil(body.length / 10);
  const step = (start: number) => {
    if (response.destroyed) return;
    if (start + size >= body.length) response.end(body.subarray(start));
    else {
      response.write(body.subarray(start, start + size));
      later(spreadMs / 10, () => step(start + size));
    }
  };
  later(spreadMs / 10, () => step(0));
}

/** A timer that does not keep the process alive: a listening server does that. */
function later(ms: number, act: () => void): void {
  setTimeout(act, ms).unref();
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}
