import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createApp } from '../../functions/http/app.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { auditEntrySchema } from '../../shared/access/audit/entry.ts';
import { credentialFromSettings } from '../../shared/config/secrets/credentials.ts';
import { createGateway, type Gateway } from '../../shared/gateway.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';
import { toCursor } from '../../shared/lib/json.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { openSqliteStore } from '../../shared/store/sqlite/store.ts';
import type { Store } from '../../shared/store/store.ts';
import { auditRequest } from '../../shared/use-cases/read-audit.ts';
import { SetClock } from '../store/host.ts';
import { accepted, connectionsTo } from '../support/harness.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { runs } from '../support/thorough.ts';
import { auditOf, callBy, watchedGateway } from './support.ts';

const auditAnswer = z.looseObject({ entries: z.array(auditEntrySchema).optional() });

let sandbox: Sandbox;
let store: Store;
let gateway: Gateway;
const clock = new SetClock();
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  store = await openSqliteStore({ folder: freshFolder(), clock, hasThread: false });
  gateway = watchedGateway({
    store,
    clock,
    connections: connectionsTo(sandbox),
    protectedJobs: [{ id: 'precious-*' }],
  });
});
afterEach(async () => {
  for (const provider of Object.values(sandbox.providers)) provider.reset();
  await store.close();
});

/** The audit, without the reading of it. */
async function written(request: object = {}) {
  const entries = await auditOf(gateway, request);
  for (const entry of entries) auditEntrySchema.parse(entry);
  return entries.filter(({ caller }) => caller !== 'auditor');
}

const now = () => new Date(clock.wallTime()).toISOString();
const sutroJob = (job_id: string) => ({ provider: 'sutro', job_id });

describe('a cancel', () => {
  test('has who, when, through which surface, why, and the outcome with its evidence', async () => {
    const job_id = sandbox.providers.sutro.addJob({ state: 'running', settlesInMs: 0 });
    const by = callBy('ada', {}, { kind: 'person', surface: 'cli', requestId: 'r-1' });
    await gateway.cancelJob({ ...sutroJob(job_id), reason: 'wrong prompt' }, by);
    expect(await written()).toEqual([
      {
        at: now(),
        request_id: 'r-1',
        caller: 'ada',
        kind: 'person',
        surface: 'cli',
        action: 'cancel',
        decision: 'allowed',
        reason: 'wrong prompt',
        connection: 'sutro',
        job_id,
        outcome: 'cancelled',
        state: 'cancelled',
        evidence: { source: 'status', provider_status: 'CANCELLED', observed_at: now() },
      },
    ]);
  });

  test.each([
    ['refused by policy', { deny: [{ id: 'not-*' }] }, 'not-this', 'refused', 'denied_by_policy'],
    ['protected', {}, 'precious-1', 'refused', 'protected_job'],
    ['refused for its haste', { cancelsPerMinute: 0 }, 'any', 'refused', 'caller_rate_limited'],
    ['of more jobs than allowed', { maxJobs: 0 }, 'any', 'refused', 'denied_by_policy'],
    ['without the right', { actions: ['list' as const] }, 'any', 'refused', 'denied_by_policy'],
  ])('%s is there as refused, with the code', async (_what, rights, job_id, decision, code) => {
    sandbox.providers.sutro.addJob({ id: job_id, state: 'running' });
    await gateway.cancelJobs({ jobs: [sutroJob(job_id)], reason: 'x' }, callBy('ada', rights));
    expect(await written()).toMatchObject([{ decision, outcome: 'refused', code, job_id, reason: 'x' }]);
    expect(sandbox.providers.sutro.journal.filter(({ operation }) => operation === 'cancel')).toEqual([]);
  });

  test('that fails, finds nothing or comes too late is there as that', async () => {
    const { sutro, ionq } = sandbox.providers;
    const over = sutro.addJob({ state: 'completed' });
    ionq.setFault({ kind: 'status', status: 500 });
    const id = ionq.addJob({ state: 'running' });
    const jobs = [{ provider: 'ionq', job_id: id }, sutroJob(over), sutroJob('missing')];
    await gateway.cancelJobs({ jobs }, callBy('ada'));
    expect((await written()).map(({ job_id, outcome, code }) => [job_id, outcome, code]).sort()).toEqual(
      [
        [id, 'failed', 'provider_unavailable'],
        [over, 'already_finished', undefined],
        ['missing', 'not_found', undefined],
      ].sort(),
    );
  });

  test('that is a dry run says so of every job, sent and refused alike', async () => {
    const jobs = [
      'precious-1',
      sandbox.providers.sutro.addJob({ state: 'running' }),
      sandbox.providers.sutro.addJob({ state: 'completed' }),
    ];
    await gateway.cancelJobs({ jobs: jobs.map(sutroJob), dry_run: true }, callBy('ada'));
    const entries = await written();
    expect(entries.map(({ dry_run }) => dry_run)).toEqual([true, true, true]);
    expect(entries.map(({ outcome }) => outcome).sort()).toEqual([
      'already_finished',
      'refused',
      'would_cancel',
    ]);
  });

  test.each([
    ['with a fault', { jobs: [sutroJob('../x')], reason: 'why' }, 'refused'],
    ['of nothing', {}, 'refused'],
    ['of all kinds of things', 'everything', 'refused'],
    ['by a selector that finds nothing', { selector: { provider: 'sutro' }, reason: 'why' }, 'allowed'],
  ])('%s is there as a request', async (_what, request, decision) => {
    await gateway.cancelJobs(request, callBy('ada'));
    const [entry, ...others] = await written();
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ caller: 'ada', action: 'cancel', decision });
    expect(entry?.job_id).toBe(undefined);
    expect(entry?.reason).toBe(typeof request === 'object' && 'reason' in request ? 'why' : undefined);
  });
});

