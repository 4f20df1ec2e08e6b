import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment, finish, sandboxEnvironment, start } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { casesAt, inSoak, runs } from '../support/thorough.ts';

const many = runs(2_000, 200);
/** As many where what is under way takes longer than the signals. */
const some = runs(2_000, 60);
let sandbox: Sandbox;
let environment: Record<string, string>;
const folder = freshFolder();

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  sandbox = await startSandbox({ control: false });
  environment = bareEnvironment(sandboxEnvironment(sandbox));
});
afterAll(() => sandbox.close());

/** The jobs for which the provider got a cancel. */
const sent = () =>
  sandbox.providers.sutro.journal
    .filter(({ operation }) => operation === 'cancel')
    .flatMap(({ jobIds }) => jobIds);

/** Starts a cancel of many jobs, and interrupts it once the provider has got so many cancels and what is prepared is so. */
async function interruptAfter(
  cancels: number,
  signals: number,
  { count = many, prepare = async () => undefined }: { count?: number; prepare?: () => Promise<void> } = {},
) {
  const { sutro } = sandbox.providers;
  sutro.reset();
  // So that some are left when the signal arrives.
  sutro.setFault({ kind: 'delay', ms: 40, operations: ['cancel'] });
  const ids = sutro.addJobs(count, { state: 'running', settlesInMs: 0 });
  const file = join(folder, 'jobs.csv');
  writeFileSync(file, ['provider,job_id', ...ids.map((id) => `sutro,${id}`)].join('\n'));
  // In the background it would be left to a server, and so many are not enough for an operation by themselves.
  const made = await runInProcess(['cancel', '--from', file, '--background'], { env: environment });
  const { id }: OperationView = JSON.parse(made.stdout);
  const child = start('cli/main.ts', ['resume', id], environment);
  const finished = finish(child);
  const { journal } = sutro;
  while ((journal.length === 0 || sent().length < cancels) && child.exitCode === null)
    await new Promise((r) => setTimeout(r, 5));
  if (signals > 1) {
    // So that what is under way takes longer than the second signal.
    sutro.clearFaults();
    sutro.setFault({ kind: 'delay', ms: 1_500, operations: ['cancel'] });
    await new Promise((r) => setTimeout(r, 80));
  }
  await prepare();
  for (let signal = 0; signal < signals; signal += 1) {
    child.kill('SIGINT');
    await new Promise((r) => setTimeout(r, 100));
  }
  return { ids, id, ...(await finished) };
}

async function resumeAll(id: string, ids: readonly string[]): Promise<void> {
  sandbox.providers.sutro.clearFaults();
  const { code, stdout } = await runInProcess(['resume', id], { env: environment });
  const { state, counts }: OperationView = JSON.parse(stdout);
  expect([code, state, counts.cancelled]).toEqual([0, 'finished', many]);
  expect(new Set(ids.map((job) => sandbox.providers.sutro.job(job)?.state))).toEqual(new Set(['cancelled']));
  expect(sent().toSorted()).toEqual(ids.toSorted());
}

it.each(casesAt([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 5))(
  'says after Ctrl-C at %d tenths of its jobs what the ledger of the provider says, and a resume does the rest',
  async (tenths) => {
    const { ids, id, code, stdout, stderr } = await interruptAfter((tenths * many) / 10, 1);
    const { state, counts, pending }: OperationView = JSON.parse(stdout);
    expect([code, state]).toEqual([1, 'paused']);
    const reached = new Set(sent());
    expect(reached.size).toBeLessThan(many);
    const cancelled = ids.filter((job) => sandbox.providers.sutro.job(job)?.state === 'cancelled');
    expect([counts.cancelled, pending]).toEqual([cancelled.length, many - reached.size]);
    expect(stderr).toContain(`Interrupted. The operation ${id} is paused.`);
    if (reached.size > 0)
      expect(stderr).toContain(
        `A cancel was sent for ${reached.size} of ${many} jobs: ${cancelled.length} cancelled.`,
      );
    expect(stderr).toContain(`${many - reached.size} jobs were not attempted, `);
    expect(stderr).toContain(`resume ${id}`);
    await resumeAll(id, ids);
  },
  60_000,
);

it.each(casesAt([1, 5, 9], 1))(
  'leaves at once after a second Ctrl-C at %d tenths, says whether it is paused, and a resume does the rest',
  async (tenths) => {
    const { ids, id, code, stdout, stderr } = await interruptAfter((tenths * some) / 10, 2, { count: some });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /Interrupted twice[\s\S]*(nothing more is sent until it is resumed|Unless a "calloff serve" works on the same store, nothing works)/,
    );
    const listed = await runInProcess(['operations'], { env: environment });
    const [latest]: OperationView[] = JSON.parse(listed.stdout).operations;
    const isPaused = stderr.includes(`The operation ${id} is paused, `);
    if (isPaused) expect(latest?.state).toBe('paused');
    expect(stderr).toMatch(
      isPaused ? /To go on: .* resume op_/ : /make sure that it is paused: .* pause op_/,
    );
    // It waits until the lease of the process that left counts as dead: fifteen seconds.
    if (runs(1, 0) > 0) await resumeAll(id, ids);
  },
  60_000,
);

inSoak(() => {
  it('leaves at once after a second Ctrl-C while the store is locked, and does not say that the operation is paused', async () => {
    const { CALLOFF_DATA_DIR = '' } = environment;
    let holder: ReturnType<typeof start> | undefined;
    const { id, stderr } = await interruptAfter(many / 10, 2, {
      prepare: async () => {
        holder = start(
          'test/store/holder.ts',
          [join(CALLOFF_DATA_DIR, 'calloff.sqlite'), '60000'],
          environment,
        );
        await new Promise((resolve) => holder?.stdout.once('data', resolve));
      },
    });
    holder?.kill('SIGKILL');
    expect(stderr).toContain(`It is not known whether ${id} is paused.`);
    expect(stderr).toMatch(/To make sure that it is paused: .* pause op_/);
  });
});

it('says after a second Ctrl-C in a cancel without an operation how to see what was sent', async () => {
  const { sutro } = sandbox.providers;
  sutro.reset();
  sutro.setFault({ kind: 'delay', ms: 1_500, operations: ['cancel'] });
  const child = start('cli/main.ts', ['cancel', 'sutro', ...sutro.addJobs(1)], environment);
  const finished = finish(child);
  while (sent().length === 0 && child.exitCode === null) await new Promise((r) => setTimeout(r, 5));
  child.kill('SIGINT');
  await new Promise((r) => setTimeout(r, 100));
  child.kill('SIGINT');
  const { code, stdout, stderr } = await finished;
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(
    /Interrupted twice\. calloff leaves without an outcome for what it was sending\.\nNext step: The audit shows what was sent, and the outcomes: .* audit\n$/,
  );
});
