import { createServer } from 'node:http';
import { connect } from 'node:net';

/** A proxy on loopback that keeps what it was asked for. */
export interface ProxyServer {
  readonly url: string;
  /** `host:port` of every tunnel, and the URL of every request that was not for one. */
  readonly asked: readonly string[];
  /** The credentials that came with each tunnel. */
  readonly credentials: readonly (string | undefined)[];
  close(): Promise<void>;
}

/** Starts one that answers CONNECT with a status line, or, with a port of this machine, with a tunnel to it. */
export async function startProxy(answer: string | { readonly tunnelTo: number }): Promise<ProxyServer> {
  const asked: string[] = [];
  const credentials: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('{}');
  });
  server.on('connect', ({ url, headers }, socket) => {
    asked.push(url ?? '');
    credentials.push(headers['proxy-authorization']);
    socket.on('error', () => undefined);
    if (typeof answer === 'string') {
      socket.end(`HTTP/1.1 ${answer}\r\n\r\n`);
      return;
    }
    const target = connect(answer.tunnelTo, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(target).pipe(socket);
    });
    target.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server did not get a TCP port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    credentials,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
