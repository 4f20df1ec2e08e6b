import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { createApp } from '../../functions/http/app.ts';
import type { JobSeed } from '../../sandbox/jobs/job-seed.ts';
import { confirmationViewSchema, waitingListSchema } from '../../shared/contract/answers/responses.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { agentWith, callerWith, callOf, guardHarness, named } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';

const agent = agentWith({ confirmAbove: 0 }, 'night-agent');
const callers = new Map([
  ['ada', callerWith({}, { id: 'ada', kind: 'person' })],
  ['eve', callerWith({ connections: ['ionq'] }, { id: 'eve', kind: 'person' })],
  ['mute', callerWith({ actions: ['confirm'] }, { id: 'mute', kind: 'person' })],
  ['few', callerWith({ readsPerMinute: 2 }, { id: 'few', kind: 'person' })],
  ['night-agent', agent],
  ['reader', callerWith({ actions: ['list'] }, { id: 'reader', kind: 'person' })],
]);

function api() {
  const harness = guardHarness();
  const { clock, providers } = harness;
  const gateway = harness.gateway();
  const identify = async (token = '') => callers.get(token) ?? 'rejected';
  const app = createApp({ gateway, callers: { identify }, log: silentLog, newRequestId: randomUUID });
  const ask = async (path: string, as = 'ada', headers = {}) => {
    const answer = await clock.until(
      Promise.resolve(app.request(path, { headers: { authorization: as, ...headers } })),
    );
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  const read = async <T>(schema: z.ZodType<T>, path: string, as = 'ada') =>
    schema.parse(JSON.parse((await ask(path, as)).text));
  /** The agent asks to cancel some jobs. */
  const offer = async (jobs: ReturnType<typeof named>) =>
    accepted(await clock.until(gateway.cancelJobs({ jobs, wait_seconds: 0 }, callOf(agent)))).confirmation
      ?.id ?? '';
  const running = (count: number, provider: 'sutro' | 'ionq' = 'sutro', seed: JobSeed = {}) =>
    named(provider, providers[provider].addJobs(count, { state: 'running', settlesInMs: 0, ...seed }));
  return { ...harness, gateway, ask, read, offer, running };
}

describe('GET /v1/confirmations', () => {
  it('pages through what waits for the caller, with twenty jobs of each and their number', async () => {
    const { clock, read, offer, running } = api();
    const began = clock.wallTime();
    const ids: string[] = [];
    for (const count of [1, 25, 2]) {
      ids.push(await offer(running(count)));
      await clock.turn(1_000);
    }
    const all = await read(waitingListSchema, '/v1/confirmations');
    expect(all.confirmations.map(({ id }) => id)).toEqual(ids);
    expect(all.confirmations.map(({ jobs }) => jobs.length)).toEqual([1, 20, 2]);
    expect(all.confirmations.map(({ jobs_total }) => jobs_total)).toEqual([1, 25, 2]);
    const times = all.confirmations.map(({ requested_at }) => Date.parse(requested_at));
    expect(times.every((time) => time >= began && time <= clock.wallTime())).toBe(true);
    expect(times).toEqual(times.toSorted());
    expect(all.next_cursor).toBeNull();
    const first = await read(waitingListSchema, '/v1/confirmations?limit=2');
    expect(first.confirmations.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const rest = await read(waitingListSchema, `/v1/confirmations?cursor=${first.next_cursor}`);
    expect(rest.confirmations.map(({ id }) => id)).toEqual(ids.slice(2));
    for (const other of ['eve', 'night-agent'])
      expect((await read(waitingListSchema, '/v1/confirmations', other)).confirmations).toEqual([]);
  });

  it('refuses a caller without the right, and a query that it does not understand, in a sentence', async () => {
    const { ask } = api();
    expect(await ask('/v1/confirmations', 'reader')).toMatchObject({ status: 403 });
    for (const query of [
      'limit=0',
      'limit=1001',
      'limit=x',
      'cursor=x',
      'cursor=ImFcdTAwMDAi',
      'state=pending',
    ])
      expect(await ask(`/v1/confirmations?${query}`)).toMatchObject({
        status: 400,
        text: expect.stringMatching(/"faults":\[\{"path":"\w*","message":"[^"]+"/),
      });
  });

  it('answers 304 while nothing has changed', async () => {
    const { ask, offer, running, gateway } = api();
    const id = await offer(running(1));
    const before = await ask('/v1/confirmations');
    const known = { 'if-none-match': before.headers.get('etag') ?? '' };
    expect(await ask('/v1/confirmations', 'ada', known)).toMatchObject({ status: 304, text: '' });
    await gateway.closeConfirmation({ confirmation_id: id }, callOf(callerWith({}, { id: 'ada' })));
    expect(await ask('/v1/confirmations', 'ada', known)).toMatchObject({ status: 200 });
  });
});

describe('GET /v1/confirmations/{id}?check=true', () => {
  it('shows what each job was when it was asked for, and what it is now', async () => {
    const { clock, ask, read, offer, running, providers } = api();
    const soon = running(1, 'sutro', { finishesInMs: 60_000 });
    const jobs = [...soon, ...running(2), ...running(1, 'ionq')];
    const id = await offer(jobs);
    await clock.turn(120_000);
    const unchecked = await read(confirmationViewSchema, `/v1/confirmations/${id}`);
    expect(unchecked.jobs.map(({ state, state_now }) => [state, state_now])).toEqual(
      jobs.map(() => ['running', undefined]),
    );
    const before = providers.sutro.journal.length;
    const checked = await read(confirmationViewSchema, `/v1/confirmations/${id}?check=true`);
    expect(checked.jobs.map(({ state, state_now }) => [state, state_now])).toEqual([
      ['running', 'completed'],
      ['running', 'running'],
      ['running', 'running'],
      ['running', 'running'],
    ]);
    expect(providers.sutro.journal.slice(before).map(({ operation }) => operation)).not.toContain('cancel');
    const same = await read(confirmationViewSchema, `/v1/confirmations/${id}?check=false`);
    expect(same).toEqual(unchecked);
    for (const query of ['check=yes', 'check=', 'check=true&check=true', 'chek=true'])
      expect(await ask(`/v1/confirmations/${id}?${query}`)).toMatchObject({ status: 400 });
  });

  it('tells the name and age of the jobs of an operation, which were not known at the request', async () => {
    const { read, gateway, running } = api();
    const jobs = running(1, 'ionq', { name: 'sweep' });
    const agent = callerWith({ confirmAbove: 0 }, { id: 'night-agent', kind: 'agent' });
    const { confirmation } = accepted(await gateway.createOperation({ jobs }, callOf(agent)));
    const path = `/v1/confirmations/${confirmation?.id}`;
    const [unchecked] = (await read(confirmationViewSchema, path)).jobs;
    expect(unchecked).toEqual(jobs[0]);
    const [checked] = (await read(confirmationViewSchema, `${path}?check=true`)).jobs;
    expect(checked).toEqual({
      ...jobs[0],
      ...{ state_now: 'running', name: 'sweep', created_at: expect.any(String) },
    });
  });

  it('reads five hundred jobs with few requests', async () => {
    const { read, offer, running, providers } = api();
    const id = await offer(running(500));
    const before = providers.sutro.journal.length;
    const { jobs } = await read(confirmationViewSchema, `/v1/confirmations/${id}?check=true`);
    expect(jobs.every(({ state_now }) => state_now === 'running')).toBe(true);
    expect(providers.sutro.journal.length - before).toBeLessThan(50);
  });

  it('waits five seconds for a provider and no longer, and shows what the others say', async () => {
    const { clock, read, offer, running, providers } = api();
    const id = await offer([...running(1), ...running(1, 'ionq')]);
    providers.sutro.setFault({ kind: 'delay', ms: 60_000 });
    const began = clock.now();
    const { jobs } = await read(confirmationViewSchema, `/v1/confirmations/${id}?check=true`);
    expect(jobs.map(({ state, state_now }) => [state, state_now])).toEqual([
      ['running', undefined],
      ['running', 'running'],
    ]);
    expect(clock.now() - began).toBeLessThanOrEqual(5_500);
  });

  it('reads with the right of the caller to list, and counts its reads', async () => {
    const { read, offer, running, providers } = api();
    const id = await offer(running(3));
    const before = providers.sutro.journal.length;
    const unread = await read(confirmationViewSchema, `/v1/confirmations/${id}?check=true`, 'mute');
    expect(unread.jobs.map(({ state_now }) => state_now)).toEqual([undefined, undefined, undefined]);
    expect(providers.sutro.journal).toHaveLength(before);
    const few = await read(confirmationViewSchema, `/v1/confirmations/${id}?check=true`, 'few');
    expect(few.jobs.map(({ state_now }) => state_now)).toEqual(['running', 'running', undefined]);
  });

  it('is in the audit with the id, as every look at a confirmation', async () => {
    const { gateway, ask, offer, running } = api();
    const id = await offer(running(1));
    await ask(`/v1/confirmations/${id}?check=true`);
    const { entries } = accepted(await gateway.readAudit({}, callOf(callerWith({}))));
    expect(entries).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ action: 'confirm', step: 'show', confirmation: id, caller: 'ada' }),
      ]),
    );
  });
});
