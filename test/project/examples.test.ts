import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { fences, sectionOf } from '../support/documents.ts';
import { startDemo } from '../support/process/demo.ts';
import { bareEnvironment, type Finished, finish, sandboxEnvironment } from '../support/process/run.ts';
import { serverFor } from '../support/surfaces/server.ts';
import { runs } from '../support/thorough.ts';

/** The examples, run as their page says, beside what `npm start` starts: in `npm test` the same in this process. */
const page = readFileSync('examples/README.md', 'utf8');
const commandsOf = (heading: string) => fences(sectionOf(page, heading), 'sh').map((text) => text.trimEnd());
const [setUp = ''] = fences(page, 'sh');
const [inCi = ''] = commandsOf('A CI job that calls off its batch when its branch is deleted');
const [inPython = ''] = commandsOf('Ten lines of Python');
const [stopped = '', goesOn = ''] = commandsOf('An agent that is stopped by a confirmation');

let demo: { readonly url: string; readonly token: string; stop(): Promise<unknown> };
let control: string;
beforeAll(async () => {
  if (runs(1, 0) === 1) {
    const started = await startDemo();
    [control = ''] = /http:\S+?(?=\/\w+\/faults)/.exec(started.output) ?? [];
    demo = started;
    return;
  }
  const sandbox = await startSandbox({ demo: true });
  const token = 'a-token-for-the-tests';
  const server = await serverFor({ ...readSettings({ ...sandboxEnvironment(sandbox), PORT: '0' }), token });
  control = sandbox.controlUrl;
  demo = { url: server.url, token, stop: () => server.stop().then(() => sandbox.close()) };
});
afterAll(() => demo.stop());

/** Pastes lines of the page into a terminal, where `setUp` was pasted before. */
function paste(lines: string): Promise<Finished> {
  // The port of the sandbox first: calloff may be at that of the page, and would be taken for the sandbox.
  const script = `${setUp}${lines}`
    .replace('http://127.0.0.1:40897', control)
    .replace('http://127.0.0.1:8787', demo.url)
    .replace('paste-the-token-here', demo.token);
  return finish(spawn('sh', ['-c', script], { env: bareEnvironment() }));
}

const jobsSchema = z.object({ jobs: z.array(z.object({ id: z.string(), state: z.string() })) });

/** The true states of jobs at Sutro, by id. */
async function statesAtSutro(): Promise<ReadonlyMap<string, string>> {
  const response = await fetch(`${control}/sutro/jobs?limit=100`);
  const { jobs } = jobsSchema.parse(await response.json());
  return new Map(jobs.map(({ id, state }) => [id, state]));
}

const runningAtSutro = async () =>
  [...(await statesAtSutro())].filter(([, state]) => state === 'running').map(([id]) => id);

async function atSutro(path: string, body?: object): Promise<unknown> {
  const method = body === undefined ? 'DELETE' : 'POST';
  const response = await fetch(`${control}/sutro/${path}`, { method, body: JSON.stringify(body) });
  return response.json().catch(() => undefined);
}

async function addJob(name: string): Promise<string> {
  const { ids } = z
    .object({ ids: z.array(z.string()) })
    .parse(await atSutro('jobs', { name, state: 'running' }));
  return ids[0] ?? '';
}

const workflowSchema = z.object({
  permissions: z.strictObject({ contents: z.literal('read') }),
  jobs: z.object({
    'call-off': z.object({
      steps: z.tuple([
        z.object({ uses: z.string() }),
        z.object({ env: z.record(z.string(), z.string()), run: z.string() }),
      ]),
    }),
  }),
});

