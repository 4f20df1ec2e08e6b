import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { type ClientCase, clientsPackage, errorsOf } from './client.ts';
import { awsBatch, clientsOfClouds } from './clouds.ts';
import { clientsOfHubs } from './hubs.ts';
import { clientsOfModels } from './models.ts';

/** The hosts that this process sends requests to, as Node tells of those by `fetch` and those by its modules for HTTP. */
const asked = new Set<string>();
const fetched = z.object({ request: z.object({ origin: z.string() }) });
const requested = z.object({ request: z.object({ host: z.string() }) });
const noteFetched = (message: unknown) => asked.add(new URL(fetched.parse(message).request.origin).hostname);
const noteRequested = (message: unknown) => asked.add(requested.parse(message).request.host);

let sandbox: Sandbox;

beforeAll(async () => {
  expect(
    existsSync(new URL('node_modules', clientsPackage)),
    'install the clients first: npm run clients',
  ).toBe(true);
  subscribe('undici:request:create', noteFetched);
  subscribe('http.client.request.start', noteRequested);
  sandbox = await startSandbox({ control: false });
});

afterEach(() => {
  for (const twin of Object.values(sandbox.providers)) twin.reset();
});

afterAll(async () => {
  unsubscribe('undici:request:create', noteFetched);
  unsubscribe('http.client.request.start', noteRequested);
  await sandbox.close();
});

async function expectThrown(
  action: Promise<unknown>,
  { type, fields }: NonNullable<ClientCase['unknownJob']>,
) {
  const error = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(type());
  expect(error).toMatchObject(fields);
}

describe.each([...clientsOfModels, ...clientsOfHubs, ...clientsOfClouds])(
  'the official client of $provider',
  (row) => {
    const { provider, end, key, listsAtMost = Number.POSITIVE_INFINITY } = row;
    const twin = () => sandbox.providers[provider];
    function client(apiKey?: string) {
      if (key !== undefined) twin().setKey(key);
      return row.connect({ baseUrl: twin().baseUrl, apiKey: apiKey ?? key ?? twin().apiKey });
    }

    it('lists all jobs page by page, or the first page if it asks for no other', async () => {
      const added = twin().addJobs(120).slice(-listsAtMost);
      expect((await client().list()).toSorted()).toEqual(added.toSorted());
      expect(twin().journal.length > 1).toBe(listsAtMost > 120);
    });

    it('cancels a job and sees its end', async () => {
      const id = twin().addJob({ state: 'running' });
      await client().cancel(id);
      await expect.poll(() => client().look(id), { timeout: 10_000 }).toBe(end);
      expect(twin().job(id)?.state).toBe('cancelled');
    });

    it('throws its own errors', async () => {
      const id = twin().addJob();
      await expectThrown(client(`${key ?? 'a'}-wrong-key`).look(id), row.wrongKey);
      const unknown = client().look(`${id.slice(0, -4)}0000`);
      if (row.unknownJob === undefined) expect(await unknown).toBeUndefined();
      else await expectThrown(unknown, row.unknownJob);
      twin().setLimits({ status: { perMinute: 0.5 } });
      if (row.tooManyRequests !== undefined) await expectThrown(client().look(id), row.tooManyRequests);
    });
  },
);

describe('the official client of aws-batch', () => {
  it('cancels many jobs at once, and throws what AWS refuses', async () => {
    const { 'aws-batch': twin } = sandbox.providers;
    const jobs = twin.addJobs(2, { state: 'running' });
    const { batch, cancel } = awsBatch(twin);
    expect(await batch.terminateJobs({ jobs, reason: 'a test' })).toMatchObject({ successful: jobs });
    twin.configure({ unknownJob: 'refused' });
    const refused = errorsOf('@aws-sdk/client-batch')('ClientException', { $fault: 'client' });
    await expectThrown(cancel('00000000-0000-4000-8000-000000000000'), refused);
  });
});

it('no client asks another host than 127.0.0.1', () => {
  expect([...asked]).toEqual(['127.0.0.1']);
});
