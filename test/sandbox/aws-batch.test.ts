import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { asker } from './support.ts';

let sandbox: Sandbox;
let ask: ReturnType<typeof asker>;

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  ask = asker('aws-batch', sandbox.providers['aws-batch']);
});
beforeEach(() => sandbox.providers['aws-batch'].reset());
afterAll(() => sandbox.close());

const missing = '617a1f8b-59d4-435d-aa33-695433d7155e';
const reason = 'a test';
const twin = () => sandbox.providers['aws-batch'];
const post = (call: string, body: unknown) => ask(`POST /v1/${call}`, { body });
const shown = async (id: string) => (await post('describejobs', { jobs: [id] })).json;
const list = (more: object = {}) => post('listjobs', { jobQueue: 'nightly', ...more });
const ofAnyStatus = { filters: [{ name: 'AFTER_CREATED_AT', values: ['0'] }] };

describe('the pretend AWS Batch', () => {
  test('shows a job that was stopped by the word of one that failed, and a flag', async () => {
    const running = twin().addJob({ state: 'running', settlesInMs: 0 });
    const queued = twin().addJob({ state: 'queued', settlesInMs: 0 });
    const failed = twin().addJob({ state: 'failed' });
    for (const jobId of [running, queued, failed])
      expect(await post('terminatejob', { jobId, reason })).toMatchObject({ status: 200, json: {} });
    expect(await shown(running)).toMatchObject({ jobs: [{ status: 'FAILED', isTerminated: true }] });
    expect(await shown(queued)).toMatchObject({ jobs: [{ status: 'FAILED', isCancelled: true }] });
    const [job] = Object(await shown(failed)).jobs;
    expect(job).toMatchObject({ status: 'FAILED', statusReason: expect.stringContaining('terminated') });
    expect(Object.keys(job)).not.toContain('isTerminated');
  });

  test('takes the cancel of a job that runs, and cancels nothing', async () => {
    const running = twin().addJob({ state: 'running' });
    const queued = twin().addJob({ state: 'queued', settlesInMs: 0 });
    for (const jobId of [running, queued])
      expect(await post('canceljob', { jobId, reason })).toMatchObject({ status: 200, json: {} });
    expect(twin().job(running)?.state).toBe('running');
    expect(twin().job(queued)?.state).toBe('cancelled');
  });

  test('counts a job that is not there as terminated, and leaves it out of what it describes', async () => {
    const id = twin().addJob({ state: 'running' });
    const { json } = await post('terminatejobs', { jobs: [id, missing], reason });
    expect(json).toEqual({ successful: [id, missing], errors: [] });
    expect(twin().journal[0]).toMatchObject({ effective: [id] });
    expect(await shown(missing)).toEqual({ jobs: [] });
    twin().configure({ unknownJob: 'refused' });
    const refused = await post('terminatejob', { jobId: missing, reason });
    expect(refused).toMatchObject({ status: 400, json: { message: expect.any(String) } });
    expect(refused.headers.get('x-amzn-errortype')).toMatch(/^ClientException:/);
  });

  test('tells of each job why it was not terminated, with the status 200', async () => {
    twin().configure({ bulkError: 'ServerException' });
    const id = twin().addJob({ state: 'running' });
    const { status, json } = await post('terminatejobs', { jobs: [id, missing], reason });
    expect({ status, json }).toMatchObject({
      ...{ status: 200, json: { successful: [missing], errors: [{ job: id, code: 'ServerException' }] } },
    });
    expect(twin().job(id)?.state).toBe('running');
  });

  test('leaves the parent of an array PENDING until its children are over', async () => {
    const id = twin().addJob({ state: 'queued', word: 'PENDING', settlesInMs: 60_000 });
    await post('terminatejob', { jobId: id, reason });
    expect(await shown(id)).toMatchObject({
      jobs: [{ status: 'PENDING', isCancelled: true, arrayProperties: { size: 10 } }],
    });
  });

  test('lists the jobs that run, or those of a status, or with a filter all of the queue', async () => {
    const [running, queued] = [twin().addJob({ state: 'running' }), twin().addJob()];
    twin().addJob({ target: 'daily' });
    const idsIn = async (more: object) =>
      Object((await list(more)).json).jobSummaryList.map(({ jobId }: { jobId: string }) => jobId);
    expect(await idsIn({})).toEqual([running]);
    expect(await idsIn({ jobStatus: 'RUNNABLE' })).toEqual([queued]);
    expect(await idsIn({ jobStatus: 'RUNNABLE', ...ofAnyStatus })).toEqual([queued, running]);
    const { json } = await list({ ...ofAnyStatus, maxResults: 1 });
    expect(await idsIn({ ...ofAnyStatus, maxResults: 1, nextToken: Object(json).nextToken })).toEqual([
      running,
    ]);
  });

  test.each([
    ['listjobs', { jobQueue: 'other' }],
    ['listjobs', { jobQueue: 'nightly', nextToken: 'bmV4dA==' }],
    ['describejobs', { jobs: Array(101).fill(missing) }],
    ['describejobs', { jobs: [missing], include: ['TAGS'] }],
    ['terminatejob', { jobId: missing }],
    ['terminatejobs', { jobs: Array(51).fill(missing), reason }],
  ])('refuses %s of %j', async (call, body) => {
    const answer = await post(call, body);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-amzn-errortype')).toMatch(/^ClientException:/);
  });

  test('calls a wrong signature and too many requests by the types that AWS has for them', async () => {
    twin().configure({ rejection: 'ExpiredTokenException', throttling: 'ThrottlingException' });
    twin().setLimits({ list: { perMinute: 1 } });
    const rejected = await ask('POST /v1/listjobs', { body: { jobQueue: 'nightly' }, key: 'stale' });
    expect(rejected.status).toBe(403);
    expect(rejected.headers.get('x-amzn-errortype')).toMatch(/^ExpiredTokenException:/);
    await list();
    const limited = await list();
    expect(limited.status).toBe(400);
    expect(limited.headers.get('x-amzn-errortype')).toMatch(/^ThrottlingException:/);
  });
});
