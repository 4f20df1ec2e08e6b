import { createServer, request } from 'node:http';

/** A proxy on loopback that serves another server below a path, which it removes, and names that server as the host. */
export interface PrefixProxy {
  /** Such as `http://127.0.0.1:40000/calloff/`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts one, as nginx is with `location /calloff/ { proxy_pass http://127.0.0.1:8787/; }`. */
export async function startPrefixProxy(upstream: string, prefix: string): Promise<PrefixProxy> {
  const { hostname, port, host } = new URL(upstream);
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/' } = incoming;
    if (!url.startsWith(prefix)) {
      outgoing.writeHead(404).end('nothing of calloff is here');
      return;
    }
    const path = url.slice(prefix.length - 1);
    const onward = request(
      { hostname, port, method, path, headers: { ...incoming.headers, host } },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server did not get a TCP port');
  return {
    url: `http://127.0.0.1:${address.port}${prefix}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
