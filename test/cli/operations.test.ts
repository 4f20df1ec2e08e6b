import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { readSettings } from '../../shared/config/settings.ts';
import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { openLocal } from '../../shared/local-gateway.ts';
import { mayAll, writeConfiguration } from '../support/configuration.ts';
import { pressCtrlC, runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment, sandboxEnvironment } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { inSoak, runs } from '../support/thorough.ts';

let sandbox: Sandbox;
let environment: Record<string, string>;
const folder = freshFolder();
const jobFile = join(folder, 'jobs.csv');

const calloff = (...args: string[]) => runInProcess(args, { env: environment });
/** The same at a terminal of 80 columns, where somebody types. */
const atTerminal = (typed: string | undefined, ...args: string[]) =>
  runInProcess(args, { env: { ...environment, COLUMNS: '80', NO_COLOR: '1' }, typed, isTerminal: true });

/** Jobs of two providers in a file, as many at each. */
function fileOfJobs(each: number): string[] {
  const { sutro, ionq } = sandbox.providers;
  const ids = [sutro, ionq].flatMap((provider) =>
    provider.addJobs(each, { state: 'running', settlesInMs: 0 }),
  );
  const rows = ids.map((id, index) => `${id},${index < each ? 'sutro' : 'ionq'}`);
  writeFileSync(jobFile, ['job_id,provider', ...rows, ''].join('\r\n'));
  return ids;
}

const viewIn = (stdout: string): OperationView => JSON.parse(stdout);
const sentTo = (name: 'sutro' | 'ionq') =>
  sandbox.providers[name].journal.filter(({ operation }) => operation.startsWith('cancel'));

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  sandbox = await startSandbox({ control: false });
});
beforeEach(() => {
  for (const provider of Object.values(sandbox.providers)) provider.reset();
  environment = { ...bareEnvironment(sandboxEnvironment(sandbox)), CALLOFF_DATA_DIR: freshFolder() };
});
afterAll(() => sandbox.close());

describe('an operation of the command line', () => {
  it('waits in the background until it is followed, and is over then', async () => {
    const ids = fileOfJobs(5);
    const made = await calloff('cancel', '--from', jobFile, '--background', '--reason', 'a sweep');
    const { id, state, pending } = viewIn(made.stdout);
    expect([made.code, state, pending]).toEqual([1, 'running', 10]);
    expect([...sentTo('sutro'), ...sentTo('ionq')]).toEqual([]);
    const followed = await calloff('follow', id);
    expect(viewIn(followed.stdout)).toMatchObject({
      state: 'finished',
      counts: { cancelled: 10 },
      reason: 'a sweep',
    });
    expect(followed.code).toBe(0);
    const { sutro, ionq } = sandbox.providers;
    expect(ids.map((job) => (sutro.job(job) ?? ionq.job(job))?.state)).toEqual(Array(10).fill('cancelled'));
    const audited = await calloff('audit', '--operation', id, '--limit', '1000');
    const entries = audited.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(entries.filter(({ outcome }) => outcome === 'cancelled')).toHaveLength(10);
    expect(entries.every(({ operation }) => operation === id)).toBe(true);
  });

  it('is made of more jobs than one call may have', async () => {
    const jobs = Array.from({ length: 5_001 }, (_, index) => `job-${index}`);
    const { code, stdout } = await runInProcess(['cancel', 'sutro', '-', '--background'], {
      env: environment,
      typed: [...jobs, ...jobs.slice(0, 1)].join('\n'),
    });
    const { state, pending, duplicates } = viewIn(stdout);
    expect([state, pending, duplicates, code]).toEqual(['running', 5_001, 1, 1]);
  });

  // In npm test, the one before stands for how it is made, and others for how it is worked off.
  inSoak(() => {
    it('is made of more jobs than one call may have, and worked off by the command itself', async () => {
      const jobs = sandbox.providers.ionq.addJobs(5_001, { state: 'running', settlesInMs: 0 });
      const { code, stdout } = await runInProcess(['cancel', 'ionq', '-'], {
        env: environment,
        typed: [...jobs, ...jobs.slice(0, 1)].join('\n'),
      });
      const { state, counts, duplicates } = viewIn(stdout);
      expect([state, counts.cancelled, duplicates, code]).toEqual(['finished', 5_001, 1, 0]);
    });
  });

  it('has no --wait, no dry run and no confirmation of a call', async () => {
    fileOfJobs(1);
    const { code, stderr } = await calloff(
      'cancel',
      '--from',
      jobFile,
      '--background',
      '--wait',
      '--dry-run',
      '--confirmation',
      'x',
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/leave --wait out[\s\S]*no dry run[\s\S]*calloff resume OPERATION --confirmation/);
  });

  it('is not made if one of its jobs cannot be, which is named with its line', async () => {
    writeFileSync(jobFile, 'provider,job_id\nsutro,job-1\nionq,not-a-uuid\n');
    const made = await calloff('cancel', '--from', jobFile, '--background');
    expect([made.code, made.stdout]).toEqual([2, '']);
    expect(made.stderr).toMatch(/Line 3: ID "not-a-uuid" must be a UUID/);
    expect(JSON.parse((await calloff('operations')).stdout).operations).toEqual([]);
  });

  it('is paused and resumed, and tells a person how', async () => {
    fileOfJobs(3);
    const made = await atTerminal(undefined, 'cancel', '--from', jobFile, '--background');
    const [id = ''] = /op_[a-z2-9]{20}/.exec(made.stdout) ?? [];
    expect(made.stdout).toMatch(/none yet {2}sutro {5}3\n[\s\S]*follow\s+op_/);
    const paused = await atTerminal(undefined, 'pause', id);
    expect(paused.stdout).toMatch(/is paused[\s\S]*resume\s+op_/);
    expect(paused.code).toBe(0);
    const looked = await atTerminal(undefined, 'follow', id);
    expect([looked.code, sentTo('sutro')]).toEqual([1, []]);
    const resumed = await atTerminal(undefined, 'resume', id);
    expect(resumed.stdout).toMatch(/cancelled {2}ionq {6}3\n/);
    expect(resumed.code).toBe(0);
    const again = await calloff('resume', id, '--outcome', 'failed,unknown');
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/there is nothing to resume/)]);
    const wrong = await calloff('resume', id, '--outcome', 'cancelled');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/--outcome must be one of/)]);
  });
});

