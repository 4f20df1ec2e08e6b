import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { type Local, localUserId, openLocal } from '../../shared/local-gateway.ts';
import { announce } from '../../shared/webhooks/announcements.ts';
import { enqueue } from '../../shared/webhooks/enqueue.ts';
import { auditOf, callBy } from '../audit/support.ts';
import { accepted } from '../support/harness.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment, sandboxEnvironment } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { runs } from '../support/thorough.ts';

/** Whom a worker still finds in force without a configuration file. */
const person = localUserId('cli');
let sandbox: Sandbox;
let environment: Record<string, string>;
let file: string;
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
afterAll(() => sandbox.close());
beforeEach(() => {
  for (const provider of Object.values(sandbox.providers)) provider.reset();
  environment = bareEnvironment(sandboxEnvironment(sandbox));
  const place = freshFolder();
  mkdirSync(place, { recursive: true });
  file = join(place, 'copy.sqlite');
});

const calloff = (...args: string[]) => runInProcess(args, { env: environment });
const atTerminal = (...args: string[]) =>
  runInProcess(args, { env: { ...environment, COLUMNS: '100', NO_COLOR: '1' }, isTerminal: true });

/** A process that works as a server does, on the store of the commands. */
async function serving(): Promise<Local> {
  const local = await openLocal(readSettings(environment), { log: silentLog, hasStoreThread: false });
  local.worker.start();
  return local;
}
async function stop(local: Local): Promise<void> {
  await local.worker.stop();
  await local.close();
}

/** The jobs that Sutro was asked to cancel, once for each time. */
const sent = () =>
  sandbox.providers.sutro.journal
    .filter(({ operation }) => operation === 'cancel')
    .flatMap(({ jobIds }) => jobIds);

async function until(isSo: () => boolean | Promise<boolean>, everyMs = 5): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, everyMs));
}

describe('a copy that is made while a server works on an operation', () => {
  const count = runs(400, 120);
  let id: string;
  beforeEach(async () => {
    sandbox.providers.sutro.setFault({ kind: 'delay', ms: 3 });
    const ids = sandbox.providers.sutro.addJobs(count, { state: 'running', settlesInMs: 0 });
    const jobs = ids.map((job_id) => ({ provider: 'sutro', job_id }));
    const local = await serving();
    const ada = callBy(person);
    ({ id } = accepted(await local.gateway.createOperation({ jobs, reason: 'sweep' }, ada)));
    await until(() => sent().length > 15);
    expect(await calloff('backup', file)).toMatchObject({ code: 0, stderr: '' });
    expect(await calloff('restore', file)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /Nothing was changed\.[\s\S]*Another process uses the store[\s\S]*Next step: Stop it/,
      ),
    });
    const stateNow = async () =>
      accepted(await local.gateway.getOperation({ operation_id: id }, callBy(person))).state;
    await until(async () => (await stateNow()) === 'finished', 50);
    await stop(local);
  });

  it('pauses the operation when it is restored, and a resume finishes it: no job is lost, none is sent a second cancel', async () => {
    const told = JSON.parse((await calloff('restore', file)).stdout);
    expect(told).toMatchObject({
      paused: [{ id, caller: person, reason: 'sweep', jobs: count, to_do: expect.any(Number) }],
      void_confirmations: 0,
      kept: expect.stringContaining('calloff.sqlite.before-'),
    });
    const local = await serving();
    const read = async () => accepted(await local.gateway.getOperation({ operation_id: id }, callBy(person)));
    expect(await read()).toMatchObject({
      state: 'paused',
      message: expect.stringContaining('restored from a copy'),
    });
    const before = sent().length;
    const resumedAt = performance.now();
    await local.gateway.resumeOperation({ operation_id: id }, callBy(person));
    await until(async () => (await read()).state === 'finished', 50);
    // A worker that stopped without a word would keep its connection from others for fifteen seconds.
    expect(performance.now() - resumedAt).toBeLessThan(14_000);
    const { counts, pending } = await read();
    expect(pending).toBe(0);
    expect(counts.cancelled + counts.already_cancelled).toBe(count);
    expect([before, sent().length, new Set(sent()).size]).toEqual([count, count, count]);
    const entries = await auditOf(local.gateway);
    expect(entries.filter(({ step }) => step === 'restore' || step === 'pause')).toMatchObject([
      { action: 'audit', step: 'restore', kind: 'person', surface: 'cli' },
      { step: 'pause', operation: id, reason: 'the store was restored from a copy' },
    ]);
    // Each job that the copy has an outcome of is in its audit.
    const audited = new Set(entries.flatMap(({ job_id = '', outcome }) => (outcome ? [job_id] : [])));
    expect(audited.size).toBe(count);
    await stop(local);
  });

  it('names the operation at a terminal, and how to go on', async () => {
    const { stdout, code } = await atTerminal('restore', file);
    const words = stdout.replaceAll(/\s+/g, ' ');
    expect(words).toMatch(
      /The store .*calloff\.sqlite is restored from .*copy\.sqlite\. The newest record of its audit is of/,
    );
    expect(words).toMatch(/1 operation is paused\. .* run "calloff resume" with its id:/);
    expect(stdout).toMatch(
      new RegExp(`^OPERATION +CALLER +JOBS +TO DO +REASON\n${id} +${person} +${count} +\\d+ +sweep$`, 'm'),
    );
    expect(code).toBe(0);
    const listed = JSON.parse(
      (await calloff('audit', '--operation', id, '--no-reads', '--limit', '1')).stdout,
    );
    expect(listed).toMatchObject({ step: 'pause' });
  });
});

