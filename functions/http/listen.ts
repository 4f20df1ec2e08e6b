import type { Server } from 'node:http';
import { ConfigurationError } from '../../shared/config/configuration-error.ts';

/** Where to listen, and the variable that sets the port. */
interface Place {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly variable: string;
}

/**
 * How many connections may wait to be accepted while the process is busy; the system may allow fewer (on Linux `net.core.somaxconn`).
 * Those beyond are dropped, and their clients try again a second later or more. Node's own value is 511.
 */
const backlog = 4_096;

/**
 * Begins to listen, and returns the port.
 * @throws {ConfigurationError} if the host and port cannot be used.
 */
export function listen(server: Server, { host, port, variable }: Place): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? `is taken; set ${variable} to another, or to 0`
          : `cannot be used (${error.code})`;
      reject(new ConfigurationError([`${host} port ${port} ${why}`]));
    });
    server.listen({ port, host, backlog }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
