import { createServer, request } from 'node:http';

/** A proxy on loopback that hands everything on as it is, with a token added, for clients that cannot send one. */
export async function startTokenProxy(
  upstream: string,
  token: string,
): Promise<{ url: string; close(): void }> {
  const { hostname, port } = new URL(upstream);
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/' } = incoming;
    const headers = { ...incoming.headers, authorization: `Bearer ${token}` };
    const onward = request({ hostname, port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const local = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${local}`, close: () => server.close() };
}