describe('calloff operations', () => {
  it('is a table that fits 80 columns, without what no operation has', async () => {
    fileOfJobs(2);
    await calloff('cancel', '--from', jobFile, '--background', '--reason', 'a very long reason '.repeat(5));
    const { stdout, code } = await atTerminal(undefined, 'operations', '--state', 'running');
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^STATE {6}OPERATION {16}AGE +JOBS {2}LEFT {2}REASON$/);
    expect(lines[1]).toMatch(/^● running {2}op_[a-z2-9]{20} {2}\d s +4 {5}4 {5}a very long reason.*…$/);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(code).toBe(0);
    const none = await atTerminal(undefined, 'operations', '--state', 'draft,finished');
    expect(none.stdout).toBe('No operation matches.\n');
    expect((await calloff('operations', '--state', 'stopped')).stderr).toMatch(
      /--state must be one of draft/,
    );
  });
});

describe('Ctrl-C', () => {
  /** Runs a command, and presses Ctrl-C once `isTime`. */
  async function interrupted(isTime: () => boolean, ...args: string[]) {
    const finished = calloff(...args);
    while (!isTime() || !pressCtrlC()) await new Promise((resolve) => setTimeout(resolve, 5));
    return finished;
  }

  it('pauses an operation that a server beside works on, and says what that has sent', async () => {
    const { sutro } = sandbox.providers;
    const each = runs(600, 150);
    fileOfJobs(each);
    // So that 32 at a time leave within about two seconds, or half of one.
    sutro.setFault({ kind: 'delay', ms: 100, operations: ['cancel'] });
    const { id } = viewIn((await calloff('cancel', '--from', jobFile, '--background')).stdout);
    const server = await openLocal(readSettings(environment), { log: silentLog });
    server.worker.start();
    while (sentTo('sutro').length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const { code, stdout, stderr } = await interrupted(() => sentTo('sutro').length > each / 6, 'follow', id);
    await server.worker.stop();
    await server.close();
    const { state, counts, pending } = viewIn(stdout);
    const cancelled = sutro.journal.flatMap(({ effective }) => effective).length;
    expect([code, state, counts.cancelled, pending]).toEqual([
      1,
      'paused',
      each + cancelled,
      each - cancelled,
    ]);
    expect(stderr).toContain(
      `A cancel was sent for ${each + cancelled} of ${2 * each} jobs: ${each + cancelled} cancelled.`,
    );
  });

  it('leaves an operation as it is that has nothing more to send', async () => {
    const job = sandbox.providers.sutro.addJob({ state: 'running', settlesInMs: 60_000 });
    const made = await calloff('cancel', 'sutro', job, '--wait', '0');
    const { id, next_step } = JSON.parse(made.stdout).operation;
    expect(next_step).toContain(`calloff follow ${id}`);
    const { code, stdout, stderr } = await interrupted(() => true, 'follow', id);
    expect([code, viewIn(stdout).state]).toEqual([1, 'following']);
    expect(stderr).toMatch(/The operation is as it was\.[\s\S]*nothing works on it[\s\S]*follow op_/);
    expect(sentTo('sutro')).toHaveLength(1);
  });
});

describe('the confirmation of an operation', () => {
  const careful = () => {
    const configuration = { cli: { may: { ...mayAll, confirm_above: 3 } } };
    environment = { ...environment, CALLOFF_CONFIG: writeConfiguration(configuration) };
  };

  it('is asked for at the terminal, and the answer yes starts it', async () => {
    fileOfJobs(2);
    careful();
    const { code, stdout, stderr } = await atTerminal('y\n', 'cancel', '--from', jobFile, '--background');
    expect(stderr).toMatch(/You are about to cancel 4 jobs\.[\s\S]*sutro: 2 jobs[\s\S]*- ionq /);
    expect(stdout).toMatch(/none yet {2}ionq/);
    expect(code).toBe(1);
  });

  it('leaves nothing behind after a no', async () => {
    fileOfJobs(2);
    careful();
    const { code, stdout, stderr } = await atTerminal('n\n', 'cancel', '--from', jobFile, '--background');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/The answer at the terminal was no\. Nothing was sent\./);
    expect(JSON.parse((await calloff('operations')).stdout).operations).toEqual([]);
  });

  it('can be given later where there is no terminal, with the command that is told', async () => {
    fileOfJobs(2);
    careful();
    const made = viewIn((await calloff('cancel', '--from', jobFile, '--background')).stdout);
    expect(made.state).toBe('waiting_for_confirmation');
    const token = made.confirmation?.confirmation_token ?? '';
    expect(made.confirmation?.next_step).toContain(`resume ${made.id}`);
    const { stdout, code } = await calloff('resume', made.id, '--confirmation', token);
    expect([viewIn(stdout).counts.cancelled, code]).toEqual([4, 0]);
  });
});

