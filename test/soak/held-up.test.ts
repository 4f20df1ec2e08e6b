import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { openTestServer } from '../support/surfaces/test-server.ts';

/** A client on a thread of its own: it connects, says so, sends its request a little later, and tells what comes back. */
const client = `
  const { parentPort, workerData: { port } } = require('node:worker_threads');
  const socket = require('node:net').connect(port, '127.0.0.1', () => {
    setTimeout(() => parentPort.postMessage('connected'), 300);
    setTimeout(() => socket.write('GET /healthz HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n'), 800);
  });
  socket.once('data', (data) => parentPort.postMessage(String(data).slice(0, 15)));
  socket.once('error', ({ code }) => parentPort.postMessage(code));
`;

test('a request that arrives while the server does something else for 12 seconds is answered', async () => {
  const server = await openTestServer({
    ada: { kind: 'person', may: { connections: ['*'], actions: ['list'] } },
  });
  const worker = new Worker(client, { eval: true, workerData: { port: Number(new URL(server.url).port) } });
  await once(worker, 'message');
  const answered = once(worker, 'message');
  // After the turn of the event loop in which connections are read, so that the next thing is to look at the clock.
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 12_000);
      resolve();
    });
  });
  expect(await answered).toEqual(['HTTP/1.1 200 OK']);
  await worker.terminate();
  await server.close();
});
