import { describe, expect, it } from 'vitest';
import type { JobEntry } from '../../shared/contract/job-entries.ts';
import { accepted, context } from '../support/harness.ts';
import { operationsHarness, type ProcessTerms } from '../support/operations.ts';
import { runs } from '../support/thorough.ts';

/** How many jobs a list has that takes more than one step of the work, or in part a list of one step. */
const many = runs(5_100, 100);

async function listed(counts: { readonly ionq: number; readonly sutro: number }, selector: object) {
  const harness = await operationsHarness();
  const { sandbox } = harness;
  sandbox.providers.ionq.addJobs(counts.ionq, { state: 'running', name: 'sweep' });
  sandbox.providers.ionq.addJobs(3, { state: 'completed', name: 'sweep' });
  sandbox.providers.sutro.addJobs(counts.sutro, { state: 'queued', name: 'sweep' });
  sandbox.providers.sutro.addJobs(2, { state: 'running', name: 'other' });
  const { gateway, worker } = harness.newProcess();
  const made = accepted(await harness.clock.until(gateway.createOperation({ selector }, context)));
  const read = async () =>
    accepted(await harness.clock.until(gateway.getOperation({ operation_id: made.id }, context)));
  return { harness, gateway, worker, made, read };
}

describe('an operation with a selector', () => {
  it('lists in the background, then waits for its confirmation, then cancels what it showed', async () => {
    const { harness, gateway, worker, made, read } = await listed(
      { ionq: many, sutro: 7 },
      { name: 'sweep' },
    );
    expect(made).toMatchObject({ state: 'listing', jobs: 0, selector: { name: 'sweep' } });
    await harness.workOff(worker);
    const waiting = await read();
    expect(waiting).toMatchObject({ state: 'waiting_for_confirmation', jobs: many + 7, duplicates: 0 });
    harness.sandbox.providers.ionq.addJobs(2, { state: 'running', name: 'sweep' });
    const start = async (claim: object) =>
      accepted(
        await harness.clock.until(gateway.startOperation({ operation_id: made.id, ...claim }, context)),
      );
    const { confirmation } = await start({});
    const started = await start({ confirmation_token: confirmation?.confirmation_token });
    expect(started.state).toBe('running');
    await harness.workOff(worker);
    expect(await read()).toMatchObject({ state: 'finished', counts: { cancelled: many + 7 }, pending: 0 });
  });

  it('ends at once if it picks no job', async () => {
    const { harness, worker, read } = await listed({ ionq: 2, sutro: 2 }, { name: 'nothing of the kind' });
    await harness.workOff(worker);
    expect(await read()).toMatchObject({ state: 'finished', jobs: 0 });
  });

  it('names what could not be listed', async () => {
    const { harness, worker, read } = await listed({ ionq: 2, sutro: 2 }, { name: 'sweep' });
    harness.sandbox.providers.sutro.setFault({ kind: 'status', status: 500 });
    await harness.workOff(worker);
    expect(await read()).toMatchObject({
      state: 'waiting_for_confirmation',
      jobs: 2,
      unavailable: [{ provider: 'sutro', code: 'provider_unavailable' }],
    });
  });

  /** Gives the operation so many jobs as if they had been listed already. */
  async function listBefore(
    { harness, made }: Awaited<ReturnType<typeof listed>>,
    jobs: readonly JobEntry[],
  ): Promise<void> {
    const page = await harness.records.putPage(await harness.headOf(made.id), 1, jobs);
    await harness.records.change(made.id, (known) => ({ ...known, pages: [page] }));
  }

  it('reads no further in the list once it has more jobs than an operation may have', async () => {
    const found = await listed({ ionq: 11_000, sutro: 0 }, { name: 'sweep', provider: 'ionq' });
    const { harness, read, worker } = found;
    await listBefore(
      found,
      Array.from({ length: 95_001 }, (_, at) => ({ provider: 'ionq', job_id: `job-${at}` })),
    );
    await harness.workOff(worker);
    const { state, message } = await read();
    expect([state, message]).toEqual(['paused', expect.stringContaining('picks more than 100,000 jobs')]);
    const shown = harness.sandbox.providers.ionq.journal.filter(({ operation }) => operation === 'list');
    // One step of the list; all of it takes more than 800 requests.
    expect(shown.length).toBeLessThan(250);
  });

  it('counts a job once that the list shows twice', async () => {
    const before = runs(94_000, 1_000);
    const shown = runs(5_100, 600);
    const twice = runs(1_001, 101);
    const found = await listed({ ionq: shown, sutro: 0 }, { name: 'sweep', provider: 'ionq' });
    const { harness, read, worker } = found;
    await listBefore(found, [
      ...Array.from({ length: before + twice }, (_, at) => ({
        provider: 'ionq',
        job_id: `job-${at % before}`,
      })),
    ]);
    await harness.workOff(worker);
    expect(await read()).toMatchObject({
      state: 'waiting_for_confirmation',
      jobs: before + shown,
      duplicates: twice,
    });
  });

  it('lists nothing while it is paused, and goes on when it is resumed', async () => {
    const { harness, gateway, worker, made, read } = await listed({ ionq: 3, sutro: 2 }, { name: 'sweep' });
    accepted(await harness.clock.until(gateway.pauseOperation({ operation_id: made.id }, context)));
    await harness.workOff(worker);
    expect(await read()).toMatchObject({ state: 'paused', jobs: 0 });
    accepted(await harness.clock.until(gateway.resumeOperation({ operation_id: made.id }, context)));
    await harness.workOff(worker);
    expect(await read()).toMatchObject({ state: 'waiting_for_confirmation', jobs: 5 });
  });

  it('goes on with its list also days after it was paused', async () => {
    const { harness, gateway, worker, made, read } = await listed(
      { ionq: 5_100, sutro: 0 },
      { name: 'sweep' },
    );
    const operation_id = made.id;
    const pausing: ProcessTerms = {
      store: (inner) => ({
        ...inner,
        async put(key, value, terms) {
          const version = await inner.put(key, value, terms);
          if (key === `operation/${made.id}` && value.includes('"listing_cursor"'))
            accepted(await gateway.pauseOperation({ operation_id }, context));
          return version;
        },
      }),
    };
    await harness.workOff(harness.newProcess(pausing).worker);
    expect(await read()).toMatchObject({ state: 'paused', jobs: 0 });
    await harness.clock.turn(72 * 3_600_000);
    accepted(await harness.clock.until(gateway.resumeOperation({ operation_id }, context)));
    await harness.workOff(worker);
    expect(await read()).toMatchObject({ state: 'waiting_for_confirmation', jobs: 5_100 });
    // A step that did not come to the end of the list is no gap if the next one does.
    expect((await read()).unavailable ?? []).toEqual([]);
  });

  it('does not say that it picked no job if it could not list them', async () => {
    const { harness, worker, read } = await listed(
      { ionq: 0, sutro: 2 },
      { name: 'sweep', provider: 'sutro' },
    );
    harness.configure(harness.connections.filter(({ name }) => name !== 'sutro'));
    await harness.workOff(worker);
    expect(await read()).toMatchObject({
      ...{ state: 'finished', jobs: 0, unavailable: [{ provider: 'sutro', code: 'list_unfinished' }] },
      message:
        'calloff could not list all jobs, and the selector picked none of those that it listed. Nothing was sent.',
      next_step: 'See in unavailable what could not be listed, then create the operation again.',
    });
  });
});
