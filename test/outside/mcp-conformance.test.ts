import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../functions/http/server.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { connectionsTo } from '../support/harness.ts';
import { startTokenProxy } from '../support/network/token-proxy.ts';
import { bareEnvironment } from '../support/process/run.ts';
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

/** What the referee printed, and its exit code. */
function judge(args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      referee,
      args,
      { env: bareEnvironment(), timeout: 60_000 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : (child.exitCode ?? 1), output: stdout + stderr });
      },
    );
  });
}

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
    const { code, output } = await judge(args);
    expect(output).toContain('dns-rebinding-protection');
    expect(code, output.slice(-2_000)).toBe(0);
  });
});
