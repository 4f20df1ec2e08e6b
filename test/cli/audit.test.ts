import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { AuditWriter } from '../../shared/access/audit/writer.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { type Local, openLocal } from '../../shared/local-gateway.ts';
import { openSqliteStore } from '../../shared/store/sqlite/store.ts';
import { callBy } from '../audit/support.ts';
import { accepted } from '../support/harness.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment, finish, sandboxEnvironment, start } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { casesAt } from '../support/thorough.ts';

let sandbox: Sandbox;
let environment: Record<string, string>;
const wide = { COLUMNS: '200', NO_COLOR: '1' };
/** Lets the pipes of a process pass for the terminal of a person. */
const terminal = {
  NODE_OPTIONS: `--import=${import.meta.resolve('../support/process/terminal.ts')}`,
  ...wide,
};

const calloff = (...args: string[]) => runInProcess(args, { env: environment });

/** The same at a terminal, where somebody types; `undefined` types nothing, and goes. */
const atTerminal = (typed: string | undefined, ...args: string[]) =>
  runInProcess(args, { env: { ...environment, ...wide }, typed, isTerminal: true });

let opened: Promise<Local> | undefined;

/** Works on the store of the commands in this process, as other callers do in theirs. */
async function beside<Result>(work: (local: Local) => Promise<Result>): Promise<Result> {
  opened ??= openLocal(readSettings(environment), { log: silentLog, hasStoreThread: false });
  return work(await opened);
}

const linesOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
beforeEach(() => {
  for (const provider of Object.values(sandbox.providers)) provider.reset();
  environment = { ...bareEnvironment(sandboxEnvironment(sandbox)), CALLOFF_DATA_DIR: freshFolder() };
});
afterEach(async () => {
  await (await opened)?.close();
  opened = undefined;
});
afterAll(() => sandbox.close());