describe('filters on the command line', () => {
  it('make an operation whose jobs are listed first, and which is started after a question', async () => {
    const { sutro } = sandbox.providers;
    const wanted = sutro.addJobs(3, { state: 'running', name: 'Sweep', settlesInMs: 0 });
    const made = await calloff('cancel', 'sutro', '--name', 'sweep', '--background');
    const { id, state } = viewIn(made.stdout);
    expect([made.code, state]).toEqual([1, 'listing']);
    const { stdout, stderr, code } = await atTerminal('y\n', 'resume', id);
    expect(stderr).toMatch(/You are about to cancel 3 jobs\.[\s\S]*Selected by: [\s\S]*sutro: 3 jobs/);
    expect(stdout).toMatch(/cancelled {2}sutro {5}3\n/);
    expect([code, wanted.map((job) => sutro.job(job)?.state)]).toEqual([0, Array(3).fill('cancelled')]);
  });

  it('pick the jobs of a cancel after a question, and never by a connection alone', async () => {
    const { sutro } = sandbox.providers;
    const wanted = sutro.addJob({ state: 'running', name: 'Sweep 1', settlesInMs: 0 });
    const other = sutro.addJob({ state: 'running', name: 'other' });
    const { code, stderr } = await atTerminal('y\n', 'cancel', 'sutro', '--name', 'sweep');
    expect(stderr).toMatch(/You are about to cancel 1 job/);
    expect([code, sutro.job(wanted)?.state, sutro.job(other)?.state]).toEqual([0, 'cancelled', 'running']);
    const none = await atTerminal('y\n', 'cancel', 'sutro', '--name', 'nothing like it');
    expect(none.stdout).toMatch(/The filters pick no job/);
    const both = await calloff('cancel', 'sutro', other, '--name', 'sweep');
    expect([both.code, both.stderr]).toEqual([2, expect.stringMatching(/give neither ids nor --from/)]);
    expect((await calloff('cancel', 'sutro')).code).toBe(2);
  });
});