describe('a confirmation', () => {
  const careful = { confirmAbove: 0 };

  test('shows who asked under which id, who approved it, and what was done under it', async () => {
    const jobs = sandbox.providers.sutro.addJobs(2, { state: 'running', settlesInMs: 0 }).map(sutroJob);
    const agent = () => callBy('bot', { ...careful, selfConfirm: false }, { kind: 'agent', surface: 'mcp' });
    const { confirmation } = accepted(await gateway.cancelJobs({ jobs }, agent()));
    const confirmation_id = confirmation?.id;
    const person = () => callBy('ada', {}, { kind: 'person' });
    await gateway.showConfirmation({ confirmation_id }, person());
    await gateway.approveConfirmation({ confirmation_id }, agent());
    await gateway.approveConfirmation({ confirmation_id }, person());
    await gateway.cancelJobs({ jobs }, agent());
    await gateway.cancelJobs({ confirmation_id }, agent());
    const lines = (await written()).map(({ at: _, request_id, ...entry }) => ({
      order: Number(request_id.slice(5)),
      ...entry,
    }));
    const told = lines
      .sort((one, other) => one.order - other.order)
      .map(({ caller, action, step, decision, code, outcome, confirmation: id, confirmed_by }) => {
        expect(id).toBe(confirmation_id);
        return [caller, step ?? action, decision, code ?? outcome, confirmed_by];
      });
    expect(told).toEqual([
      ['bot', 'cancel', 'refused', 'confirmation_required', undefined],
      ['bot', 'cancel', 'refused', 'confirmation_required', undefined],
      ['ada', 'show', 'allowed', undefined, undefined],
      ['bot', 'approve', 'refused', undefined, undefined],
      ['ada', 'approve', 'allowed', undefined, undefined],
      ['bot', 'cancel', 'allowed', 'cancelled', 'ada'],
      ['bot', 'cancel', 'allowed', 'cancelled', 'ada'],
      ['bot', 'cancel', 'refused', undefined, undefined],
    ]);
  });

  test('is there with the reason that the person saw who approved it, whatever is said afterwards', async () => {
    const jobs = [sutroJob(sandbox.providers.sutro.addJob({ state: 'running', settlesInMs: 0 }))];
    const agent = () => callBy('bot', { ...careful, selfConfirm: false }, { kind: 'agent' });
    const ask = (reason: string) => gateway.cancelJobs({ jobs, reason }, agent());
    const { confirmation } = accepted(await ask('first'));
    await ask('second');
    const request = { confirmation_id: confirmation?.id };
    const person = () => callBy('ada', {}, { kind: 'person' });
    expect(accepted(await gateway.approveConfirmation(request, person()))).toMatchObject({
      state: 'approved',
      approved_by: 'ada',
      reason: 'first',
    });
    await ask('third');
    const done = (await written()).filter(({ outcome }) => outcome === 'cancelled');
    expect(done).toMatchObject([{ reason: 'first', confirmed_by: 'ada' }]);
  });

  test('for which none was given has none, but for who confirms for themselves', async () => {
    const add = () => [sutroJob(sandbox.providers.sutro.addJob({ state: 'running', settlesInMs: 0 }))];
    const [jobs, own] = [add(), add()];
    const agent = () => callBy('bot', { ...careful, selfConfirm: false }, { kind: 'agent' });
    const { confirmation } = accepted(await gateway.cancelJobs({ jobs }, agent()));
    const person = () => callBy('ada', careful, { kind: 'person' });
    await gateway.approveConfirmation({ confirmation_id: confirmation?.id }, person());
    await gateway.cancelJobs({ jobs, reason: 'ada said so' }, agent());
    const asked = accepted(await gateway.cancelJobs({ jobs: own }, person()));
    const { confirmation_token } = asked.confirmation ?? {};
    await gateway.cancelJobs({ confirmation_token, reason: 'too dear' }, person());
    const done = (await written()).filter(({ outcome }) => outcome === 'cancelled');
    expect(done.map(({ caller, reason }) => [caller, reason]).sort()).toEqual([
      ['ada', 'too dear'],
      ['bot', undefined],
    ]);
  });

  test('that is declined, or presented after that, is there as that', async () => {
    const jobs = [sutroJob(sandbox.providers.sutro.addJob({ state: 'running' }))];
    const { confirmation } = accepted(await gateway.cancelJobs({ jobs }, callBy('bot', careful)));
    await gateway.closeConfirmation({ confirmation_id: confirmation?.id }, callBy('ada'));
    const { confirmation_token } = confirmation ?? {};
    await gateway.cancelJobs({ jobs, confirmation_token }, callBy('bot', careful));
    const entries = await written();
    expect(entries.map(({ caller, step, decision, code }) => [caller, step, decision, code])).toContainEqual([
      'ada',
      'decline',
      'allowed',
      undefined,
    ]);
    expect(entries.map(({ confirmation: id, code }) => [id, code])).toEqual([
      [confirmation?.id, 'confirmation_required'],
      [confirmation?.id, undefined],
      [confirmation?.id, 'confirmation_required'],
    ]);
    expect(JSON.stringify(await store.scan({ from: 0, to: clock.wallTime(), limit: 100 }))).not.toContain(
      confirmation_token,
    );
  });

  test('of the person at the client names them', async () => {
    const jobs = [sutroJob(sandbox.providers.sutro.addJob({ state: 'running' }))];
    await gateway.cancelJobs({ jobs }, callBy('bot', careful, { askPerson: async () => 'agreed' }));
    expect(await written()).toMatchObject([
      { decision: 'allowed', confirmed_by: 'the person at the client' },
    ]);
  });
});

