import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';

/** The clients live in a package of their own: `npm run clients` installs them. */
const manifest = new URL('../clients/package.json', import.meta.url);
const load = createRequire(manifest);

interface Options {
  readonly baseURL: string;
  readonly apiKey: string;
  readonly maxRetries: number;
}

interface Item {
  readonly id: string;
  readonly status?: string;
  readonly processing_status?: string;
}

interface Batches {
  list(query: { readonly limit: number }): AsyncIterable<Item>;
  retrieve(id: string): Promise<Item>;
  cancel(id: string): Promise<Item>;
}

interface Predictions {
  list(): Promise<unknown>;
  get(id: string): Promise<Item>;
  cancel(id: string): Promise<Item>;
}

interface Replicate {
  readonly predictions: Predictions;
  paginate(list: Predictions['list']): AsyncIterable<readonly Item[]>;
}

type ReplicateOptions = { readonly baseUrl: string; readonly auth: string };

/** What is asked of every client. */
interface Client {
  list(): Promise<readonly string[]>;
  look(id: string): Promise<string | undefined>;
  cancel(id: string): Promise<unknown>;
}

async function allOf<Value>(values: AsyncIterable<Value>): Promise<readonly Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}

function ofBatches(batches: Batches): Client {
  return {
    list: async () => (await allOf(batches.list({ limit: 10 }))).map(({ id }) => id),
    look: async (id) => {
      const { status, processing_status } = await batches.retrieve(id);
      return status ?? processing_status;
    },
    cancel: (id) => batches.cancel(id),
  };
}

function openai(baseURL: string, apiKey: string): Client {
  const OpenAI: new (options: Options) => { readonly batches: Batches } = load('openai').OpenAI;
  return ofBatches(new OpenAI({ baseURL, apiKey, maxRetries: 0 }).batches);
}

function anthropic(baseURL: string, apiKey: string): Client {
  const Anthropic: new (options: Options) => { readonly messages: { readonly batches: Batches } } =
    load('@anthropic-ai/sdk').Anthropic;
  return ofBatches(new Anthropic({ baseURL, apiKey, maxRetries: 0 }).messages.batches);
}

function replicate(baseUrl: string, auth: string): Client {
  const Replicate: new (options: ReplicateOptions) => Replicate = load('replicate');
  const client = new Replicate({ baseUrl, auth });
  const { predictions } = client;
  return {
    list: async () => (await allOf(client.paginate(predictions.list))).flat().map(({ id }) => id),
    look: async (id) => (await predictions.get(id)).status,
    cancel: (id) => predictions.cancel(id),
  };
}

/** IBM has no client for npm: its official one is in Python. */
const clients = [
  { provider: 'openai-batch', connect: openai, end: 'cancelled' },
  { provider: 'anthropic', connect: anthropic, end: 'ended' },
  { provider: 'replicate', connect: replicate, end: 'canceled' },
] as const;

let sandbox: Sandbox;

beforeAll(async () => {
  expect(existsSync(new URL('node_modules', manifest)), 'install the clients first: npm run clients').toBe(
    true,
  );
  sandbox = await startSandbox({ control: false });
});

afterAll(() => sandbox.close());

describe.each(clients)('the official client of $provider', ({ provider, connect, end }) => {
  const twin = () => sandbox.providers[provider];
  const client = () => connect(twin().baseUrl, twin().apiKey);

  it('lists all jobs, page by page', async () => {
    const added = twin().addJobs(120);
    expect((await client().list()).toSorted()).toEqual(added.toSorted());
    expect(twin().journal.length).toBeGreaterThan(1);
  });

  it('cancels a job and sees its end', async () => {
    const id = twin().addJob({ state: 'running' });
    await client().cancel(id);
    await expect.poll(() => client().look(id), { timeout: 10_000 }).toBe(end);
    expect(twin().job(id)?.state).toBe('cancelled');
  });

  it('throws its error for an unknown job and for a wrong key', async () => {
    const id = twin().addJob();
    await expect(client().look(`${id.slice(0, -4)}0000`)).rejects.toThrow('404');
    await expect(connect(twin().baseUrl, 'wrong').look(id)).rejects.toThrow('401');
  });
});
