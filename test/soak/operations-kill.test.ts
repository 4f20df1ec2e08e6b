import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type * as z from 'zod';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { operationOutcomesSchema, operationSchema } from '../../shared/contract/answers/operation-schema.ts';
import { bareEnvironment, outputOf, sandboxEnvironment, start } from '../support/process/run.ts';

const jobsAt = { ionq: 7_000, ionworks: 5_500, promptloop: 500, sutro: 7_000 } as const;
const kills = 20;
/** A worker waits 15 s before it takes the lease of one that died; then it is killed within this time, in milliseconds. */
const takesOverMs = 16_000;
const livesMs = 4_000;
const token = 'a-token-for-tests-only';

let sandbox: Sandbox;
let environment: Record<string, string>;
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  environment = bareEnvironment({
    ...sandboxEnvironment(sandbox),
    ...{ CALLOFF_TOKEN: token, HOST: '127.0.0.1', PORT: '0' },
  });
});
afterAll(() => sandbox.close());

async function serve() {
  const child = start('functions/serve.ts', [], environment);
  const output = await outputOf(child, /calloff listens on (\S+)/);
  const [, url = ''] = /listens on (\S+)/.exec(output) ?? [];
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const headers = { authorization: `Bearer ${token}` };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(url + path, { method, headers, ...sent });
    expect(answer.ok).toBe(true);
    return answer.json();
  };
  const kill = async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return { ask, kill };
}

async function outcomesOf(ask: Awaited<ReturnType<typeof serve>>['ask'], id: string) {
  const all: z.infer<typeof operationOutcomesSchema>['outcomes'] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const after = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = operationOutcomesSchema.parse(
      await ask('GET', `/v1/operations/${id}/outcomes?limit=1000${after}`),
    );
    all.push(...page.outcomes);
    cursor = page.next_cursor;
  }
  return all;
}

/** The jobs that were sent a cancel although no check lay between it and the one before. */
function blindRepeats(): string[] {
  return Object.entries(sandbox.providers).flatMap(([provider, { journal }]) => {
    const open = new Set<string>();
    const faults: string[] = [];
    for (const { operation, jobIds, served, status } of journal) {
      const isCancel = operation === 'cancel' || operation === 'cancelMany';
      // One that a rate limit refused was not carried out, and may be sent again.
      if (isCancel && status === 429) continue;
      for (const id of isCancel ? jobIds : [...jobIds, ...Object.keys(served)]) {
        if (!isCancel) open.delete(id);
        else if (open.has(id)) faults.push(`${provider}/${id}`);
        else open.add(id);
      }
    }
    return faults;
  });
}

test(`an operation of 20,000 jobs survives kill -9 at ${kills} random moments`, async () => {
  const jobs = Object.entries(jobsAt).flatMap(([provider, count]) =>
    sandbox.providers[provider as keyof typeof jobsAt]
      .addJobs(count, { state: 'running' })
      .map((job_id) => ({ provider, job_id })),
  );
  for (const twin of [sandbox.providers.ionworks, sandbox.providers.sutro])
    twin.setLimits({ cancel: { perSecond: 60 } });
  let server = await serve();
  const made = operationSchema.parse(await server.ask('POST', '/v1/operations', { draft: true }));
  for (let page = 1; (page - 1) * 5_000 < jobs.length; page += 1)
    await server.ask('PUT', `/v1/operations/${made.id}/pages/${page}`, {
      jobs: jobs.slice((page - 1) * 5_000, page * 5_000),
    });
  await server.ask('POST', `/v1/operations/${made.id}/start`, {});
  for (let killed = 0; killed < kills; killed += 1) {
    await wait((killed === 0 ? 0 : takesOverMs) + Math.random() * livesMs);
    await server.kill();
    server = await serve();
  }
  const read = async () => operationSchema.parse(await server.ask('GET', `/v1/operations/${made.id}`));
  await expect.poll(async () => (await read()).state, { timeout: 300_000, interval: 1_000 }).toBe('finished');
  const { counts } = await read();
  const outcomes = await outcomesOf(server.ask, made.id);
  await server.kill();
  process.stdout.write(`${kills} kills: ${JSON.stringify(counts)}\n`);
  expect(outcomes).toHaveLength(jobs.length);
  expect(new Set(outcomes.map(({ provider, job_id }) => `${provider}/${job_id}`)).size).toBe(jobs.length);
  const untrue = outcomes.filter(({ provider, job_id, outcome }) => {
    const job = sandbox.providers[provider as keyof typeof jobsAt].job(job_id);
    return (outcome === 'cancelled') !== (job?.state === 'cancelled');
  });
  expect(untrue).toEqual([]);
  expect(counts.already_cancelled).toBe(0);
  expect(blindRepeats()).toEqual([]);
}, 900_000);
