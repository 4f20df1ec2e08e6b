import { describe, expect, it } from 'vitest';
import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import { operationSchema } from '../../shared/contract/answers/operation-schema.ts';
import type { JobEntry } from '../../shared/contract/job-entries.ts';
import { agentWith, callerWith, callOf } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';

const ada = callerWith({}, { id: 'ada', kind: 'person' });
const eve = callerWith({}, { id: 'eve', kind: 'person' });
const robin = agentWith({ confirmAbove: 2, actions: ['list', 'cancel'] });

/** Providers, a worker, and a way to ask for operations. */
async function opened() {
  const harness = await operationsHarness();
  const { gateway, worker } = harness.newProcess();
  const jobsAt = (provider: 'ionq' | 'sutro', count: number): JobEntry[] =>
    harness.sandbox.providers[provider]
      .addJobs(count, { state: 'running' })
      .map((job_id) => ({ provider, job_id }));
  const step = (view: OperationView) => operationSchema.parse(view);
  return { ...harness, gateway, worker, jobsAt, step };
}

describe('an operation', () => {
  it('is created, worked off and read', async () => {
    const { gateway, worker, workOff, jobsAt } = await opened();
    const jobs = [...jobsAt('ionq', 3), ...jobsAt('sutro', 2)];
    const created = accepted(
      await gateway.createOperation({ jobs: [...jobs, ...jobs.slice(0, 1)], reason: 'sweep' }, callOf(ada)),
    );
    expect(created).toMatchObject({ state: 'running', jobs: 5, duplicates: 1, pending: 5, reason: 'sweep' });
    await workOff(worker);
    const read = accepted(await gateway.getOperation({ operation_id: created.id }, callOf(ada)));
    expect(operationSchema.parse(read)).toMatchObject({
      state: 'finished',
      counts: { cancelled: 5 },
      pending: 0,
    });
    const page = accepted(await gateway.listOutcomes({ operation_id: created.id, limit: 4 }, callOf(ada)));
    const rest = accepted(
      await gateway.listOutcomes(
        { operation_id: created.id, limit: 4, cursor: page.next_cursor ?? '' },
        callOf(ada),
      ),
    );
    const told = [...page.outcomes, ...rest.outcomes];
    expect(told.map(({ provider, job_id }) => ({ provider, job_id }))).toEqual(jobs);
    expect(
      told.every(({ outcome, message }) => outcome === 'cancelled' && message.includes('after calloff')),
    ).toBe(true);
    expect(rest.next_cursor).toBeNull();
  });

  it('is a draft that grows by pages, and is frozen when it is started', async () => {
    const { gateway, jobsAt } = await opened();
    const [one, other, third] = [jobsAt('ionq', 3), jobsAt('ionq', 2), jobsAt('sutro', 1)];
    const { id, state } = accepted(await gateway.createOperation({ draft: true, jobs: one }, callOf(ada)));
    expect(state).toBe('draft');
    const upload = (page: number, jobs: readonly JobEntry[]) =>
      gateway.uploadPage({ operation_id: id, page, jobs }, callOf(ada));
    accepted(await upload(2, other));
    accepted(await upload(2, [...third, ...one]));
    const started = accepted(await gateway.startOperation({ operation_id: id }, callOf(ada)));
    expect(started).toMatchObject({ state: 'running', jobs: 4, duplicates: 3 });
    expect(await upload(3, other)).toMatchObject({ ok: false, faults: [{ kind: 'state' }] });
    const again = accepted(await gateway.startOperation({ operation_id: id }, callOf(ada)));
    expect(again).toMatchObject({ state: 'running', started_at: started.started_at });
  });

  it('is paused and resumed, and then only does the rest', async () => {
    const { gateway, worker, workOff, jobsAt, sandbox } = await opened();
    const jobs = jobsAt('sutro', 4);
    const { id } = accepted(await gateway.createOperation({ jobs }, callOf(ada)));
    const paused = accepted(await gateway.pauseOperation({ operation_id: id }, callOf(ada)));
    expect(paused).toMatchObject({ state: 'paused', pending: 4 });
    await workOff(worker);
    expect(sandbox.providers.sutro.journal).toEqual([]);
    const resumed = accepted(await gateway.resumeOperation({ operation_id: id }, callOf(ada)));
    expect(resumed.state).toBe('running');
    await workOff(worker);
    const read = accepted(await gateway.getOperation({ operation_id: id }, callOf(ada)));
    expect(read).toMatchObject({ state: 'finished', counts: { cancelled: 4 } });
    expect(await gateway.resumeOperation({ operation_id: id }, callOf(ada))).toMatchObject({
      faults: [{ kind: 'state' }],
    });
  });

  it('waits for a confirmation, and starts once more with it', async () => {
    const { gateway, worker, workOff, jobsAt } = await opened();
    const jobs = jobsAt('sutro', 30);
    const asked = accepted(await gateway.createOperation({ jobs }, callOf(robin)));
    expect(asked).toMatchObject({ state: 'waiting_for_confirmation', confirmation: { jobs: 30 } });
    const confirmation_id = asked.confirmation?.id ?? '';
    const start = (more: object = {}) =>
      gateway.startOperation({ operation_id: asked.id, ...more }, callOf(robin));
    expect(await start({ confirmation_id })).toMatchObject({ faults: [{ kind: 'confirmation' }] });
    const shown = accepted(await gateway.showConfirmation({ confirmation_id }, callOf(ada)));
    expect(shown.operation).toMatchObject({
      id: asked.id,
      jobs: 30,
      providers: [{ provider: 'sutro', jobs: 30 }],
    });
    expect(shown.jobs).toHaveLength(20);
    accepted(await gateway.approveConfirmation({ confirmation_id }, callOf(ada)));
    expect(accepted(await start({ confirmation_id }))).toMatchObject({ state: 'running' });
    await workOff(worker);
    const read = accepted(await gateway.getOperation({ operation_id: asked.id }, callOf(robin)));
    expect(read).toMatchObject({ counts: { cancelled: 30 } });
  });

  it('reads as a draft again if its confirmation is declined or not answered within an hour', async () => {
    const { gateway, jobsAt, clock } = await opened();
    const asked = accepted(await gateway.createOperation({ jobs: jobsAt('sutro', 9) }, callOf(robin)));
    const state = async () =>
      accepted(await gateway.getOperation({ operation_id: asked.id }, callOf(robin))).state;
    accepted(await gateway.closeConfirmation({ confirmation_id: asked.confirmation?.id }, callOf(ada)));
    expect(await state()).toBe('draft');
    const again = accepted(await gateway.startOperation({ operation_id: asked.id }, callOf(robin)));
    expect(again.state).toBe('waiting_for_confirmation');
    await clock.turn(3_599_000);
    expect(await state()).toBe('waiting_for_confirmation');
    await clock.turn(2_000);
    expect(await state()).toBe('draft');
  });

  it('belongs to its caller, and others may do what their rights say', async () => {
    const { gateway, jobsAt } = await opened();
    const { id: operation_id } = accepted(
      await gateway.createOperation({ jobs: jobsAt('sutro', 1) }, callOf(ada)),
    );
    const stranger = callerWith({ actions: ['list'] }, { id: 'sam' });
    const unknown = { ok: false, faults: [{ kind: 'unknown_operation' }] };
    expect(await gateway.getOperation({ operation_id }, callOf(stranger))).toMatchObject(unknown);
    expect(await gateway.pauseOperation({ operation_id }, callOf(stranger))).toMatchObject(unknown);
    const auditor = callerWith({ actions: ['list', 'audit'] }, { id: 'ann' });
    expect(accepted(await gateway.getOperation({ operation_id }, callOf(auditor)))).toMatchObject({
      caller: 'ada',
    });
    expect(await gateway.pauseOperation({ operation_id }, callOf(auditor))).toMatchObject({
      faults: [{ kind: 'denied' }],
    });
    expect(accepted(await gateway.pauseOperation({ operation_id }, callOf(eve)))).toMatchObject({
      state: 'paused',
    });
    expect(accepted(await gateway.resumeOperation({ operation_id }, callOf(eve)))).toMatchObject({
      started_by: 'eve',
      caller: 'ada',
    });
    const listed = accepted(await gateway.listOperations({}, callOf(ada)));
    expect(listed.operations.map(({ id }) => id)).toEqual([operation_id]);
    expect(accepted(await gateway.listOperations({}, callOf(eve))).operations).toEqual([]);
    expect(accepted(await gateway.listOperations({ caller: '*' }, callOf(eve))).operations).toHaveLength(1);
    expect(await gateway.listOperations({ caller: 'ada' }, callOf(stranger))).toMatchObject({
      faults: [{ kind: 'denied' }],
    });
  });

  it('is found again by its idempotency key, also by two creates at once', async () => {
    const { gateway, jobsAt } = await opened();
    const jobs = jobsAt('sutro', 2);
    const create = (request: object, caller = ada) =>
      gateway.createOperation(request, callOf(caller, { idempotencyKey: 'sweep-7' }));
    const [one, other] = await Promise.all([create({ jobs }), create({ jobs })]);
    expect(accepted(one).id).toBe(accepted(other).id);
    expect(accepted(await create({ jobs })).id).toBe(accepted(one).id);
    expect(await create({ jobs, reason: 'another' })).toMatchObject({ faults: [{ kind: 'other_request' }] });
    expect(accepted(await create({ jobs }, eve)).id).not.toBe(accepted(one).id);
    accepted(await gateway.pauseOperation({ operation_id: accepted(one).id }, callOf(ada)));
    expect(accepted(await create({ jobs }))).toMatchObject({ id: accepted(one).id, state: 'paused' });
    expect(accepted(await gateway.listOperations({}, callOf(ada))).operations).toHaveLength(1);
  });

  it('is worked off after a resume that died before a worker heard of it, once that is repeated', async () => {
    const { gateway, worker, workOff, jobsAt, records, countsOf } = await opened();
    const { id } = accepted(await gateway.createOperation({ jobs: jobsAt('sutro', 3) }, callOf(ada)));
    accepted(await gateway.pauseOperation({ operation_id: id }, callOf(ada)));
    await workOff(worker);
    await records.change(id, (known) => ({ ...known, wanted: 'run', round: known.round + 1 }));
    await workOff(worker);
    expect(await countsOf(id)).toEqual({ pending: 3 });
    accepted(await gateway.resumeOperation({ operation_id: id }, callOf(ada)));
    await workOff(worker);
    expect(await countsOf(id)).toEqual({ cancelled: 3 });
  });

  it('is one of at most twenty that have not ended', async () => {
    const { gateway, jobsAt } = await opened();
    const jobs = jobsAt('sutro', 1);
    const create = () => gateway.createOperation({ jobs, draft: true }, callOf(ada));
    const drafts = [];
    for (let count = 0; count < 20; count += 1) drafts.push(accepted(await create()));
    expect(await create()).toMatchObject({ faults: [{ kind: 'state' }] });
    accepted(await gateway.deleteOperation({ operation_id: drafts[3]?.id }, callOf(ada)));
    accepted(await create());
    expect(await create()).toMatchObject({ faults: [{ kind: 'state' }] });
  });
});
