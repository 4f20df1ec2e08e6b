import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { databricks as adapter } from '../../shared/providers/databricks.ts';
import { type Answered, asker } from './support.ts';

let sandbox: Sandbox;
let ask: (request: string, more?: { body?: unknown; key?: string }) => Promise<Answered>;

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  ask = asker('databricks', sandbox.providers.databricks);
});
beforeEach(() => sandbox.providers.databricks.reset());
afterAll(() => sandbox.close());

const cancelPath = 'POST /api/2.2/jobs/runs/cancel';
const lookAt = (id: string) => ask(`GET /api/2.2/jobs/runs/get?run_id=${id}`);
const list = (query: string) => ask(`GET /api/2.2/jobs/runs/list?${query}`);

describe('the pretend Databricks', () => {
  test('says {} to a cancel, ends the run a little later, and says who cancelled it', async () => {
    const id = sandbox.providers.databricks.addJob({ state: 'running', settlesInMs: 60_000 });
    expect(await ask(cancelPath, { body: { run_id: Number(id) } })).toMatchObject({ status: 200, json: {} });
    expect((await lookAt(id)).json).toMatchObject({
      run_id: Number(id),
      end_time: 0,
      status: { state: 'TERMINATING', termination_details: { code: 'USER_CANCELED' } },
    });
  });

  test('says {} to a cancel of a run that is over, and leaves it as it is', async () => {
    const id = sandbox.providers.databricks.addJob({ state: 'completed' });
    expect(await ask(cancelPath, { body: { run_id: Number(id) } })).toMatchObject({ status: 200, json: {} });
    expect(sandbox.providers.databricks.journal[0]).toMatchObject({ operation: 'cancel', effective: [] });
    expect((await lookAt(id)).json).toMatchObject({ state: { result_state: 'SUCCESS' } });
  });

  test('calls a cancel by itself CANCELED, as the older field calls one by a user, too: calloff takes the run for failed', async () => {
    const byItself = sandbox.providers.databricks.addJob({ state: 'failed', word: 'CANCELED' });
    const byUser = sandbox.providers.databricks.addJob({ state: 'cancelled' });
    const states = await Promise.all(
      [byItself, byUser].map(async (id) => {
        const { status, json } = await lookAt(id);
        expect(json).toMatchObject({ state: { result_state: 'CANCELED', user_cancelled_or_timedout: true } });
        const reading = adapter.status.read({ status, body: json }, id);
        return reading.kind === 'seen' ? reading.job.state : reading.kind;
      }),
    );
    expect(states).toEqual(['failed', 'cancelled']);
  });

  test.each([{ run_id: '7' }, { run_id: 7, job_id: 8 }, { all_queued_runs: true }, {}])(
    'refuses %j as a cancel',
    async (body) => {
      expect(await ask(cancelPath, { body })).toMatchObject({ status: 400 });
    },
  );

  test('answers a run that it does not have with a 400 and a sentence', async () => {
    const missing = { error_code: 'INVALID_PARAMETER_VALUE', message: 'Run 7 does not exist.' };
    expect(await lookAt('7')).toMatchObject({ status: 400, json: missing });
    expect(await ask(cancelPath, { body: { run_id: 7 } })).toMatchObject({ status: 400, json: missing });
    expect(await ask('GET /api/2.2/jobs/runs/get')).toMatchObject({ status: 400 });
  });

  test('answers a bad token with a 403 under that switch', async () => {
    sandbox.providers.databricks.configure({ badToken: 'forbidden' });
    const answer = await ask('GET /api/2.2/jobs/runs/list', { key: 'stale' });
    expect(answer).toMatchObject({ status: 403, json: { error_code: 403 } });
  });

  test('lists by tokens, at most 24 runs a page, only active ones or only others if asked', async () => {
    const ids = sandbox.providers.databricks.addJobs(30, { state: 'running' });
    sandbox.providers.databricks.addJobs(3, { state: 'completed' });
    const first = Object(await list('limit=24&active_only=true')).json;
    expect(first).toMatchObject({ has_more: true });
    const last = await list(`limit=24&active_only=true&page_token=${first.next_page_token}`);
    expect(last.json).toMatchObject({ has_more: false });
    const shown = [...first.runs, ...Object(last.json).runs].map(({ run_id }) => String(run_id));
    expect(shown).toEqual(ids.toReversed());
    expect(Object((await list('completed_only=true')).json).runs).toHaveLength(3);
  });

  test('leaves runs out of a list that has none', async () => {
    expect((await list('limit=24')).json).toEqual({ has_more: false });
  });

  test.each(['limit=25', 'limit=0', 'active_only=true&completed_only=true', 'status=RUNNING'])(
    'refuses a list with %s',
    async (query) => {
      expect(await list(query)).toMatchObject({ status: 400 });
    },
  );
});
