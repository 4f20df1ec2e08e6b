import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { sutro } from '../../shared/providers/sutro.ts';
import { asker } from './support.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
beforeEach(() => {
  for (const provider of Object.values(sandbox.providers)) provider.reset();
});
afterAll(() => sandbox.close());

/** What real clients of other people found when they ran against the twins, on 28 November 2026. */
describe('the pretend IonQ, as its own client reads it', () => {
  const states = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const;

  test('has no null where the documents have an object, and the failure codes of v0.4', async () => {
    const ask = asker('ionq', sandbox.providers.ionq);
    for (const state of states) {
      const id = sandbox.providers.ionq.addJob({ state, name: 'a,b' });
      const { json } = await ask(`GET /jobs/${id}`);
      expect(json).toMatchObject({ noise: expect.any(Object), name: 'a b' });
      if (state === 'failed') expect(json).toMatchObject({ failure: { code: 'InternalError' } });
      if (state === 'completed')
        expect(json).toMatchObject({ results: { probabilities: { url: expect.any(String) } } });
    }
  });

  test('leaves the ids of children out of lists, and takes an id after the other', async () => {
    const ask = asker('ionq', sandbox.providers.ionq);
    const ids = sandbox.providers.ionq.addJobs(3);
    const query = ids.map((id) => `ids=${id}`).join('&');
    for (const request of ['GET /jobs', `GET /jobs?${query}`]) {
      const { jobs } = z
        .object({ jobs: z.array(z.looseObject({ id: z.string() })) })
        .parse((await ask(request)).json);
      expect(jobs).toHaveLength(3);
      expect(jobs.every((job) => !('child_job_ids' in job))).toBe(true);
    }
  });
});

describe('the pretend Ionworks, as its SDK asks it', () => {
  test('lists with a slash and without', async () => {
    const ask = asker('ionworks', sandbox.providers.ionworks);
    sandbox.providers.ionworks.addJobs(2);
    const lists = await Promise.all(['GET /jobs', 'GET /jobs/'].map((request) => ask(request)));
    const idsOf = (json: unknown) => z.array(z.object({ job_id: z.string() })).parse(json);
    expect(idsOf(lists[0]?.json)).toHaveLength(2);
    expect(idsOf(lists[0]?.json)).toEqual(idsOf(lists[1]?.json));
  });
});

describe('the pretend Sutro', () => {
  test('sends no message with pages, and the older date if it is switched so, which the adapter reads', async () => {
    const ask = asker('sutro', sandbox.providers.sutro);
    const id = sandbox.providers.sutro.addJob({ createdAt: new Date('2026-05-28T20:47:05.440Z') });
    expect(Object.keys(Object((await ask('GET /list-jobs?limit=10')).json)).sort()).toEqual([
      'jobs',
      'next_cursor',
    ]);
    sandbox.providers.sutro.configure({ createdField: 'created_at' });
    const { status, json } = await ask('GET /list-jobs?limit=10');
    expect(sutro.list?.read({ status, body: json }, null)).toMatchObject({
      jobs: [{ jobId: id, createdAt: '2026-05-28T20:47:05.440Z' }],
    });
  });
});
