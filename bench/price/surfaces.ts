import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import { finish } from '../../test/support/process/run.ts';
import { freshFolder } from '../../test/support/process/temporary.ts';
import type { Account } from '../truth/contestant.ts';
import { cancelRequest, statusRequest } from '../truth/contestants/request.ts';
import { ask } from './clients/by-calloff.ts';
import { argumentsFor } from './clients/by-curl.ts';
import { McpProcess } from './clients/json-lines.ts';
import { checkCancelCheck } from './clients/raw.ts';
import { type ServerProcess, settingsFor } from './parts.ts';

/** The command as it is installed. */
const command = 'dist/cli/calloff.mjs';

/** A way to cancel one job: the three requests check, cancel, check. Rejects if the job is not cancelled afterwards. */
export interface Surface {
  readonly name: string;
  /** Whether a process is started for each job, which takes a hundred times as long. */
  readonly isProcess: boolean;
  cancel(id: string): Promise<void>;
  close(): Promise<void>;
}

const nothing = async () => undefined;

/** All ways to cancel one job of an account. The first of each kind is what the others are compared with. */
export async function openSurfaces(account: Account, server: ServerProcess): Promise<readonly Surface[]> {
  const { provider } = account;
  const { environment } = await settingsFor(account);
  const mcp = await startMcp(account);
  return [
    {
      ...{ name: 'fetch', isProcess: false, close: nothing },
      cancel: async (id) => assertCancelled(await checkCancelCheck(account, id)),
    },
    {
      ...{ name: 'calloff, HTTP', isProcess: false, close: nothing },
      cancel: async (id) =>
        assertCancelled(await ask(server, 'POST', `/v1/providers/${provider}/jobs/${id}/cancel`)),
    },
    {
      ...{ name: 'calloff, MCP', isProcess: false, close: () => mcp.end() },
      cancel: async (job_id) => assertCancelled(await mcp.call('cancel_job', { provider, job_id })),
    },
    {
      ...{ name: 'curl', isProcess: true, close: nothing },
      cancel: async (id) => {
        const [status, cancel] = [statusRequest(account, id), cancelRequest(account, id)];
        const requests = [status, cancel, status].flatMap((each, index) => [
          ...(index === 0 ? [] : ['--next']),
          ...argumentsFor(each),
        ]);
        assertCancelled((await finish(spawn('curl', requests))).stdout);
      },
    },
    {
      ...{ name: 'calloff, CLI', isProcess: true, close: nothing },
      cancel: async (id) => {
        const args = [command, 'cancel', provider, id, '--json'];
        const { stdout, stderr } = await finish(spawn(process.execPath, args, { env: environment }));
        assertCancelled(`${stdout}${stderr}`);
      },
    },
  ];
}

/** `calloff mcp` for one account, after the handshake. */
export async function startMcp(account: Account): Promise<McpProcess> {
  const { environment } = await settingsFor(account);
  const mcp = new McpProcess([command, 'mcp'], environment);
  await mcp.greet();
  return mcp;
}

/** The barest server of the SDK for one account, bundled as calloff is. */
export async function bareServer({ baseUrl, apiKey }: Account) {
  const outfile = join(freshFolder(), 'bare-mcp.mjs');
  await build({
    ...{
      entryPoints: ['bench/price/clients/bare-mcp.ts'],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
    },
    ...{ minify: true, mainFields: ['module', 'main'], target: 'node22', logLevel: 'warning' },
    banner: {
      js: "import { createRequire as __r } from 'node:module'; const require = __r(import.meta.url);",
    },
  });
  const { environment } = await settingsFor({ provider: 'sutro', baseUrl, apiKey });
  const env = { ...environment, BASE_URL: baseUrl, API_KEY: apiKey };
  return () => new McpProcess([outfile], env);
}

/** Throws unless an answer says that the job is cancelled. */
export function assertCancelled(answer: unknown): void {
  const text = JSON.stringify(answer);
  if (!/"cancelled\\*"/i.test(text)) throw new Error(`the job was not cancelled: ${text}`);
}
