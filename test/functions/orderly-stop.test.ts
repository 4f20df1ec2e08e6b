import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../functions/http/server.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { connectionsTo, settingsFor } from '../support/harness.ts';
import { answerOf, connected } from '../support/surfaces/raw-http.ts';
import { serverFor } from '../support/surfaces/server.ts';

let sandbox: Sandbox;
let server: RunningServer;
let sockets: Socket[];
beforeEach(async () => {
  sockets = [];
  sandbox = await startSandbox({ control: false });
  server = await serverFor(settingsFor(connectionsTo(sandbox)));
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await server.stop();
  await sandbox.close();
});

/** It says that nothing was done, and that the same request may succeed elsewhere. */
const notAttempted = { status: 503, body: expect.stringContaining('"not_attempted"') };

/** A look at a job, as it stands on the wire. */
function look(): string {
  const id = sandbox.providers.sutro.addJob({ state: 'running' });
  return [
    `GET /v1/providers/sutro/jobs/${id} HTTP/1.1`,
    ...['Host: 127.0.0.1', 'Authorization: Bearer a-token-for-tests-only', '', ''],
  ].join('\r\n');
}

async function openSocket(): Promise<Socket> {
  const socket = await connected(server.url);
  sockets.push(socket);
  return socket;
}

describe('a server that is told to stop', () => {
  it('answers a request that had arrived on a connection which was used before, and that it had not read', async () => {
    const socket = await openSocket();
    socket.write(look());
    expect((await answerOf(socket)).status).toBe(200);
    socket.write(look());
    const stopped = server.stop();
    expect(await answerOf(socket)).toMatchObject(notAttempted);
    await stopped;
  });

  it('answers the requests on a crowd of connections that it had not taken', async () => {
    const { port } = new URL(server.url);
    const crowd = Array.from({ length: 40 }, () => connect(Number(port), '127.0.0.1'));
    sockets.push(...crowd);
    for (const socket of crowd) socket.write(look());
    const stopped = server.stop();
    for (const answer of await Promise.all(crowd.map(answerOf))) expect(answer).toMatchObject(notAttempted);
    await stopped;
  });
});