describe('a restored store', () => {
  it('knows no confirmation any more and asks for none, but still tells of operations', async () => {
    const local = await openLocal(readSettings(environment), { log: silentLog, hasStoreThread: false });
    const { store, gateway } = local;
    const ids = sandbox.providers.sutro.addJobs(2, { state: 'running' });
    const jobs = ids.map((job_id) => ({ provider: 'sutro', job_id }));
    const asks = () => callBy('night-agent', { confirmAbove: 0, selfConfirm: false }, { kind: 'agent' });
    const { confirmation } = accepted(await gateway.cancelJobs({ jobs }, asks()));
    const confirmation_id = confirmation?.id ?? '';
    accepted(await gateway.approveConfirmation({ confirmation_id }, callBy('ada', {}, { kind: 'person' })));
    const draft = accepted(await gateway.createOperation({ jobs }, asks()));
    expect(draft.state).toBe('waiting_for_confirmation');
    const expiresAt = systemClock.wallTime() + 600_000;
    const parts = { store, clock: systemClock, log: silentLog, target: async () => 'https://example.org' };
    await announce(parts, { confirmation: confirmation_id, expiresAt });
    const about = {
      operation: draft.id,
      jobs: 2,
      requested_at: '',
      expires_at: new Date(expiresAt).toISOString(),
    };
    const asked = { ...about, confirmation: confirmation_id, caller: 'night-agent', providers: [] };
    await enqueue(parts, { type: 'confirmation.requested', data: asked });
    const came = { operation: draft.id, provider: 'sutro', job_id: 'job-1', outcome: 'cancelled' } as const;
    await enqueue(parts, {
      ...{ type: 'job.came_back', round: 1 },
      data: { ...came, state: 'running', observed_at: new Date(expiresAt).toISOString() },
    });
    await local.close();
    await calloff('backup', file);
    expect(JSON.parse((await calloff('restore', file)).stdout)).toMatchObject({
      void_confirmations: 2,
      paused: [],
    });
    const again = await openLocal(readSettings(environment), { log: silentLog, hasStoreThread: false });
    const used = await again.gateway.cancelJobs({ jobs, confirmation_id }, asks());
    expect(accepted(used).outcomes).toMatchObject(
      ids.map(() => ({ outcome: 'refused', message: expect.stringContaining('no such confirmation') })),
    );
    // The same request without it is not taken for the one that was approved.
    expect(accepted(await again.gateway.cancelJobs({ jobs }, asks())).confirmation?.id).toBeDefined();
    expect(sent()).toEqual([]);
    const read = await again.gateway.getOperation({ operation_id: draft.id }, callBy('night-agent'));
    expect(accepted(read).state).toBe('draft');
    const messages = (await again.store.list('webhook', { limit: 10 })).entries.map(({ value }) =>
      JSON.parse(value),
    );
    expect(messages.map(({ event }) => event)).toEqual(['job.came_back']);
    expect((await again.store.list('slack-announcements', { limit: 10 })).entries).toEqual([]);
    await again.close();
  });
});

