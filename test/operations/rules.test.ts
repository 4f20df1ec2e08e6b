import { describe, expect, it } from 'vitest';
import { readAuditPage } from '../../shared/access/audit/reader.ts';
import type { Caller } from '../../shared/access/caller.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { createGateway } from '../../shared/gateway.ts';
import type { JobResult } from '../../shared/operations/job-result.ts';
import { newShare } from '../../shared/operations/operation.ts';
import { countResults } from '../../shared/operations/state.ts';
import { agentWith, callerWith, callOf } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';

const ada = callerWith({}, { id: 'ada', kind: 'person' });
const careful = callerWith({ confirmAbove: 5 }, { id: 'ada', kind: 'person' });

async function opened() {
  const harness = await operationsHarness();
  const { gateway, worker } = harness.newProcess();
  const create = (request: object, by: Caller = ada) => gateway.createOperation(request, callOf(by));
  const get = async (id: string) => accepted(await gateway.getOperation({ operation_id: id }, callOf(ada)));
  return { ...harness, gateway, worker, create, get };
}

describe('the rules of an operation', () => {
  it('let it have more jobs than one call, unless the caller may not name as many', async () => {
    const { gateway, create, addJobs } = await opened();
    const jobs = addJobs({ sutro: 5_200 });
    const { id } = accepted(await create({ draft: true, jobs: jobs.slice(0, 5_000) }));
    const upload = (operation_id: string, by: Caller) =>
      gateway.uploadPage({ operation_id, page: 2, jobs: jobs.slice(4_900) }, callOf(by));
    accepted(await upload(id, ada));
    expect(accepted(await gateway.startOperation({ operation_id: id }, callOf(ada)))).toMatchObject({
      ...{ state: 'running', jobs: 5_200, duplicates: 100 },
    });
    const limited = callerWith({ maxJobs: 5_000, maxOperationJobs: 5_100 }, { id: 'lim' });
    const other = accepted(await create({ draft: true, jobs: jobs.slice(0, 5_000) }, limited));
    accepted(await upload(other.id, limited));
    const refused = await gateway.startOperation({ operation_id: other.id }, callOf(limited));
    expect(refused).toMatchObject({
      faults: [
        { kind: 'denied', message: 'You may cancel at most 5100 jobs in one operation. Nothing was sent.' },
      ],
    });
    expect(
      await create({ jobs: jobs.slice(0, 3) }, callerWith({ maxOperationJobs: 2 }, { id: 'two' })),
    ).toMatchObject({
      faults: [{ kind: 'denied' }],
    });
  });

  it('count every job of a start, so that what follows needs a confirmation', async () => {
    const { gateway, create, addJobs } = await opened();
    const jobs = addJobs({ sutro: 5 });
    expect(accepted(await create({ jobs }, careful)).state).toBe('running');
    const next = accepted(await create({ jobs: addJobs({ sutro: 1 }) }, careful));
    expect(next.state).toBe('waiting_for_confirmation');
    const token = next.confirmation?.confirmation_token;
    expect(next.confirmation?.next_step).toContain(
      `POST /v1/operations/${next.id}/start with confirmation_token`,
    );
    const started = await gateway.startOperation(
      { operation_id: next.id, confirmation_token: token },
      callOf(careful),
    );
    expect(accepted(started)).toMatchObject({ state: 'running' });
  });

  it.each([
    [
      'http',
      /^You can confirm this yourself: send POST \/v1\/operations\/op_\w+\/start before .*; the answer has the confirmation_token\.$/,
    ],
    [
      'mcp',
      /^You can confirm this yourself: call cancel_jobs with operation_id "op_\w+" before .*; the answer says with which confirmation/,
    ],
    [
      'cli',
      /^You can confirm this yourself: run calloff resume op_\w+ before .*; it asks you at the terminal, or prints/,
    ],
    ['slack', /^You can confirm this yourself: resume op_\w+ before .*; calloff then asks you\.$/],
  ] as const)(
    'tell a caller that may confirm for itself how, whenever it reads the operation: %s',
    async (surface, told) => {
      const { gateway, create, addJobs } = await opened();
      const { id } = accepted(await create({ jobs: addJobs({ sutro: 9 }) }, careful));
      const read = await gateway.getOperation({ operation_id: id }, { ...callOf(careful), surface });
      const { state, confirmation } = accepted(read);
      expect([state, confirmation?.next_step]).toEqual([
        'waiting_for_confirmation',
        expect.stringMatching(told),
      ]);
      expect(confirmation?.next_step).not.toContain('someone');
      const again = accepted(await gateway.startOperation({ operation_id: id }, callOf(careful)));
      const token = { confirmation_token: again.confirmation?.confirmation_token };
      expect(again.confirmation?.id).toBe(confirmation?.id);
      expect(
        accepted(await gateway.startOperation({ operation_id: id, ...token }, callOf(careful))).state,
      ).toBe('running');
    },
  );

  it('tell a reader that may confirm the operation of another caller that it may, and others whom to ask', async () => {
    const { gateway, create, addJobs } = await opened();
    const robin = agentWith({ confirmAbove: 0 });
    const { id } = accepted(await create({ jobs: addJobs({ sutro: 9 }) }, robin));
    const stepFor = async (by: Caller) =>
      accepted(await gateway.getOperation({ operation_id: id }, callOf(by))).confirmation?.next_step;
    expect(await stepFor(robin)).toMatch(/^Ask someone with the right to confirm .* Then send POST /);
    expect(await stepFor(ada)).toMatch(
      /^You can confirm this before .* with POST .*\. Then its caller can start it\.$/,
    );
    const auditor = callerWith({ actions: ['audit', 'list'] }, { id: 'aud', kind: 'person' });
    expect(await stepFor(auditor)).toMatch(/^Ask someone/);
    expect(await stepFor(agentWith({ selfConfirm: true }, 'bot'))).toMatch(/^Ask someone/);
  });

  it('tell a caller that may confirm a resume for itself how, even of the operation of another caller', async () => {
    const { gateway, create, addJobs, get } = await opened();
    const named = { operation_id: accepted(await create({ jobs: addJobs({ sutro: 8 }) })).id };
    accepted(await gateway.pauseOperation(named, callOf(ada)));
    const eve = callerWith({ confirmAbove: 5 }, { id: 'eve' });
    accepted(await gateway.resumeOperation(named, callOf(eve)));
    const read = accepted(await gateway.getOperation(named, callOf(eve)));
    expect(read.confirmation?.next_step).toMatch(
      /^You can confirm this yourself: send POST .*\/resume before/,
    );
    expect((await get(named.operation_id)).confirmation?.next_step).toMatch(/^You can confirm this yourself/);
  });

  it('bind a confirmation to its operation: no other, no other jobs and no cancel can use it', async () => {
    const { gateway, create, addJobs } = await opened();
    const jobs = addJobs({ sutro: 9 });
    const [one, other] = [
      accepted(await create({ jobs }, careful)),
      accepted(await create({ jobs, reason: 'x' }, careful)),
    ];
    const token = one.confirmation?.confirmation_token;
    const refused = { ok: false, faults: [{ kind: 'confirmation' }] };
    const use = (operation_id: string) =>
      gateway.startOperation({ operation_id, confirmation_token: token }, callOf(careful));
    expect(await use(other.id)).toMatchObject(refused);
    expect(await gateway.cancelJobs({ confirmation_token: token }, callOf(careful))).toMatchObject(refused);
    const named = accepted(await gateway.cancelJobs({ jobs, confirmation_token: token }, callOf(careful)));
    expect(named.counts).toMatchObject({ refused: 9 });
    accepted(await gateway.withdrawConfirmation({ confirmation_token: token }, callOf(careful)));
    expect(await gateway.getOperation({ operation_id: one.id }, callOf(careful))).toMatchObject({
      value: { state: 'draft' },
    });
    expect(await use(one.id)).toMatchObject(refused);
  });

  it('let a confirmation of it live as long as the configuration says', async () => {
    const { store, clock, connections, addJobs, sandbox } = await opened();
    const gateway = createGateway({
      connections: async () => connections,
      credentials: credentialFromSettings,
      budgetMs: 20_000,
      access: { store, pepper: async () => 'a-pepper-for-tests', confirmationMinutes: async () => 1_440 },
      fetch: sandbox.fetch,
      clock,
    });
    const asked = accepted(await gateway.createOperation({ jobs: addJobs({ sutro: 9 }) }, callOf(careful)));
    const confirmation_id = asked.confirmation?.id;
    accepted(await gateway.showConfirmation({ confirmation_id }, callOf(ada)));
    await clock.turn(1_439 * 60_000);
    const token = asked.confirmation?.confirmation_token;
    const start = { operation_id: asked.id, confirmation_token: token };
    expect(accepted(await gateway.startOperation(start, callOf(careful))).state).toBe('running');
  });

  it('make a draft of it again that takes a page while it waits, with a set and a confirmation of their own', async () => {
    const { gateway, create, addJobs } = await opened();
    const { id } = accepted(await create({ draft: true, jobs: addJobs({ sutro: 9 }) }, careful));
    const start = (more: object = {}) =>
      gateway.startOperation({ operation_id: id, ...more }, callOf(careful));
    const token = accepted(await start()).confirmation?.confirmation_token;
    const page = { operation_id: id, page: 2, jobs: addJobs({ sutro: 3 }) };
    const grown = accepted(await gateway.uploadPage(page, callOf(careful)));
    expect([grown.state, grown.jobs]).toEqual(['draft', 12]);
    expect(await start({ confirmation_token: token })).toMatchObject({ faults: [{ kind: 'confirmation' }] });
    expect(accepted(await start())).toMatchObject({
      ...{ state: 'waiting_for_confirmation', jobs: 12, confirmation: { jobs: 12 } },
    });
  });

  it('do not let an agent, nor a caller without the right at all its connections, confirm it', async () => {
    const { gateway, create, addJobs } = await opened();
    const robin = agentWith({ confirmAbove: 0 });
    const jobs = [...addJobs({ sutro: 25 }), ...addJobs({ ionq: 1 })];
    const { confirmation } = accepted(await create({ jobs }, robin));
    const approve = (by: Caller) =>
      gateway.approveConfirmation({ confirmation_id: confirmation?.id }, callOf(by));
    const denied = { ok: false, faults: [{ kind: 'denied' }] };
    expect(await approve(agentWith({ actions: ['confirm'] }, 'bot'))).toMatchObject(denied);
    // The one job at the other connection is not among those that are shown.
    expect(await approve(callerWith({ connections: ['ionq'] }, { id: 'ian' }))).toMatchObject(denied);
    expect(await approve(callerWith({ connections: ['sutro'] }, { id: 'sue' }))).toMatchObject(denied);
    accepted(await approve(ada));
  });

  it('judge a resume like a start, and count what it does', async () => {
    const { gateway, worker, workOff, create, addJobs, clock } = await opened();
    const { id } = accepted(await create({ jobs: addJobs({ sutro: 8 }) }));
    const named = { operation_id: id };
    accepted(await gateway.pauseOperation(named, callOf(ada)));
    const eve = callerWith({ confirmAbove: 5 }, { id: 'eve' });
    const asked = accepted(await gateway.resumeOperation(named, callOf(eve)));
    expect(asked).toMatchObject({ state: 'paused', confirmation: { jobs: 8 } });
    expect(asked.confirmation?.next_step).toContain(`POST /v1/operations/${id}/resume`);
    const token = { confirmation_token: asked.confirmation?.confirmation_token };
    expect(accepted(await gateway.resumeOperation({ ...named, ...token }, callOf(eve)))).toMatchObject({
      ...{ state: 'running', started_by: 'eve' },
    });
    expect(accepted(await gateway.resumeOperation({ ...named, ...token }, callOf(eve))).state).toBe(
      'running',
    );
    await workOff(worker);
    expect(await gateway.resumeOperation(named, callOf(ada))).toMatchObject({ faults: [{ kind: 'state' }] });
    await clock.turn(1);
  });

  it('let a resume do what was not attempted, is unknown or failed, or only what is named', async () => {
    const { gateway, create, addJobs, records, headOf, get, clock } = await opened();
    const jobs = addJobs({ sutro: 5 });
    const { id } = accepted(await create({ jobs }));
    const operation = await headOf(id);
    const at = clock.wallTime();
    const results: JobResult[] = [
      { outcome: 'cancelled', state: 'cancelled', source: 'status', at, word: 'CANCELLED', ours: true },
      { outcome: 'failed', state: 'unknown', code: 'rate_limited' },
      { outcome: 'unknown', state: 'running', source: 'status', at, in_air: true, ours: true },
      { outcome: 'cancelled', state: 'cancelled', source: 'status', at, came_back: true },
    ];
    const place = { operation, connection: 'sutro', chunk: 0 };
    await records.merge(place, 5, { results: [...results, undefined] });
    const counts = [countResults(results)];
    const rest = { code: 'provider_unavailable', at } as const;
    await records.changeShare(operation, 'sutro', () => ({ ...newShare(1), next: 1, counts, rest }));
    const read = await get(id);
    expect(read).toMatchObject({
      ...{ state: 'following', pending: 0, came_back: 1 },
      counts: { cancelled: 1, failed: 2, unknown: 1 },
      providers: [{ held_up: expect.stringContaining('gave up the remaining jobs at Sutro') }],
    });
    expect(read.message).toContain('come back to life');
    const outcomesOf = async (outcome: string) => {
      const page = accepted(await gateway.listOutcomes({ operation_id: id, outcome }, callOf(ada)));
      return page.outcomes.map(({ job_id, message }) => [
        jobs.findIndex((job) => job.job_id === job_id),
        message,
      ]);
    };
    expect(await outcomesOf('cancelled')).toEqual([
      [0, expect.stringContaining('after calloff sent a cancel')],
    ]);
    expect(await outcomesOf('came_back')).toEqual([[3, expect.stringContaining('shows it as alive again')]]);
    expect(await outcomesOf('unknown')).toEqual([[2, expect.stringContaining('may have sent one')]]);
    expect(await outcomesOf('failed')).toEqual([
      [1, expect.stringContaining('limits the number of requests')],
      [4, expect.stringContaining('could not be reached')],
    ]);
    expect(await outcomesOf('pending')).toEqual([]);
    expect(await outcomesOf('refused,not_found')).toEqual([]);
    accepted(await gateway.resumeOperation({ operation_id: id, outcome: ['failed'] }, callOf(ada)));
    expect(await headOf(id)).toMatchObject({ round: 2, redo: ['failed'], wanted: 'run' });
  });

  it('end sending 24 hours after the last start', async () => {
    const { gateway, create, addJobs, clock, get } = await opened();
    const { id } = accepted(await create({ jobs: addJobs({ sutro: 1 }) }));
    await clock.turn(86_400_001);
    const late = await get(id);
    expect([late.state, late.message]).toEqual(['paused', expect.stringContaining('24 hours')]);
    const resumed = accepted(await gateway.resumeOperation({ operation_id: id }, callOf(ada)));
    expect(resumed.state).toBe('running');
  });

  it('end a draft after 24 hours, which then counts no more', async () => {
    const { gateway, create, clock } = await opened();
    for (let count = 0; count < 20; count += 1) accepted(await create({ draft: true }));
    expect(await create({ draft: true })).toMatchObject({ faults: [{ kind: 'state' }] });
    await clock.turn(86_400_001);
    const { id } = accepted(await create({ draft: true }));
    const listed = accepted(await gateway.listOperations({}, callOf(ada))).operations;
    expect(listed.map((each) => each.id)).toEqual([id]);
  });

  it('let none of many at once be the twenty-first', async () => {
    const { gateway, create } = await opened();
    const made = await Promise.all(Array.from({ length: 30 }, () => create({ draft: true })));
    expect(made.filter(({ ok }) => ok).length).toBeLessThanOrEqual(20);
    const listed = accepted(await gateway.listOperations({}, callOf(ada))).operations;
    expect(listed.length).toBeLessThanOrEqual(20);
  });
});

