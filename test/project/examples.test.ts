import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { fences, sectionOf } from '../support/documents.ts';
import { type Demo, startDemo } from '../support/process/demo.ts';
import { bareEnvironment } from '../support/process/run.ts';
import { runs } from '../support/thorough.ts';

/** The examples, run as their page says, beside what `npm start` starts. */
const page = readFileSync('examples/README.md', 'utf8');
const commandsOf = (heading: string) => fences(sectionOf(page, heading), 'sh').map((text) => text.trimEnd());
const [setUp = ''] = fences(page, 'sh');
const [inCi = ''] = commandsOf('A CI job that calls off its batch when its branch is deleted');
const [inPython = ''] = commandsOf('Ten lines of Python');
const [stopped = '', goesOn = ''] = commandsOf('An agent that is stopped by a confirmation');

let demo: Demo;
let control: string;
beforeAll(async () => {
  demo = await startDemo();
  [control = ''] = /http:\S+?(?=\/\w+\/faults)/.exec(demo.output) ?? [];
});
afterAll(() => demo.stop());

/** Pastes lines of the page into a terminal, where `setUp` was pasted before. */
function paste(lines: string, more: Record<string, string> = {}) {
  // The port of the sandbox first: calloff may be at that of the page, and would be taken for the sandbox.
  const script = `${setUp}${lines}`
    .replace('http://127.0.0.1:40897', control)
    .replace('http://127.0.0.1:8787', demo.url)
    .replace('paste-the-token-here', demo.token);
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script], {
    env: bareEnvironment(more),
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
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
  function deleteBranch(branch: string) {
    const context = new Map([
      ['github.event.ref', branch],
      ['vars.CALLOFF_URL', demo.url],
      ['secrets.CALLOFF_TOKEN', demo.token],
    ]);
    const env = Object.entries(step.env).map(([name, value]) => [
      name,
      value.replace(/^\$\{\{ (\S+) \}\}$/, (_, key: string) => context.get(key) ?? 'nothing'),
    ]);
    const { status, stdout, stderr } = spawnSync('sh', ['-ec', step.run], {
      env: bareEnvironment(Object.fromEntries(env)),
      encoding: 'utf8',
    });
    return { code: status, stdout, stderr };
  }

  it('does what its page says', async () => {
    const before = await runningAtSutro();
    const { code, stdout } = paste(inCi);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^cancelled: sutro job-/m)]);
    expect(stdout).toContain('1 of 1 jobs of fix-tokenizer are over.');
    expect(await runningAtSutro()).toEqual(before);
  });

  it('cancels the jobs of the deleted branch, and no others', async () => {
    const [own, ...others] = await Promise.all(
      ['ci:topic: a', 'ci:topic-2: a', 'ci:my-topic: a', 'about ci:top'].map(addJob),
    );
    expect(deleteBranch('topic')).toMatchObject({ code: 0, stdout: expect.stringContaining('1 of 1 jobs') });
    const states = await statesAtSutro();
    expect(states.get(own ?? '')).toBe('cancelled');
    expect(others.map((id) => states.get(id))).toEqual(['running', 'running', 'running']);
  });

  it('sends nothing if a branch that differs in case has jobs', async () => {
    const ids = await Promise.all(['ci:Case: a', 'ci:case: a'].map(addJob));
    expect(deleteBranch('case')).toMatchObject({
      code: 1,
      stderr: '1 jobs may be of another branch than case. Nothing was sent.\n',
    });
    const states = await statesAtSutro();
    expect(ids.map((id) => states.get(id))).toEqual(['running', 'running']);
  });

  it('ends with 0 if there is nothing to cancel, and with 1 if a job still runs', async () => {
    expect(deleteBranch('unknown').code).toBe(0);
    await addJob('ci:stuck: a');
    await atSutro('faults', { kind: 'status', status: 403, operations: ['cancel'] });
    const { code, stdout } = deleteBranch('stuck');
    await atSutro('faults');
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^refused: sutro job-/m)]);
    expect(stdout).toContain('0 of 1 jobs of stuck are over.');
  });

  it('says what calloff answers to a wrong token', () => {
    const { code, stderr } = paste('CALLOFF_TOKEN=wrong BRANCH=x node examples/ci/call-off-branch.mjs');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^calloff answers 401: \{.*\}\n$/)]);
  });

  it('takes the same checkout as our own workflow, and reads only', () => {
    expect(readFileSync('.github/workflows/ci.yml', 'utf8')).toContain(`uses: ${checkout.uses} #`);
  });
});

describe('the lines of Python', () => {
  const hasPython = spawnSync('python3', ['--version']).status === 0;

  it('cancel a job, and say what is wrong with a request', ({ skip }) => {
    skip(!hasPython, 'python3 is not installed on this machine');
    expect(paste(inPython)).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^cancelled IonQ reports .+\n$/),
      stderr: '',
    });
    if (runs(1, 0) === 1) {
      expect(paste(inPython)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^already_cancelled /),
      });
      const missing = inPython.replace(/\S+$/, '00000000-0000-4000-8000-000000000000');
      expect(paste(missing)).toMatchObject({ code: 1, stdout: expect.stringMatching(/^not_found /) });
    }
    const wrong = inPython.replace(/\S+$/, "'a/b?c'");
    expect(paste(wrong)).toMatchObject({ code: 1, stdout: expect.stringMatching(/must be a UUID/) });
  });

  it('are ten', () => {
    expect(readFileSync('examples/python/cancel.py', 'utf8').trimEnd().split('\n')).toHaveLength(10);
  });
});

describe('the agent', () => {
  it('is stopped, shows the step of the person, and goes on when a person has taken it', async () => {
    const before = await runningAtSutro();
    expect(before.length).toBeGreaterThan(2);
    const first = paste(stopped);
    expect(first).toMatchObject({ code: 3, stderr: '' });
    expect(first.stdout).toContain('refused (confirmation_required)');
    const [, id = ''] = /POST \/v1\/confirmations\/(\w+)/.exec(first.stdout) ?? [];
    expect(await runningAtSutro()).toEqual(before);
    // That nothing is cancelled before a person agrees, test/project/two-callers.test.ts tries in npm test.
    if (runs(1, 0) === 1) {
      const alone = paste(`node examples/agent/stopped-by-a-confirmation.mjs ${id}`);
      expect(alone.stdout).not.toContain('cancelled:');
      expect(await runningAtSutro()).toEqual(before);
    }
    const { code, stdout } = paste(goesOn.replaceAll('nsry3ti24y', id));
    expect([code, stdout]).toEqual([0, expect.stringContaining(`${before.length} cancelled`)]);
    expect(await runningAtSutro()).toEqual([]);
  });
});