describe('the CI job', () => {
  const { jobs } = workflowSchema.parse(parse(readFileSync('examples/ci/call-off-branch.yml', 'utf8')));
  const [checkout, step] = jobs['call-off'].steps;

  /** Runs the step of the workflow as GitHub would when this branch is deleted. */
  function deleteBranch(branch: string): Promise<Finished> {
    const context = new Map([
      ['github.event.ref', branch],
      ['vars.CALLOFF_URL', demo.url],
      ['secrets.CALLOFF_TOKEN', demo.token],
    ]);
    const env = Object.entries(step.env).map(([name, value]) => [
      name,
      value.replace(/^\$\{\{ (\S+) \}\}$/, (_, key: string) => context.get(key) ?? 'nothing'),
    ]);
    return finish(spawn('sh', ['-ec', step.run], { env: bareEnvironment(Object.fromEntries(env)) }));
  }

  it('does what its page says', async () => {
    const before = await runningAtSutro();
    const { code, stdout } = await paste(inCi);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^cancelled: sutro job-/m)]);
    expect(stdout).toContain('1 of 1 jobs of fix-tokenizer are over.');
    expect(await runningAtSutro()).toEqual(before);
  });

  it('cancels the jobs of the deleted branch, and no others', async () => {
    const [own, ...others] = await Promise.all(
      ['ci:topic: a', 'ci:topic-2: a', 'ci:my-topic: a', 'about ci:top'].map(addJob),
    );
    expect(await deleteBranch('topic')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 of 1 jobs'),
    });
    const states = await statesAtSutro();
    expect(states.get(own ?? '')).toBe('cancelled');
    expect(others.map((id) => states.get(id))).toEqual(['running', 'running', 'running']);
  });

  it('sends nothing if a branch that differs in case has jobs', async () => {
    const ids = await Promise.all(['ci:Case: a', 'ci:case: a'].map(addJob));
    expect(await deleteBranch('case')).toMatchObject({
      code: 1,
      stderr: '1 jobs may be of another branch than case. Nothing was sent.\n',
    });
    const states = await statesAtSutro();
    expect(ids.map((id) => states.get(id))).toEqual(['running', 'running']);
  });

  it('ends with 0 if there is nothing to cancel, and with 1 if a job still runs', async () => {
    expect((await deleteBranch('unknown')).code).toBe(0);
    await addJob('ci:stuck: a');
    await atSutro('faults', { kind: 'status', status: 403, operations: ['cancel'] });
    const { code, stdout } = await deleteBranch('stuck');
    await atSutro('faults');
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^refused: sutro job-/m)]);
    expect(stdout).toContain('0 of 1 jobs of stuck are over.');
  });

  it('says what calloff answers to a wrong token', async () => {
    const { code, stderr } = await paste('CALLOFF_TOKEN=wrong BRANCH=x node examples/ci/call-off-branch.mjs');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^calloff answers 401: \{.*\}\n$/)]);
  });

  it('takes the same checkout as our own workflow, and reads only', () => {
    expect(readFileSync('.github/workflows/ci.yml', 'utf8')).toContain(`uses: ${checkout.uses} #`);
  });
});

describe('the lines of Python', () => {
  const hasPython = spawnSync('python3', ['--version']).status === 0;

  it('cancel a job, and say what is wrong with a request', async ({ skip }) => {
    skip(!hasPython, 'python3 is not installed on this machine');
    expect(await paste(inPython)).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^cancelled IonQ reports .+\n$/),
      stderr: '',
    });
    if (runs(1, 0) === 1) {
      expect(await paste(inPython)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^already_cancelled /),
      });
      const missing = inPython.replace(/\S+$/, '00000000-0000-4000-8000-000000000000');
      expect(await paste(missing)).toMatchObject({ code: 1, stdout: expect.stringMatching(/^not_found /) });
    }
    const wrong = inPython.replace(/\S+$/, "'a/b?c'");
    expect(await paste(wrong)).toMatchObject({ code: 1, stdout: expect.stringMatching(/must be a UUID/) });
  });

  it('are ten', () => {
    expect(readFileSync('examples/python/cancel.py', 'utf8').trimEnd().split('\n')).toHaveLength(10);
  });
});

describe('the agent', () => {
  it('is stopped, shows the step of the person, and goes on when a person has taken it', async () => {
    const before = await runningAtSutro();
    expect(before.length).toBeGreaterThan(2);
    const first = await paste(stopped);
    expect(first).toMatchObject({ code: 3, stderr: '' });
    expect(first.stdout).toContain('refused (confirmation_required)');
    const [, id = ''] = /POST \/v1\/confirmations\/(\w+)/.exec(first.stdout) ?? [];
    expect(await runningAtSutro()).toEqual(before);
    // That nothing is cancelled before a person agrees, test/project/two-callers.test.ts tries in npm test.
    if (runs(1, 0) === 1) {
      const alone = await paste(`node examples/agent/stopped-by-a-confirmation.mjs ${id}`);
      expect(alone.stdout).not.toContain('cancelled:');
      expect(await runningAtSutro()).toEqual(before);
    }
    const { code, stdout } = await paste(goesOn.replaceAll('nsry3ti24y', id));
    expect([code, stdout]).toEqual([0, expect.stringContaining(`${before.length} cancelled`)]);
    expect(await runningAtSutro()).toEqual([]);
  });
});
