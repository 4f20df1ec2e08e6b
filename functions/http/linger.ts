import type { IncomingMessage } from 'node:http';

/** How long a connection stays open for a client that still sends what nobody reads, and for how many bytes. */
const longestMs = 10_000;
const mostBytes = 64_000_000;

/**
 * The response to a request whose body may still be on its way: the whole of it at once, and its end when the body has come
 * in and was thrown away. A client that reads nothing before it has written everything, as most do, would otherwise find the
 * connection cut, and never see why. One that sends too much or too slowly is cut off.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
export async function lingering(response: Response, incoming: IncomingMessage): Promise<Response> {
  if (incoming.complete || incoming.destroyed || response.body === null) return response;
  const body = new Uint8Array(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  headers.set('content-length', String(body.length));
  const stream = new ReadableStream({
    async start(controller) {
      controller.enqueue(body);
      await discard(incoming);
      controller.close();
    },
  });
  return new Response(stream, { status: response.status, headers });
}

/** Reads the rest of a body away. Resolves when there is nothing more to come. */
function discard(incoming: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    const cut = () => incoming.socket.destroy();
    const timer = setTimeout(cut, longestMs);
    const finish = () => {
      clearTimeout(timer);
      resolve();
    };
    // Whoever began to read has lost interest; its pauses would be in the way.
    incoming.removeAllListeners('data');
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > mostBytes) cut();
    });
    incoming.once('end', finish);
    incoming.once('close', finish);
    incoming.on('error', () => undefined);
    incoming.resume();
  });
}