describe('the audit of operations', () => {
  it('has each request once, and a read once for each caller', async () => {
    const { gateway, create, addJobs, store, clock, get } = await opened();
    const { id } = accepted(await create({ jobs: addJobs({ sutro: 1 }), reason: 'sweep' }));
    for (let polls = 0; polls < 3; polls += 1) await get(id);
    const eve = callerWith({}, { id: 'eve' });
    for (let polls = 0; polls < 2; polls += 1)
      accepted(await gateway.getOperation({ operation_id: id }, callOf(eve)));
    accepted(await gateway.pauseOperation({ operation_id: id }, callOf(eve)));
    expect((await gateway.resumeOperation({ operation_id: 'op_none' }, callOf(eve))).ok).toBe(false);
    const { entries } = accepted(await gateway.readAudit({ operation: id }, callOf(ada)));
    const steps = entries.map(({ caller, action, step }) => `${caller} ${action} ${step}`);
    expect(steps.toSorted()).toEqual([
      'ada cancel create',
      'ada list read',
      'eve cancel pause',
      'eve list read',
    ]);
    expect(entries.find(({ step }) => step === 'create')).toMatchObject({ reason: 'sweep', operation: id });
    const all = await readAuditPage(store, clock, { from: 0, to: clock.wallTime(), limit: 100 });
    expect(all.unreadable).toBe(0);
  });
});
