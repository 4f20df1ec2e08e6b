import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request as it came out of the wire. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Headers as they were sent, name and value in turn. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** A real HTTP server on 127.0.0.1 that keeps what it was asked. */
export interface Origin {
  readonly url: string;
  readonly received: readonly Received[];
  /** Resolves when no connection is open. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one on a free port. Every request is kept, read whole, and then answered by `answer`. */
export async function startOrigin(answer: RequestListener): Promise<Origin> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  let noticeIdle = () => {};
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers, rawHeaders } = request;
    received.push({ method, url, headers, rawHeaders, body: await text(request) });
    answer(request, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) noticeIdle();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server did not get a TCP port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    received,
    idle: () =>
      new Promise((resolve) => {
        noticeIdle = resolve;
        if (sockets.size === 0) resolve();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
