import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../functions/http/server.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { connectionsTo } from '../support/harness.ts';
import { startTokenProxy } from '../support/network/token-proxy.ts';
import { bareEnvironment, run } from '../support/process/run.ts';
import { serverFor } from '../support/surfaces/server.ts';

const token = 'a-token-for-the-tests';
const referee = fileURLToPath(new URL('../referees/node_modules/.bin/conformance', import.meta.url));
const baseline = fileURLToPath(new URL('../referees/conformance-baseline.yaml', import.meta.url));

let sandbox: Sandbox;
let server: RunningServer;
let proxy: Awaited<ReturnType<typeof startTokenProxy>>;

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  const settings = { ...readSettings({ PORT: '0' }), connections: connectionsTo(sandbox), token };
  server = await serverFor(settings);
  proxy = await startTokenProxy(server.url, token);
});
afterAll(async () => {
  proxy.close();
  await server.stop();
  await sandbox.close();
});

describe('the conformance tests of MCP', () => {
  it('find the HTTP server to conform, but for what it does not offer', async () => {
    const args = [
      'server',
      '--url',
      `${proxy.url}/mcp`,
      '--spec-version',
      '2025-11-25',
      '--expected-failures',
      baseline,
    ];
    const { code, stdout, stderr } = await run(referee, args, bareEnvironment());
    const output = stdout + stderr;
    expect(output).toContain('dns-rebinding-protection');
    expect(code, output.slice(-2_000)).toBe(0);
  });
});