describe('of the operations that the copy lacks', () => {
  let kept: string;
  let lost: string;
  const flat = (text: string) => text.replaceAll(/\s+/g, ' ');
  beforeEach(async () => {
    const local = await openLocal(readSettings(environment), { log: silentLog, hasStoreThread: false });
    const create = async (reason: string) => {
      const ids = sandbox.providers.sutro.addJobs(2, { state: 'running' });
      const jobs = ids.map((job_id) => ({ provider: 'sutro', job_id }));
      return accepted(await local.gateway.createOperation({ jobs, reason }, callBy(person))).id;
    };
    kept = await create('in the copy');
    const copied = await calloff('backup', file);
    expect(JSON.parse(copied.stdout)).toMatchObject({
      store: expect.stringMatching(/calloff\.sqlite$/),
      file: expect.stringMatching(/copy\.sqlite$/),
    });
    lost = await create('since the copy');
    await local.close();
  });

  it('a dry run tells before anything is replaced, and the restore tells again', async () => {
    const missing = {
      operations: 1,
      unfinished: [{ id: lost, caller: person, reason: 'since the copy', jobs: 2, open: 2 }],
      begun_since: [],
    };
    const dryRun = JSON.parse((await calloff('restore', file, '--dry-run')).stdout);
    expect(dryRun).toMatchObject({ dry_run: true, missing, paused: [{ id: kept }] });
    expect(dryRun).not.toHaveProperty('kept');
    const { stdout } = await atTerminal('restore', file, '--dry-run');
    expect(flat(stdout)).toMatch(
      /^Nothing was replaced\. .*The present store has 1 operation that the copy lacks; 1 of them is not finished\. .*A restore would pause 1 operation:/,
    );
    expect(stdout).toMatch(new RegExp(`^${lost} +${person} +2 +2 +since the copy$`, 'm'));
    const restored = JSON.parse((await calloff('restore', file)).stdout);
    expect(restored).toMatchObject({ missing, kept: expect.any(String), paused: [{ id: kept }] });
    expect(restored).not.toHaveProperty('kept_before');
    const kept_before = [restored.kept];
    expect(JSON.parse((await calloff('restore', file)).stdout)).toMatchObject({
      ...{ kept_before, missing: { operations: 0, unfinished: [], begun_since: [] } },
    });
    const again = await atTerminal('restore', file, '--dry-run');
    expect(flat(again.stdout)).toContain(
      `Earlier restores have kept these files. Remove them if you need them no more: ${restored.kept}, `,
    );
  });

  it('one that was not started is not called finished', async () => {
    const local = await openLocal(readSettings(environment), { log: silentLog, hasStoreThread: false });
    const jobs = sandbox.providers.sutro.addJobs(3).map((job_id) => ({ provider: 'sutro', job_id }));
    const draft = accepted(await local.gateway.createOperation({ jobs, draft: true }, callBy(person)));
    await local.close();
    const { missing } = JSON.parse((await calloff('restore', file, '--dry-run')).stdout);
    expect(missing).toMatchObject({
      operations: 2,
      unfinished: [{ id: draft.id, jobs: 3, open: 3 }, { id: lost }],
    });
  });

  it('a restore says at a terminal that their jobs run on, and how to get them back', async () => {
    const { stdout } = await atTerminal('restore', file);
    expect(flat(stdout)).toMatch(
      /1 operation that the copy lacks; 1 of them is not finished\. .* their open jobs run on: cancel those anew\. To get the operations back, restore .*before-/,
    );
    expect(stdout).toMatch(new RegExp(`^${lost} +${person} +2 +2 +since the copy$`, 'm'));
  });
});

describe('of an operation that the copy has as a draft, and that was started since', () => {
  it('a restore says that nothing is sent for it any more, and how to go on', async () => {
    const local = await openLocal(readSettings(environment), { log: silentLog, hasStoreThread: false });
    const jobs = sandbox.providers.sutro
      .addJobs(2, { state: 'running' })
      .map((job_id) => ({ provider: 'sutro', job_id }));
    const { id } = accepted(await local.gateway.createOperation({ jobs, draft: true }, callBy(person)));
    await calloff('backup', file);
    accepted(await local.gateway.startOperation({ operation_id: id }, callBy(person)));
    await local.close();
    const { stdout } = await atTerminal('restore', file, '--dry-run');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      '1 operation of the copy was started or resumed after it was made. After a restore calloff would send nothing for it, and open jobs run on, until you run "calloff resume" with the id:',
    );
    expect(stdout).toMatch(new RegExp(`^${id} +${person} +2 +2`, 'm'));
    expect(JSON.parse((await calloff('restore', file)).stdout)).toMatchObject({
      ...{ missing: { operations: 0, unfinished: [], begun_since: [{ id, jobs: 2, open: 2 }] }, paused: [] },
    });
    expect(JSON.parse((await calloff('resume', id)).stdout)).toMatchObject({
      state: expect.stringMatching(/^f/),
    });
    expect(new Set(sent())).toEqual(new Set(jobs.map(({ job_id }) => job_id)));
  });
});

describe('against a server', () => {
  it.each([['backup'], ['restore']])('%s does nothing, and says where to do it', async (command) => {
    environment = {
      ...environment,
      CALLOFF_URL: 'https://calloff.example.org',
      CALLOFF_TOKEN: 'a'.repeat(40),
    };
    const { code, stdout, stderr } = await calloff(command, file);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`"calloff ${command}" is about the store of this machine`);
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(
      /machine of the server\. On AWS use the point-in-time recovery of the table.*CALLOFF_URL=none/,
    );
  });
});
