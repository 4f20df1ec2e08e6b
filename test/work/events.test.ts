import { describe, expect, it } from 'vitest';
import { webhookEventSchema } from '../../shared/contract/answers/webhook-event.ts';
import type { NewWebhookEvent } from '../../shared/webhooks/enqueue.ts';
import { operationsHarness } from '../support/operations.ts';

/** An operation that was worked off, and what was told of it. */
async function finishedOperation(tell?: (event: NewWebhookEvent) => Promise<unknown>) {
  const told: NewWebhookEvent[] = [];
  const harness = await operationsHarness({
    async tell(event) {
      told.push(event);
      await tell?.(event);
    },
  });
  const { ionq, sutro } = harness.sandbox.providers;
  const jobs = [
    ...ionq.addJobs(3, { state: 'running', settlesInMs: 0 }).map((job_id) => ({ provider: 'ionq', job_id })),
    ...sutro.addJobs(2, { state: 'completed' }).map((job_id) => ({ provider: 'sutro', job_id })),
  ];
  const id = await harness.start(jobs);
  await harness.workOff(harness.newProcess().worker);
  return { harness, told, id };
}

describe('the end of an operation', () => {
  it('is told once, with the counts over all its connections', async () => {
    const { harness, told, id } = await finishedOperation();
    await harness.clock.turn(600_000);
    await harness.workOff(harness.newProcess().worker);
    const { ended_at = 0 } = await harness.headOf(id);
    expect(told).toMatchObject([
      {
        type: 'operation.finished',
        round: 1,
        data: {
          operation: id,
          jobs: 5,
          counts: { cancelled: 3, already_finished: 2, failed: 0, unknown: 0 },
          came_back: 0,
          finished_at: new Date(ended_at).toISOString(),
        },
      },
    ]);
    const [event] = told;
    if (event?.type !== 'operation.finished') throw new Error('nothing was told');
    const data = { ...event.data, state: 'finished', link: '/' };
    webhookEventSchema.parse({ type: event.type, timestamp: event.data.finished_at, data });
  });

  it('is told again if the worker died before it wrote the end down', async () => {
    let isDead = true;
    const { harness, told, id } = await finishedOperation(async () => {
      if (isDead) throw new Error('killed');
    });
    isDead = false;
    expect((await harness.headOf(id)).ended_at).toBeUndefined();
    await harness.clock.turn(600_000);
    await harness.workOff(harness.newProcess().worker);
    expect((await harness.headOf(id)).ended_at).toBeDefined();
    expect(new Set(told.map(({ type, round }) => `${type} ${round}`))).toEqual(
      new Set(['operation.finished 1']),
    );
  });
});

describe('a job that comes back', () => {
  it('is told with what was said of it and what is seen now', async () => {
    const { harness, told, id } = await finishedOperation();
    const { ionq } = harness.sandbox.providers;
    const [job] = [...(await harness.resultsOf(id)).keys()].filter((key) => key.startsWith('ionq/'));
    const job_id = job?.slice('ionq/'.length) ?? '';
    ionq.reset();
    ionq.addJob({ id: job_id, state: 'running' });
    await harness.clock.turn(600_000);
    await harness.workOff(harness.newProcess().worker);
    expect(told.slice(1)).toEqual([
      {
        type: 'job.came_back',
        round: 1,
        data: {
          operation: id,
          provider: 'ionq',
          job_id,
          outcome: 'cancelled',
          state: 'running',
          observed_at: '2026-01-01T00:10:00.000Z',
        },
      },
    ]);
  });
});
