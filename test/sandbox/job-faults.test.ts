import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { twins } from '../../sandbox/providers/index.ts';
import { type PretendProvider, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { providerNames } from '../support/harness.ts';
import { type Answered, asker, cancelOf, lookOf, pass } from './support.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
beforeEach(() => {
  for (const name of providerNames) sandbox.providers[name].reset();
});
afterAll(() => sandbox.close());

const aMinuteAgo = () => new Date(Date.now() - 60_000);

/** An answer without what differs from job to job: ids, times and numbers. */
function shapeOf({ status, json }: Answered, id: string): string {
  const mask = (value: unknown) =>
    typeof value === 'number' || /^\d{4}-\d\d-\d\dT/.test(String(value)) ? 'some' : value;
  return `${status} ${JSON.stringify(json, (_key, value) => mask(value))?.replaceAll(id, 'ID')}`;
}

describe.each(providerNames)('at the pretend %s', (name) => {
  let provider: PretendProvider;
  let ask: (request: string) => Promise<Answered>;
  const seen = async (id: string) => {
    await ask(lookOf(name, id));
    return provider.journal.at(-1)?.served[id];
  };
  /** What it answers to a cancel that is final at once. */
  const yes = async () => {
    const id = provider.addJob({ state: 'running', createdAt: aMinuteAgo(), settlesInMs: 0 });
    const shape = shapeOf(await ask(cancelOf(name, id)), id);
    expect(provider.job(id)).toMatchObject({ state: 'cancelled' });
    provider.reset();
    return shape;
  };
  const { running, completed } = twins[name].words;
  beforeAll(() => {
    provider = sandbox.providers[name];
    ask = asker(name, provider);
  });

  test('says_yes_keeps_running says yes and keeps running', async () => {
    const expected = await yes();
    const id = provider.addJob({ state: 'running', createdAt: aMinuteAgo() });
    provider.setFault({ kind: 'says_yes_keeps_running' });
    expect(shapeOf(await ask(cancelOf(name, id)), id)).toBe(expected);
    expect(await seen(id)).toBe(running);
    expect(provider.job(id)).toMatchObject({ state: 'running', cancelRequests: 1 });
    expect(provider.journal[0]).toMatchObject({ effective: [], fault: 'says_yes_keeps_running' });
  });

  test('finishes_in_the_middle completes the job as the cancel arrives', async () => {
    const id = provider.addJob({ state: 'running' });
    provider.setFault({ kind: 'finishes_in_the_middle', times: 1 });
    await ask(cancelOf(name, id));
    expect(await seen(id)).toBe(completed);
    expect(provider.job(id)).toMatchObject({ state: 'completed', cancelRequests: 1 });
  });

  test('accepts_finished says yes to a finished job', async () => {
    const expected = await yes();
    const id = provider.addJob({ state: 'completed', createdAt: aMinuteAgo() });
    provider.setFault({ kind: 'accepts_finished' });
    expect(shapeOf(await ask(cancelOf(name, id)), id)).toBe(expected);
    const { effective = [] } = provider.journal[0] ?? {};
    expect(provider.job(id)).toMatchObject({ state: effective.includes(id) ? 'cancelled' : 'completed' });
  });

  test('accepts_finished is not used up by a job that is running', async () => {
    provider.setFault({ kind: 'accepts_finished', times: 1 });
    await ask(cancelOf(name, provider.addJob({ state: 'running' })));
    expect(provider.journal[0]).not.toHaveProperty('fault');
  });

  test('unseen_status shows a word of its own in looks and lists', async () => {
    const id = provider.addJob({ state: 'running' });
    provider.setFault({ kind: 'unseen_status', word: 'hibernating' });
    const look = await ask(lookOf(name, id));
    expect(look.text).toContain('hibernating');
    expect(look.text).not.toContain(`"${running}"`);
    expect(provider.journal.at(-1)?.served).toEqual({ [id]: 'hibernating' });
  });

  test('stale_look shows the state as it was', async () => {
    const id = provider.addJob({ state: 'running', settlesInMs: 0 });
    await ask(cancelOf(name, id));
    const now = await seen(id);
    await pass(5);
    provider.setFault({ kind: 'stale_look', ms: 400, jobIds: [id] });
    expect(await seen(id)).toBe(running);
    await pass(420);
    expect(await seen(id)).toBe(now);
  });

  test('a seeded word lasts as long as the state it was seeded with', async () => {
    const id = provider.addJob({ state: 'queued', word: 'own word', startsInMs: 200 });
    expect(await seen(id)).toBe('own word');
    await pass(220);
    expect(await seen(id)).toBe(running);
  });
});

describe('a contradiction', () => {
  test.each([
    ['success', false],
    ['error', true],
  ] as const)('at PromptLoop says %s of a batch whose flag is %s', async (says, cancelled) => {
    const { promptloop } = sandbox.providers;
    const id = promptloop.addJob({ state: 'running' });
    promptloop.setFault({ kind: 'contradiction', says });
    const answer = await asker('promptloop', promptloop)(cancelOf('promptloop', id));
    expect(answer).toMatchObject({ status: 200, json: { status: says, data: { cancelled } } });
    expect(promptloop.job(id)).toMatchObject({ state: 'cancelled' });
  });

  test('at Ionworks is between the word and the flags', async () => {
    const { ionworks } = sandbox.providers;
    const id = ionworks.addJob({ state: 'running' });
    ionworks.setFault({ kind: 'contradiction' });
    const answer = await asker('ionworks', ionworks)(lookOf('ionworks', id));
    expect(answer.json).toMatchObject({ status: 'canceled', is_terminal: false, is_failed: false });
    expect(ionworks.journal[0]?.served).toEqual({ [id]: 'canceled' });
  });

  test('at Sutro is between the two looks', async () => {
    const { sutro } = sandbox.providers;
    const id = sutro.addJob({ state: 'running' });
    sutro.setFault({ kind: 'contradiction' });
    const ask = asker('sutro', sutro);
    await ask(`GET /job-status/${id}`);
    await ask(`GET /jobs/${id}`);
    expect(sutro.journal.map(({ served }) => served[id])).toEqual(['RUNNING', 'CANCELLED']);
  });

  test('at IonQ is between the look and the list', async () => {
    const { ionq } = sandbox.providers;
    const id = ionq.addJob({ state: 'cancelled' });
    ionq.setFault({ kind: 'contradiction' });
    const ask = asker('ionq', ionq);
    for (const path of [`/jobs/${id}`, '/jobs', `/jobs?ids=${id}`]) await ask(`GET ${path}`);
    expect(ionq.journal.map(({ served }) => served[id])).toEqual(['canceled', 'started', 'started']);
  });
});

describe('at the pretend IonQ', () => {
  test('accepts_finished makes a cancelled job of a finished one', async () => {
    const { ionq } = sandbox.providers;
    const id = ionq.addJob({ state: 'completed' });
    ionq.setFault({ kind: 'accepts_finished' });
    await asker('ionq', ionq)(cancelOf('ionq', id));
    expect(ionq.job(id)).toMatchObject({ state: 'cancelled' });
  });

  test('half_of_bulk acts on, and answers for, the first half of the ids', async () => {
    const { ionq } = sandbox.providers;
    const ids = ionq.addJobs(5, { state: 'running' });
    ionq.setFault({ kind: 'half_of_bulk' });
    const answer = await asker('ionq', ionq)('PUT /jobs/status/cancel', { body: { ids } });
    expect(answer.json).toEqual({ ids: ids.slice(0, 3), status: 'canceled' });
    expect(ids.map((id) => ionq.job(id)?.state)).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
      'running',
      'running',
    ]);
  });

  test.each([
    ['code', { code: 503, message: expect.any(String) }],
    ['status_code', { statusCode: 503, error: 'Service Unavailable', message: expect.any(String) }],
    ['nested', { error: { type: 'Service Unavailable', message: expect.any(String) } }],
  ] as const)('an error can have the older shape %s', async (shape, body) => {
    const { ionq } = sandbox.providers;
    ionq.setFault({ kind: 'status', status: 503, shape });
    expect((await asker('ionq', ionq)('GET /jobs')).json).toEqual(body);
  });
});
