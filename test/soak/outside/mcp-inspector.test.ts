import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mayAll } from '../../support/configuration.ts';
import { bareEnvironment, programOf, run } from '../../support/process/run.ts';
import { openTestServer, type TestServer } from '../../support/surfaces/test-server.ts';
import { clientsPackage } from '../clients/client.ts';

const inspector = fileURLToPath(new URL('node_modules/.bin/mcp-inspector', clientsPackage));
let server: TestServer;

beforeAll(async () => {
  server = await openTestServer({ ada: { kind: 'agent', may: mayAll } });
});
afterAll(() => server.close());

const targets: readonly [string, () => readonly string[]][] = [
  [
    'HTTP',
    () => [
      `${server.url}/mcp`,
      ...['--transport', 'http', '--header', `Authorization: Bearer ${server.tokenOf('ada')}`],
    ],
  ],
  ['stdio', () => [process.execPath, programOf('cli/main.ts'), 'mcp']],
];

it.each(targets)(
  'the inspector of MCP finds nothing to warn of in the tools over %s',
  async (_transport, target) => {
    const args = ['--cli', ...target(), '--method', 'tools/list', '--strict'];
    const { code, stdout, stderr } = await run(inspector, args, bareEnvironment());
    const output = stdout + stderr;
    expect(output).toContain('cancel_jobs');
    expect(output).not.toMatch(/[1-9]\d* (error|warning)s?/);
    expect(code).toBe(0);
  },
);
