import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { twins } from '../../../sandbox/providers/index.ts';
import type { TwinFacts } from '../../../sandbox/twin/provider-model.ts';
import { newToken, pepper } from '../../../test/support/configuration.ts';
import { bareEnvironment, finish, outputOf } from '../../../test/support/process/run.ts';
import { freshFolder } from '../../../test/support/process/temporary.ts';
import { overStdio } from '../../../test/support/surfaces/mcp-client.ts';
import type { Account, Contestant } from '../contestant.ts';
import { claimsOf } from './calloff-answer.ts';

/** calloff as it is installed: the bundle of the command, in processes of its own, with its own settings but the keys. */
const command = 'dist/cli/calloff.mjs';
/** Of one call, on every surface: shorter than the default, so that the whole ends in minutes. */
const budgetSeconds = '30';
const { authorization, entry } = newToken();
/** More than any case asks for: no person is there to confirm. */
const may = { connections: ['*'], actions: ['list', 'cancel'], confirm_above: 10_000 };
const callers = { ada: { kind: 'person', tokens: [entry], may } };

/** An environment in which calloff knows these accounts, by their names. */
async function environmentFor(accounts: ReadonlyMap<string, Account>): Promise<Record<string, string>> {
  const folder = freshFolder();
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'calloff.json');
  const connections = Object.fromEntries([...accounts].map(([name, account]) => [name, connection(account)]));
  await writeFile(path, JSON.stringify({ connections, callers, stdio: { may } }));
  return { CALLOFF_CONFIG: path, CALLOFF_PEPPER: pepper, CALLOFF_BUDGET_SECONDS: budgetSeconds };
}

function connection({ provider, baseUrl, apiKey }: Account): object {
  const { options = {} }: TwinFacts = twins[provider];
  return { provider, base_url: baseUrl, api_key: apiKey, ...options };
}

const jobsOf = (provider: string, ids: readonly string[]) => ids.map((job_id) => ({ provider, job_id }));

/** `calloff serve`, asked over HTTP. */
export const calloffOverHttp: Contestant = {
  name: 'calloff, HTTP',
  atOnce: { quick: 24, slow: 200 },
  async open(accounts) {
    const own = { PORT: '0', ...(await environmentFor(accounts)) };
    const server = spawn(process.execPath, [command, 'serve'], { env: bareEnvironment(own) });
    const [, url = ''] = /(http:\/\/127\.0\.0\.1:\d+)/.exec(await outputOf(server, /http:\/\/\S+:\d+/)) ?? [];
    return {
      async ask({ name, ids, signal }) {
        const [first = ''] = ids;
        const isOne = ids.length === 1;
        const path = isOne ? `/v1/providers/${name}/jobs/${first}/cancel` : '/v1/jobs/cancel';
        const body = JSON.stringify(isOne ? {} : { jobs: jobsOf(name, ids) });
        const headers = { authorization, 'content-type': 'application/json' };
        const response = await fetch(url + path, { method: 'POST', headers, body, signal });
        return claimsOf(await response.json(), ids);
      },
      async close() {
        const finished = finish(server);
        server.kill('SIGTERM');
        await finished;
      },
    };
  },
};

/** `calloff mcp`, asked by the SDK of MCP over standard input and output. */
export const calloffOverMcp: Contestant = {
  name: 'calloff, MCP',
  atOnce: { quick: 24, slow: 200 },
  async open(accounts) {
    const env = await environmentFor(accounts);
    const client = await overStdio({ env, args: [command, 'mcp'], onStderr: () => undefined });
    return {
      async ask({ name, ids, signal }) {
        const [job_id = ''] = ids;
        const options = { signal, timeout: 120_000 };
        const { structured } =
          ids.length === 1
            ? await client.call('cancel_job', { provider: name, job_id }, options)
            : await client.call('cancel_jobs', { jobs: jobsOf(name, ids) }, options);
        return claimsOf(structured, ids);
      },
      close: client.close,
    };
  },
};

/** `calloff cancel`, a process for each case. */
export const calloffOnCommandLine: Contestant = {
  name: 'calloff, CLI',
  atOnce: { quick: 6, slow: 40 },
  async open(accounts) {
    return {
      async ask({ name, ids, signal }) {
        const account = accounts.get(name);
        if (account === undefined) throw new Error(`there is no account ${name}`);
        const env = bareEnvironment(await environmentFor(new Map([[name, account]])));
        const args = [command, 'cancel', name, ...ids, '--json'];
        const { stdout } = await finish(
          spawn(process.execPath, args, { env, signal, killSignal: 'SIGTERM' }),
        );
        return claimsOf(JSON.parse(stdout), ids);
      },
      close: async () => undefined,
    };
  },
};
