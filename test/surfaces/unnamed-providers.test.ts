import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { createApp } from '../../functions/http/app.ts';
import { twinNames, variablesOf } from '../../sandbox/providers/index.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { connectionTo, context, gatewayOver } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { slackInMemory } from '../support/slack/in-memory.ts';
import { inMemory } from '../support/surfaces/mcp-client.ts';

/** Nothing is named, and all variables of all providers are set: those of the usual ones, and those that other programs use. */
let sandbox: Sandbox;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  const pairs = twinNames.flatMap((name) => [
    [variablesOf[name].key, connectionTo(name, sandbox.providers[name]).apiKey],
    [variablesOf[name].baseUrl, sandbox.providers[name].baseUrl],
    ...Object.entries(variablesOf[name].options),
  ]);
  env = Object.fromEntries(pairs);
});
afterAll(() => sandbox.close());

/** The providers that were asked for anything. */
const asked = () => twinNames.filter((name) => sandbox.providers[name].journal.length > 0);

/** Those that no other program has variables for. */
const usual = ['ionq', 'ionworks', 'promptloop', 'sutro'];

/** One that the environment does not serve, and a job there. */
const unnamed = { provider: 'openai-batch', job_id: 'batch_1' };

/** Lists on every surface, and names a job at a provider that is not served. `texts`: what was said about that. */
async function toAll(texts: string[]): Promise<readonly string[]> {
  const { connections } = readSettings(env);
  const gateway = gatewayOver(connections);
  const callers = { identify: async () => context.caller };
  const app = createApp({ gateway, callers, log: silentLog, newRequestId: () => 'test' });
  const json = { 'content-type': 'application/json' };
  const body = JSON.stringify({ jobs: [unnamed] });
  await app.request('/v1/jobs');
  const refused = await app.request('/v1/jobs/cancel', { method: 'POST', headers: json, body });
  texts.push(await refused.text());
  const providers = await (await app.request('/v1/providers')).json();
  const { clock, store } = await operationsHarness();
  const parts = { gateway, clock, log: silentLog, caller: async () => context.caller };
  const { call } = await inMemory({ ...parts, newRequestId: () => 'test', surface: 'mcp' });
  await call('list_jobs', {});
  texts.push((await call('cancel_job', unnamed)).text);
  const ask = slackInMemory({ gateway, store, clock, connections });
  await ask({ kind: 'list' });
  const inShell = (args: readonly string[]) => runInProcess(args, { env, isTerminal: true });
  await inShell(['list']);
  await inShell(['doctor']);
  texts.push((await inShell(['cancel', unnamed.provider, unnamed.job_id])).stderr);
  const named = z.object({ providers: z.array(z.object({ provider: z.string() })) }).parse(providers);
  return named.providers.map(({ provider }) => provider);
}

test('no surface asks a provider whose variables are set, and which is not named, for anything', async () => {
  const texts: string[] = [];
  expect(await toAll(texts)).toEqual(usual);
  expect(asked()).toEqual(usual);
  expect(texts).toHaveLength(3);
  for (const text of texts)
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      'must be one of ionq, ionworks, promptloop, sutro; calloff serves openai-batch only if CALLOFF_CONNECTIONS or the configuration file names it',
    );
});
