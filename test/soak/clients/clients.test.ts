import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { type ClientCase, clientsPackage, errorsOf } from './client.ts';
import { awsBatch, clientsOfClouds } from './clouds.ts';
import { clientsOfHubs } from './hubs.ts';
import { clientsOfModels } from './models.ts';

const connect = vi.spyOn(Socket.prototype, 'connect');
const destination = z.object({ host: z.string() });

/** The hosts that this process connected to. */
const reached = new Set<string>();

/** Notes them after each test, because then the calls are forgotten. Node passes the options of a connection in an array of its own. */
function noteReached(): void {
  for (const [to] of connect.mock.calls) reached.add(destination.parse([to].flat()[0]).host);
}

let sandbox: Sandbox;

beforeAll(async () => {
  expect(
    existsSync(new URL('node_modules', clientsPackage)),
    'install the clients first: npm run clients',
  ).toBe(true);
  sandbox = await startSandbox({ control: false });
});

afterEach(() => {
  noteReached();
  for (const twin of Object.values(sandbox.providers)) twin.reset();
});

afterAll(() => sandbox.close());

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

it('no client reaches another host than 127.0.0.1', () => {
  expect([...reached]).toEqual(['127.0.0.1']);
});