describe('one request', () => {
  test('that makes several calls within a millisecond is there with each of them', async () => {
    const call = callBy('ada');
    await gateway.getJob(sutroJob('x'), call);
    await gateway.listJobs({}, call);
    await gateway.cancelJob(sutroJob('x'), call);
    expect((await written()).map(({ action }) => action).sort()).toEqual(['cancel', 'list', 'list']);
  });
});

describe('reading', () => {
  test('is there itself, and so is what was looked at and found', async () => {
    await gateway.listJobs({}, callBy('ada'));
    await gateway.getJob(sutroJob('x'), callBy('ada'));
    await gateway.listJobs({}, callBy('eve', { actions: [] }));
    await gateway.readAudit({}, callBy('eve', { actions: ['list'] }));
    await auditOf(gateway);
    const entries = await auditOf(gateway);
    expect(entries.map(({ caller, action, decision }) => `${caller} ${action} ${decision}`).sort()).toEqual([
      'ada list allowed',
      'ada list allowed',
      'auditor audit allowed',
      'eve audit refused',
      'eve list refused',
    ]);
  });

  test('over HTTP answers with a page, and with problems that say what is wrong', async () => {
    await gateway.listJobs({}, callBy('ada'));
    const get = async (query: string, rights = {}) => {
      const { caller } = callBy('auditor', rights);
      const app = createApp({
        gateway,
        callers: { identify: async () => caller },
        log: silentLog,
        newRequestId: () => callBy('x').requestId,
      });
      const response = await app.request(`/v1/audit${query}`);
      return { status: response.status, body: auditAnswer.parse(await response.json()) };
    };
    const page = await get('?caller=ada&since=2026-03-01T00:00:00%2B01:00');
    expect(page).toMatchObject({ status: 200, body: { unreadable: 0, next_cursor: null } });
    expect(page.body.entries).toMatchObject([{ caller: 'ada', action: 'list', surface: 'http' }]);
    for (const query of ['?cursor=x', '?limit=1001', '?caller=a&caller=b', '?since=today', '?page=2'])
      expect(await get(query)).toMatchObject({ status: 400 });
    expect(await get('', { actions: ['list'] })).toMatchObject({ status: 403 });
    expect((await get('', { readsPerMinute: 0 })).status).toBe(429);
  });

  test('shows the jobs of those connections only that one may audit', async () => {
    const { ionq, sutro } = sandbox.providers;
    const jobs = [
      { provider: 'ionq', job_id: ionq.addJob({ state: 'running' }) },
      sutroJob(sutro.addJob({ state: 'running' })),
    ];
    await gateway.cancelJobs({ jobs }, callBy('ada'));
    const some = () => callBy('tenant', { connections: ['sut*'] });
    const seen = accepted(await gateway.readAudit({}, some()));
    expect(seen.entries.map(({ connection }) => connection)).toEqual(['sutro']);
    expect(await gateway.readAudit({ connection: 'ionq' }, some())).toMatchObject({
      ok: false,
      faults: [{ path: 'connection', kind: 'denied' }],
    });
  });

  test('says that there is no audit where there is no store', async () => {
    const bare = createGateway({
      connections: async () => [],
      credentials: credentialFromSettings,
      budgetMs: 1_000,
    });
    expect(await bare.readAudit({}, callBy('ada'))).toMatchObject({
      ok: false,
      faults: [{ message: expect.stringContaining('has no store, so it keeps no audit') }],
    });
  });

  /** Places in the log that are shaped as ours, though nothing can lie at most of them. */
  const place = fc.tuple(
    fc.oneof(
      fc.constant(null),
      fc.record({
        at: fc.oneof(fc.double(), fc.integer(), fc.maxSafeNat()),
        requestId: fc.oneof(
          fc.string({ unit: anyCharacter }),
          fc.string({ maxLength: 200 }),
          fc.constant('r'),
        ),
      }),
    ),
    fc.oneof(fc.double(), fc.integer()),
  );

  test('takes any place for a page or a fault of the cursor', async () => {
    await gateway.listJobs({}, callBy('ada'));
    await fc.assert(
      fc.asyncProperty(place, async (where) => {
        const result = await gateway.readAudit({ cursor: toCursor(where) }, callBy('auditor'));
        if (!result.ok) expect(result.faults.map(({ path }) => path)).toEqual(['cursor']);
      }),
      { numRuns: runs(300, 12) },
    );
  });

  test('takes any request for a page or a fault, and never breaks', async () => {
    await gateway.listJobs({}, callBy('ada'));
    const text = fc.string({ unit: anyCharacter });
    const cursor = fc.oneof(text, fc.json(), place.map(toCursor), fc.jsonValue().map(toCursor));
    const time = fc.oneof(
      text,
      fc
        .date({
          min: new Date('-000001-01-01T00:00:00Z'),
          max: new Date('+010001-01-01T00:00:00Z'),
          noInvalidDate: true,
        })
        .map((date) => date.toISOString()),
      fc.constantFrom(
        '2026-02-30T00:00:00Z',
        '2026-01-01T00:00Z',
        '0000-01-01T00:00:00+23:59',
        '9999-12-31T23:59:59.999999999-23:59',
      ),
    );
    const request = fc.record(
      {
        caller: text,
        connection: text,
        job: text,
        reads: fc.oneof(text, fc.boolean(), fc.constantFrom('true', 'false')),
        since: time,
        until: time,
        limit: fc.oneof(text, fc.double(), fc.integer(), fc.integer().map(String)),
        cursor,
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 4, arbitrary: request }, { weight: 1, arbitrary: fc.anything() }),
        async (asked) => {
          const result = await gateway.readAudit(asked, callBy('auditor'));
          const { cursor: given } =
            typeof asked === 'object' && asked !== null && 'cursor' in asked ? asked : {};
          if (result.ok) expect(auditRequest.safeParse(asked).success).toBe(true);
          else expect(result.faults.length).toBeGreaterThan(0);
          if (!result.ok && auditRequest.safeParse(asked).success) expect(given).toBeTypeOf('string');
        },
      ),
      { numRuns: runs(500, 20) },
    );
  });
});
