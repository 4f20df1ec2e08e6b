import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { credentialFromSettings } from '../../../shared/config/secrets/credentials.ts';
import { createGateway, type Gateway } from '../../../shared/gateway.ts';
import { context } from '../../support/harness.ts';
import { freePort } from '../../support/network/free-port.ts';
import { clientsPackage } from '../clients/client.ts';

/** Prism stands between the gateway and the sandbox and lets pass only what the provider's own document allows. */
const prism = new URL('node_modules/.bin/prism', clientsPackage).pathname;
const cancelPath = /\/status\/cancel$|\/v0\/batches\/[^/]+\/cancel$/;

const children: ChildProcess[] = [];
let referees: Readonly<Record<'ionq' | 'promptloop', string>>;
let sandbox: Sandbox;

async function startPrism(document: string, upstream: string): Promise<string> {
  const file = new URL(`../../referees/openapi/${document}.yaml`, import.meta.url).pathname;
  const port = await freePort();
  const child = spawn(prism, ['proxy', '--errors', '-h', '127.0.0.1', '-p', String(port), file, upstream]);
  children.push(child);
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('listening')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`prism ended with ${code}`)));
  });
  return `http://127.0.0.1:${port}`;
}

interface Refereed {
  readonly gateway: Gateway;
  /** What came back through Prism, with its objections: a problem of its own, or its header. */
  readonly answers: { readonly status: number; readonly objections: string }[];
}

/** A gateway whose cancels go through the referee; looks do not, since the documents hold the cancel paths only. */
function refereed(provider: 'ionq' | 'promptloop'): Refereed {
  const { baseUrl, apiKey } = sandbox.providers[provider];
  const answers: { status: number; objections: string }[] = [];
  const throughPrism: typeof fetch = async (input, init) => {
    const url = new URL(String(input));
    if (!cancelPath.test(url.pathname)) return fetch(url, init);
    const path = url.pathname.slice(new URL(baseUrl).pathname.replace(/\/$/, '').length);
    const response = await fetch(referees[provider] + path, init);
    const body = await response.clone().text();
    const objections = response.headers.get('sl-violations') ?? (body.includes('stoplight') ? body : '');
    answers.push({ status: response.status, objections });
    return response;
  };
  const gateway = createGateway({
    connections: async () => [{ name: provider, provider, baseUrl, apiKey, options: {} }],
    credentials: credentialFromSettings,
    budgetMs: 30_000,
    fetch: throughPrism,
  });
  return { gateway, answers };
}

beforeAll(async () => {
  expect(existsSync(prism), 'install the clients first: npm run clients').toBe(true);
  sandbox = await startSandbox({ control: false });
  const { ionq, promptloop } = sandbox.providers;
  const started = [startPrism('ionq', ionq.baseUrl), startPrism('promptloop', promptloop.baseUrl)] as const;
  const [atIonq, atPromptLoop] = await Promise.all(started);
  referees = { ionq: atIonq, promptloop: atPromptLoop };
});

afterAll(async () => {
  for (const child of children) child.kill();
  await sandbox.close();
});

describe('with the documents of the providers as referee', () => {
  it('cancels one and many jobs at IonQ', async () => {
    const { gateway, answers } = refereed('ionq');
    const [one = '', ...many] = sandbox.providers.ionq.addJobs(31, { state: 'running' });
    const single = await gateway.cancelJob({ provider: 'ionq', job_id: one }, context);
    const jobs = many.map((job_id) => ({ provider: 'ionq', job_id }));
    const bulk = await gateway.cancelJobs({ jobs }, context);
    expect(single).toMatchObject({ ok: true, value: { outcome: 'cancelled' } });
    expect(bulk).toMatchObject({ ok: true, value: { counts: { cancelled: 30 } } });
    expect(answers).toEqual([
      { status: 200, objections: '' },
      { status: 200, objections: '' },
    ]);
  });

  it('cancels one and many batches at PromptLoop, finished and missing ones included', async () => {
    const { gateway, answers } = refereed('promptloop');
    const { promptloop } = sandbox.providers;
    const running = promptloop.addJobs(10, { state: 'running' });
    const jobs = running.map((job_id) => ({ provider: 'promptloop', job_id }));
    const bulk = await gateway.cancelJobs({ jobs }, context);
    expect(bulk).toMatchObject({ ok: true, value: { counts: { cancelled: 10 } } });
    promptloop.setFault({ kind: 'status', status: 500, operations: ['status', 'list'] });
    const missing = {
      provider: 'promptloop',
      job_id: 'a427201b-2340-4f06-ad68-2da8e0fdb120',
      send_if_status_unknown: true,
    };
    await gateway.cancelJob(missing, context);
    expect(answers.map(({ status }) => status)).toEqual([...running.map(() => 200), 404]);
    expect(answers.map(({ objections }) => objections).join('')).toBe('');
  });

  it('hears the referee object where an answer is not as documented, so that its silence means something', async () => {
    const { gateway, answers } = refereed('ionq');
    const { ionq } = sandbox.providers;
    ionq.setFault({ kind: 'status', status: 418, operations: ['cancel'], times: 1 });
    const job_id = ionq.addJob({ state: 'running' });
    await gateway.cancelJob({ provider: 'ionq', job_id }, context);
    expect(answers[0]?.objections).not.toBe('');
  });
});
