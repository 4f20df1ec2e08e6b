import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { listen } from '../../functions/http/listen.ts';

const clients = 700;
/** Opens connections on a thread of its own, and counts those that are open. */
const opens = `
  const { workerData: { port, clients, open } } = require('node:worker_threads');
  const { connect } = require('node:net');
  for (let each = 0; each < clients; each += 1)
    connect(port, '127.0.0.1', () => Atomics.add(open, 0, 1) === clients - 1 && Atomics.notify(open, 1)).on('error', () => {});
`;

/** How many connections may wait to be accepted here; `undefined` where the system does not say. */
function mostOfSystem(): number | undefined {
  try {
    return Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
  } catch {
    return undefined;
  }
}

it.skipIf((mostOfSystem() ?? 0) < clients)(
  `${clients} clients that come while the process is busy are all let in at once`,
  async () => {
    const server = createServer();
    const port = await listen(server, { host: '127.0.0.1', port: 0, variable: 'PORT' });
    const open = new Int32Array(new SharedArrayBuffer(8));
    const worker = new Worker(opens, { eval: true, workerData: { port, clients, open } });
    // The server accepts none of them meanwhile. One that is dropped comes back after a second.
    Atomics.wait(open, 1, 0, 900);
    server.close();
    await worker.terminate();
    expect(Atomics.load(open, 0)).toBe(clients);
  },
);
