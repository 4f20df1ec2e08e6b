import { describe, expect, it } from 'vitest';
import { accepted, context } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

const twentyMinutes = 1_200_000;

describe('a cancel that leaves jobs cancelling', () => {
  it('is followed until they end, and sends nothing more', async () => {
    const harness = await operationsHarness();
    const { clock, sandbox } = harness;
    const { ionworks } = sandbox.providers;
    const ids = ionworks.addJobs(3, { state: 'running', settlesInMs: twentyMinutes });
    const ended = ionworks.addJob({ state: 'completed' });
    const { gateway, worker } = harness.newProcess();
    const jobs = [...ids, ended].map((job_id) => ({ provider: 'ionworks', job_id }));
    const answer = accepted(
      await clock.until(gateway.cancelJobs({ jobs, wait_seconds: 0, reason: 'too dear' }, context)),
    );
    expect(answer.counts).toMatchObject({ cancelling: 3, already_finished: 1 });
    const { id = '', next_step = '' } = answer.operation ?? {};
    expect(next_step).toContain(`GET /v1/operations/${id}`);
    const read = async () => accepted(await clock.until(gateway.getOperation({ operation_id: id }, context)));
    expect(await read()).toMatchObject({
      ...{ state: 'following', jobs: 3, counts: { cancelling: 3 }, pending: 0, reason: 'too dear' },
    });
    const sent = () => ionworks.journal.filter(({ operation }) => operation === 'cancel').length;
    const before = sent();
    for (let minutes = 0; minutes < 40; minutes += 1) {
      await clock.turn(60_000);
      await harness.workOff(worker);
    }
    expect(await read()).toMatchObject({ state: 'finished', counts: { cancelled: 3, cancelling: 0 } });
    expect(sent()).toBe(before);
  });

  it('says nothing of an operation if all jobs have ended', async () => {
    const harness = await operationsHarness();
    const job_id = harness.sandbox.providers.ionq.addJob({ state: 'running', settlesInMs: 0 });
    const { gateway } = harness.newProcess();
    const cancelled = gateway.cancelJob({ provider: 'ionq', job_id }, context);
    const answer = accepted(await harness.clock.until(cancelled));
    expect(answer).toMatchObject({ outcome: 'cancelled' });
    expect(answer.operation).toBeUndefined();
  });

  it('is answered even if the operation cannot be stored', async () => {
    let isBroken = false;
    const harness = await operationsHarness({
      wrap: (store) => ({
        ...store,
        put: (key, value, terms) =>
          isBroken && key.startsWith('operation/')
            ? Promise.reject(new Error('broken'))
            : store.put(key, value, terms),
      }),
    });
    const job_id = harness.sandbox.providers.ionworks.addJob({ state: 'running', settlesInMs: 1e6 });
    const { gateway } = harness.newProcess();
    isBroken = true;
    const cancelled = gateway.cancelJob({ provider: 'ionworks', job_id, wait_seconds: 0 }, context);
    const answer = accepted(await harness.clock.until(cancelled));
    expect(answer).toMatchObject({ outcome: 'cancelling' });
    expect(answer.operation).toBeUndefined();
  });

  it('is followed even if recording its outcome took the time that the call had left', async () => {
    const clock = new ManualClock();
    let isSent = false;
    const harness = await operationsHarness({
      clock,
      wrap: (store) => ({
        ...store,
        append: async (records) => {
          if (isSent) await new Promise<void>((resolve) => clock.after(30_000, resolve));
          await store.append(records);
        },
      }),
    });
    const { ionworks } = harness.sandbox.providers;
    const job_id = ionworks.addJob({ state: 'running' });
    ionworks.setFault({ kind: 'hang', operations: ['cancel'] });
    const { gateway } = harness.newProcess({
      fetch: (inner) => (url, init) => {
        isSent ||= init?.method === 'POST';
        return inner(url, init);
      },
    });
    const startedAt = clock.now();
    const cancelled = gateway.cancelJob({ provider: 'ionworks', job_id }, context);
    const answer = accepted(await clock.until(cancelled));
    expect(clock.now() - startedAt).toBe(25_000);
    expect(answer).toMatchObject({ outcome: 'unknown', operation: { id: expect.any(String) } });
  });
});
