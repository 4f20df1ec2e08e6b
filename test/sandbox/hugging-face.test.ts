import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { ListReading } from '../../shared/adapter/adapter.ts';
import { adapterFor } from '../../shared/adapter/provider.ts';
import { huggingFace } from '../../shared/providers/hugging-face.ts';
import { type Answered, asker } from './support.ts';

let sandbox: Sandbox;
let ask: (request: string, more?: { body?: unknown; key?: string }) => Promise<Answered>;

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  ask = asker('hugging-face', sandbox.providers['hugging-face']);
});
beforeEach(() => sandbox.providers['hugging-face'].reset());
afterAll(() => sandbox.close());

const jobs = '/api/jobs/quantlab';
const adapter = adapterFor(huggingFace, { namespace: 'quantlab' });

function headersOf({ headers }: Answered) {
  return Object.fromEntries(
    ['link', 'ratelimit'].flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value] as const];
    }),
  );
}

describe('the pretend Hugging Face', () => {
  test('has no stage for a cancel under way: the job runs until it is canceled', async () => {
    const id = sandbox.providers['hugging-face'].addJob({ state: 'running', settlesInMs: 60_000 });
    expect(await ask(`POST ${jobs}/${id}/cancel`)).toMatchObject({
      status: 200,
      json: { id, status: { stage: 'RUNNING' } },
    });
    expect(sandbox.providers['hugging-face'].job(id)).toMatchObject({ state: 'cancelling' });
  });

  test('answers the cancel of a job that is over with the job, or refuses it under that switch', async () => {
    const id = sandbox.providers['hugging-face'].addJob({ state: 'failed' });
    expect((await ask(`POST ${jobs}/${id}/cancel`)).json).toMatchObject({ status: { stage: 'ERROR' } });
    sandbox.providers['hugging-face'].configure({ finishedCancel: 'refused' });
    expect(await ask(`POST ${jobs}/${id}/cancel`)).toMatchObject({ status: 400 });
  });

  test('knows no job of another namespace', async () => {
    const id = sandbox.providers['hugging-face'].addJob();
    expect(await ask(`GET /api/jobs/elsewhere/${id}`)).toMatchObject({ status: 404 });
  });

  test('says by whom a job was started: a person, or a schedule, of which no owner is shown', async () => {
    const ids = ['grace', '@daily'].map((owner) => sandbox.providers['hugging-face'].addJob({ owner }));
    const owners = await Promise.all(
      ids.map(async (id) => {
        const { status, json } = await ask(`GET ${jobs}/${id}`);
        const reading = adapter.status.read({ status, body: json }, id);
        return reading.kind === 'seen' ? [reading.job.owner, reading.job.details?.initiator] : reading.kind;
      }),
    );
    expect(owners).toEqual([
      ['grace', 'user'],
      [undefined, 'scheduled-job'],
    ]);
  });

  test('leads from page to page by a header, in which calloff reads the cursor and nothing else', async () => {
    sandbox.providers['hugging-face'].configure({ pageSize: 2 });
    const ids = sandbox.providers['hugging-face'].addJobs(5, { state: 'running' });
    sandbox.providers['hugging-face'].addJob({ state: 'completed' });
    const shown: string[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < 3; page++) {
      const request: string = cursor === null ? '?stage=RUNNING' : `?stage=RUNNING&cursor=${cursor}`;
      const answer = await ask(`GET ${jobs}${request}`);
      const reading: ListReading | undefined = adapter.list?.read(
        { status: answer.status, body: answer.json, headers: headersOf(answer) },
        cursor,
      );
      if (reading?.kind !== 'page') throw new Error('no page');
      shown.push(...reading.jobs.map(({ jobId }) => jobId));
      cursor = reading.next;
    }
    expect(cursor).toBeNull();
    expect(shown).toEqual(ids.toReversed());
  });

  test('filters by labels, and knows no other stages and parameters', async () => {
    const id = sandbox.providers['hugging-face'].addJob({ labels: { team: 'vision' } });
    sandbox.providers['hugging-face'].addJob({ labels: { team: 'search' } });
    expect((await ask(`GET ${jobs}?label=team%3Dvision`)).json).toMatchObject([{ id }]);
    expect(await ask(`GET ${jobs}?stage=STOPPED`)).toMatchObject({ status: 400 });
    expect(await ask(`GET ${jobs}?limit=5`)).toMatchObject({ status: 400 });
  });

  test('says in a header of its own when the next window begins', async () => {
    sandbox.providers['hugging-face'].setLimits({ list: { perMinute: 1 } });
    await ask(`GET ${jobs}`);
    const answer = await ask(`GET ${jobs}`);
    expect(answer.headers.get('retry-after')).toBeNull();
    const headers = headersOf(answer);
    const { ratelimit = '' } = headers;
    const [, seconds] = /^"api";r=0;t=([1-9]\d?)$/.exec(ratelimit) ?? [];
    const turned = adapter.turnedAway?.({ status: answer.status, body: answer.json, headers }, 0);
    expect(turned).toEqual({ kind: 'limited', retryAfterMs: Number(seconds) * 1_000 });
  });
});