describe('calloff audit', () => {
  it('prints a line of JSON for each entry when piped, and nothing where there is none', async () => {
    const empty = await calloff('audit');
    expect(empty).toEqual({ code: 0, stdout: '', stderr: '' });
    const id = sandbox.providers.sutro.addJob({ state: 'running', settlesInMs: 0 });
    await calloff('cancel', 'sutro', id, '--reason', 'wrong prompt');
    await calloff('cancel', 'sutro', id, '--dry-run');
    const { code, stdout } = await calloff('audit');
    expect(code).toBe(0);
    expect(linesOf(stdout)).toMatchObject([
      { action: 'cancel', dry_run: true, outcome: 'already_cancelled', job_id: id },
      { action: 'cancel', outcome: 'cancelled', job_id: id, surface: 'cli', reason: 'wrong prompt' },
      { action: 'audit', decision: 'allowed' },
    ]);
    expect(linesOf((await calloff('audit', '--job', id, '--limit', '1')).stdout)).toMatchObject([
      { dry_run: true },
    ]);
    expect((await calloff('audit', '--connection', 'ionq', '--caller', 'x')).stdout).toBe('');
    const acted = linesOf((await calloff('audit', '--no-reads')).stdout);
    expect(acted.map(({ action }) => action)).toEqual(['cancel', 'cancel']);
  });

  it('prints a table on a terminal, and JSON there with --json', async () => {
    const id = sandbox.providers.sutro.addJob({ state: 'running', settlesInMs: 0 });
    await calloff('cancel', 'sutro', id, '--reason', 'wrong prompt');
    const { stdout, code } = await atTerminal('', 'audit');
    const [heading, row] = stdout.split('\n');
    expect(heading).toMatch(/^AGE +CALLER +SURFACE +ACTION +RESULT +CONNECTION +JOB +REASON$/);
    expect(row).toMatch(
      new RegExp(`^\\d+ s +cli:\\S+ +cli +cancel +■ cancelled +sutro +${id} +wrong prompt$`),
    );
    expect(code).toBe(0);
    const wide = await atTerminal('', 'audit', '--wide', '--job', id);
    expect(wide.stdout).toMatch(/^TIME .*\n\d{4}-\d\d-\d\dT\S+Z +cli:/);
    const webhook = { event: 'job.came_back', result: 'given_up', attempts: 8, status: 500 } as const;
    const operation = 'op_aaaaaaaaaaaaaaaaaaaa';
    await beside(({ store }) =>
      new AuditWriter(store, systemClock, 'msg_1').recordWebhook({ ...webhook, operation }),
    );
    const [, undelivered] = (await atTerminal('', 'audit')).stdout.split('\n');
    expect(undelivered).toMatch(/^\d+ s +calloff +webhook +notify +given_up\b/);
    const entries = linesOf((await atTerminal('', 'audit', '--json')).stdout);
    expect(entries).toHaveLength(5);
    expect(entries[1]).toMatchObject({ request_id: 'msg_1', operation, webhook });
  });

  it('goes on from page to page until there are as many as were asked for', async () => {
    await beside(async ({ gateway }) => {
      const jobs = Array.from({ length: 2_500 }, (_, index) => ({
        provider: 'sutro',
        job_id: `job-${index}`,
      }));
      await gateway.cancelJobs({ jobs }, callBy('ada', { deny: [{ id: 'job-*' }] }));
    });
    const { stdout, code } = await calloff('audit', '--limit', '2200');
    const ids = linesOf(stdout).map(({ job_id }) => job_id);
    expect(ids).toEqual(Array.from({ length: 2_200 }, (_, index) => `job-${index}`));
    expect(code).toBe(0);
    const some = await atTerminal('', 'audit', '--limit', '1000');
    expect(some.stdout.split('\n')).toHaveLength(1_002);
    expect(some.stderr).toContain('There may be more');
  });

  it.each(
    casesAt(
      [
        [['--limit', '0'], /limit.* must be a whole number/],
        [['--limit', 'all'], /limit.* must be a whole number/],
        [['--since', 'yesterday'], /since must be a time such as/],
        [['--caller', 'x'.repeat(101)], /caller/],
        [['--cursor', 'x'], /Unknown option/],
      ],
      0,
      4,
    ),
  )('%j is a usage error', async (args, message) => {
    const { code, stdout, stderr } = await calloff('audit', ...args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('says how much it cannot read, beside what it can', async () => {
    const { CALLOFF_DATA_DIR: folder = '' } = environment;
    const store = await openSqliteStore({ folder, clock: systemClock, hasThread: false });
    await store.append([{ at: Date.now(), requestId: 'r', part: 'a', body: '{"is":"verdict"}' }]);
    await store.close();
    await calloff('list');
    const { code, stdout, stderr } = await calloff('audit');
    expect(linesOf(stdout)).toMatchObject([{ action: 'list' }]);
    expect(stderr).toBe('This version of calloff cannot read 1 record, and left it out.\n');
    expect(code).toBe(0);
  });

  it('ends quietly if its reader closes the pipe', async () => {
    await beside(async ({ gateway }) => {
      const jobs = Array.from({ length: 2_000 }, (_, index) => ({
        provider: 'sutro',
        job_id: `job-${index}`,
      }));
      await gateway.cancelJobs({ jobs }, callBy('ada', { deny: [{ id: 'job-*' }] }));
    });
    const child = start('cli/main.ts', ['audit', '--limit', '2000'], environment);
    const ended = finish(child);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    expect(await ended).toMatchObject({ code: 1, stderr: '' });
  });
});

describe('calloff confirm', () => {
  /** An agent asks to cancel jobs, two at each provider unless told otherwise, and somebody must confirm it. */
  const ask = (count = 2, providers: readonly ('ionq' | 'sutro')[] = ['sutro']) =>
    beside(async ({ gateway }) => {
      const jobs = providers.flatMap((provider) =>
        sandbox.providers[provider]
          .addJobs(count, { state: 'running', name: 'Night run' })
          .map((job_id) => ({ provider, job_id })),
      );
      const by = callBy('night-agent', { confirmAbove: 0, selfConfirm: false }, { kind: 'agent' });
      const { confirmation } = accepted(await gateway.cancelJobs({ jobs, reason: 'too dear' }, by));
      return { id: confirmation?.id ?? '', ids: jobs.map(({ job_id }) => job_id) };
    });
  const stateOf = (id: string) =>
    beside(
      async ({ gateway }) =>
        accepted(await gateway.showConfirmation({ confirmation_id: id }, callBy('ada'))).state,
    );

  it('shows who asks, why and for which jobs, asks, and approves on a yes', async () => {
    const { id, ids } = await ask();
    const { stdout, stderr, code } = await atTerminal('y\n', 'confirm', id);
    expect(stderr).toMatch(
      /^night-agent asks to cancel 2 jobs\. The request expires at .*\nReason: too dear\nSTATE +PROVIDER +JOB +AGE +NAME\n/,
    );
    for (const job of ids)
      expect(stderr).toMatch(new RegExp(`running  sutro     ${job}  \\d s  Night run\n`));
    expect(stderr).toContain('Agree that night-agent may cancel these 2 jobs? [y/N]');
    expect(stderr).not.toContain('Cancel them?');
    expect(stdout).toContain('approved: 2 jobs of night-agent');
    expect(code).toBe(0);
    expect(await stateOf(id)).toBe('approved');
  });

  it('says of which jobs nothing can be seen, and does not let a slow provider hold the question up', async () => {
    const { id, ids } = await ask(1, ['ionq', 'sutro']);
    sandbox.providers.sutro.setFault({ kind: 'delay', ms: 4_500 });
    const before = sandbox.providers.sutro.journal.length;
    const { stderr } = await atTerminal('n\n', 'confirm', id);
    expect(sandbox.providers.sutro.journal).toHaveLength(before + 1);
    expect(stderr).toMatch(
      new RegExp(`● running +ionq      ${ids[0]}      \\d+ s  Night run  [0-9a-f]{24}\n`),
    );
    expect(stderr).toMatch(
      new RegExp(`\\? was running \\(no answer yet\\)  sutro     ${ids[1]}  \\d+ s  Night run\n`),
    );
    sandbox.providers.ionq.setKey('another');
    sandbox.providers.sutro.reset();
    const blind = (await atTerminal('n\n', 'confirm', id)).stderr;
    expect(blind).toMatch(
      /\? was running \(credentials_rejected\) +ionq .* Night run +[0-9a-f]{24}\n\? was running \(not_found\) +sutro /,
    );
  });

  it('shows what a job was when it was asked for, if it is another thing now', async () => {
    const { id, ids } = await ask(2);
    await beside(({ gateway }) => gateway.cancelJob({ provider: 'sutro', job_id: ids[0] }, callBy('eve')));
    const { stderr } = await atTerminal('n\n', 'confirm', id);
    expect(stderr).toMatch(new RegExp(`■ cancelled \\(was running\\)  sutro     ${ids[0]} `));
    expect(stderr).toMatch(new RegExp(`\n● running                  sutro     ${ids[1]} `));
  });

  it('without an id lists what waits, the soonest to expire first, and says how to go on', async () => {
    const first = await ask(1);
    const second = await ask(3, ['ionq', 'sutro']);
    const { stdout, code } = await atTerminal(undefined, 'confirm');
    expect(stdout).toMatch(
      new RegExp(
        `^CONFIRMATION  AGE  LEFT    JOBS  CALLER       AT           REASON\n${first.id}    \\d s  59 min  1     night-agent  sutro        too dear\n` +
          `${second.id}    \\d s  59 min  6     night-agent  ionq, sutro  too dear\n` +
          'Run "calloff confirm ID" to see the jobs as they are now, and to decide\\.\n$',
      ),
    );
    expect(code).toBe(0);
    const piped = JSON.parse((await calloff('confirm')).stdout);
    expect(piped).toMatchObject({ confirmations: [{ id: first.id }, { jobs_total: 6 }], next_cursor: null });
    await calloff('confirm', first.id, '--yes');
    await calloff('confirm', second.id, '--decline');
    expect((await atTerminal(undefined, 'confirm')).stdout).toBe('Nothing waits for you.\n');
  });

  it('lists what waits within 80 columns, with ids uncut', async () => {
    const { id } = await ask(1, ['ionq', 'sutro']);
    const narrow = { env: { ...environment, COLUMNS: '80', NO_COLOR: '1' }, isTerminal: true };
    const { stdout } = await runInProcess(['confirm'], narrow);
    expect(stdout).toContain(`\n${id} `);
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it.each([
    [['--yes'], 'need the id of a confirmation'],
    [['--decline'], 'need the id of a confirmation'],
    [['abcdefghjk', '--cursor', 'x'], 'takes no id'],
  ])('refuses %s in a sentence', async (options, sentence) => {
    const { stderr, code } = await calloff('confirm', ...options);
    expect(stderr).toContain(sentence);
    expect(code).toBe(2);
  });

  it('looks at twenty jobs, and counts the others', async () => {
    const { id } = await ask(23);
    const { stderr } = await atTerminal('n\n', 'confirm', id);
    expect(stderr.match(/running {2}sutro .* {2}\d s {2}Night run\n/g)).toHaveLength(20);
    expect(stderr).toMatch(/\n… and 3 more\n.*Agree that night-agent may cancel these 23 jobs\?/);
  });

  it.each(casesAt(['SIGINT', 'SIGTERM', 'SIGHUP'], 1))('confirms nothing on %s', async (signal) => {
    const { id } = await ask();
    const child = start('cli/main.ts', ['confirm', id], { ...environment, ...terminal });
    const ended = finish(child);
    for await (const chunk of child.stderr) if (String(chunk).includes('[y/N]')) break;
    child.kill(signal);
    expect(await ended).toMatchObject({ code: 1, stdout: '' });
    expect(await stateOf(id)).toBe('pending');
  });

  it.each(
    casesAt(
      [
        ['a no', 'n\n'],
        ['an empty line', '\n'],
        ['Ctrl-C', '\u0003'],
        ['the end of the input', undefined],
      ],
      0,
      3,
    ),
  )('confirms nothing on %s, and ends with 1', async (_what, typed) => {
    const { id } = await ask();
    const { stdout, stderr, code } = await atTerminal(typed, 'confirm', id);
    expect(stderr).toContain(
      'Error: Nothing was confirmed.\n  The request stays open until its time is over.\nNext step: Add --decline to close it for good.\n',
    );
    expect(stderr).not.toMatch(/\w+Error|Warning/);
    expect(stdout).toBe('');
    expect(code).toBe(1);
    expect(await stateOf(id)).toBe('pending');
  });

  it('does not ask without a terminal, and takes --yes or --decline there', async () => {
    const first = await ask();
    const asked = await calloff('confirm', first.id);
    expect(asked).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/There is no terminal to ask on\.\nNext step: Add --yes or --decline\./),
    });
    const agreed = await calloff('confirm', first.id, '--yes');
    expect(agreed.code).toBe(0);
    expect(JSON.parse(agreed.stdout)).toMatchObject({
      id: first.id,
      state: 'approved',
      approved_by: expect.stringMatching(/^cli:/),
    });
    expect(await calloff('confirm', first.id, '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('already been confirmed'),
    });
    const second = await ask();
    const declined = await calloff('confirm', second.id, '--decline');
    expect([declined.code, JSON.parse(declined.stdout).state]).toEqual([0, 'closed']);
    expect(await calloff('confirm', second.id, '--yes')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('already been used or closed'),
    });
    const lines = linesOf((await calloff('audit')).stdout);
    expect(
      lines
        .filter(({ step }) => step === 'approve' || step === 'decline')
        .map(({ step, decision, confirmation }) => [step, decision, confirmation]),
    ).toEqual([
      ['approve', 'refused', second.id],
      ['decline', 'allowed', second.id],
      ['approve', 'allowed', first.id],
    ]);
  });

  it('ends with 1 where there is no such confirmation', async () => {
    const { code, stdout, stderr } = await calloff('confirm', 'abcdefghjk');
    expect(stderr).toContain('There is no such confirmation');
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });

  it.each(
    casesAt(
      [
        [['nonsense!'], /ID must be the id of a confirmation/],
        [['abcdefghjk', '--yes', '--decline'], /cannot be used with/],
        [['abcdefghjk', 'abcdefghjm'], /[Tt]oo many arguments/],
      ],
      1,
    ),
  )('%j is a usage error', async (args, message) => {
    const { code, stdout, stderr } = await calloff('confirm', ...args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});
