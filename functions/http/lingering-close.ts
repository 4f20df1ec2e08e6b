import type { IncomingMessage } from 'node:http';

/** How long, and for how many bytes, a connection stays open for a client that is still sending an unread body. */
const longestMs = 10_000;
const mostBytes = 64_000_000;

/**
 * The response to a request whose body may still be on its way: it is sent at once, and ends when the body has arrived and
 * was discarded. Most clients read nothing before they have written everything, and would otherwise find the connection
 * cut without seeing why. A client that sends too much or too slowly is cut off.
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

/** Reads and discards the rest of a body. Resolves at its end. */
function discard(incoming: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    const cut = () => incoming.socket.destroy();
    const timer = setTimeout(cut, longestMs);
    const finish = () => {
      clearTimeout(timer);
      resolve();
    };
    // The reader that began has stopped; its listeners would pause the stream.
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
