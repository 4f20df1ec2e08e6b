import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment, finish, sandboxEnvironment, start } from '../support/process/run.ts';
import { casesAt, inSoak } from '../support/thorough.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
afterEach(() => sandbox.providers.sutro.reset());
afterAll(() => sandbox.close());

type Child = ReturnType<typeof start>;
const ends: readonly [what: string, end: (child: Child) => unknown][] = [
  ['the end of its input', (child) => child.stdin.end()],
  ['SIGTERM', (child) => child.kill('SIGTERM')],
  ['SIGINT', (child) => child.kill('SIGINT')],
  ['SIGHUP', (child) => child.kill('SIGHUP')],
];

const answerSchema = z.object({
  id: z.number(),
  result: z
    .object({
      isError: z.boolean().optional(),
      content: z.array(z.object({ text: z.string() })).optional(),
      structuredContent: z.object({ counts: z.record(z.string(), z.number()) }).optional(),
    })
    .optional(),
  error: z.object({ code: z.number(), message: z.string(), data: z.unknown() }).optional(),
});

/** `calloff mcp` as a process, spoken to in lines of JSON. */
function serve(more: Readonly<Record<string, string>> = {}) {
  const child = start(
    'cli/main.ts',
    ['mcp'],
    bareEnvironment({ ...sandboxEnvironment(sandbox), CALLOFF_CONFIRM_ABOVE: '10000', ...more }),
  );
  const ended = finish(child);
  const answers: z.infer<typeof answerSchema>[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = answerSchema.safeParse(JSON.parse(line));
    if (answer.success) answers.push(answer.data);
  });
  const say = (method: string, params: object, id?: number) =>
    child.stdin.write(
      `${JSON.stringify({ jsonrpc: '2.0', ...(id === undefined ? {} : { id }), method, params })}\n`,
    );
  say(
    'initialize',
    { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
    1,
  );
  say('notifications/initialized', {});
  const answerTo = (id: number) => answers.find((answer) => answer.id === id);
  return { child, ended, say, answerTo };
}

const cancels = () => sandbox.providers.sutro.journal.filter(({ operation }) => operation === 'cancel');
const call = (name: string, given: object) => ({ name, arguments: given });
const jobsOf = (ids: readonly string[]) => ({ jobs: ids.map((job_id) => ({ provider: 'sutro', job_id })) });

describe('calloff mcp', () => {
  it.each(casesAt(ends, 0, 1))(
    'on %s begins nothing more, settles what was sent, reports it and ends with 0',
    async (_what, end) => {
      const { sutro } = sandbox.providers;
      const ids = sutro.addJobs(200, { state: 'running', settlesInMs: 0 });
      sutro.setFault({ kind: 'delay', ms: 150, operations: ['cancel'] });
      const { child, ended, say, answerTo } = serve();
      say('tools/call', call('cancel_jobs', jobsOf(ids)), 2);
      await expect.poll(() => cancels().length, { timeout: 10_000 }).toBeGreaterThan(20);
      end(child);
      const { code, stderr } = await ended;
      expect(code).toBe(0);
      const counts = answerTo(2)?.result?.structuredContent?.counts ?? {};
      const cancelled = ids.filter((id) => sutro.job(id)?.state === 'cancelled').length;
      expect(counts).toMatchObject({ cancelled, not_attempted: 200 - cancelled });
      expect(cancelled).toBe(cancels().length);
      expect(cancelled).toBeLessThan(200);
      const [cut] = stderr.split('\n').filter((line) => line.includes('"event":"call_cancelled"'));
      expect(JSON.parse(cut ?? '{}')).toMatchObject({ jobs: cancelled });
    },
  );

  it.each(casesAt(ends, 0))('on %s ends at once where nothing is under way', async (_what, end) => {
    const { child, ended, answerTo } = serve();
    await expect.poll(() => answerTo(1), { timeout: 10_000 }).toBeDefined();
    end(child);
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('answers a 5 MB argument with what is wrong with it, and sends nothing', async () => {
    const { child, ended, say, answerTo } = serve();
    const job_id = sandbox.providers.sutro.addJob({ state: 'running' });
    say('tools/call', call('cancel_job', { provider: 'sutro', job_id, reason: 'x'.repeat(5_000_000) }), 2);
    const ids = Array.from({ length: 80_000 }, (_, index) => `job-${String(index).padStart(30, '0')}`);
    say('tools/call', call('cancel_jobs', jobsOf(ids)), 3);
    await expect.poll(() => answerTo(2) && answerTo(3), { timeout: 10_000 }).toBeDefined();
    expect(answerTo(2)?.result).toMatchObject({
      isError: true,
      content: [{ text: expect.stringMatching(/Nothing was done.\nreason: .*200/) }],
    });
    expect(answerTo(3)?.error).toMatchObject({
      code: -32600,
      message: expect.stringContaining('5000 jobs'),
      data: { where: 'params.arguments.jobs' },
    });
    expect(sandbox.providers.sutro.journal).toEqual([]);
    child.stdin.end();
    await ended;
  });

  it('has a page of help', async () => {
    expect(await runInProcess(['mcp', '--help'], { env: bareEnvironment() })).toMatchObject({ code: 0 });
  });

  // test/cli/configuration.test.ts holds the same of a configuration file.
  inSoak(() => {
    it('says what cannot be used in its environment, and ends with 2', async () => {
      const environment = bareEnvironment({ SUTRO_BASE_URL: 'ftp://nowhere' });
      const child = start('cli/main.ts', ['mcp'], environment);
      const { code, stderr, stdout } = await finish(child);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('SUTRO_BASE_URL must begin with https://');
    });
  });

  it('does not let a client that vanishes keep it', async () => {
    const { child, ended } = serve();
    child.stdout.destroy();
    child.stdin.destroy();
    expect(
      await Promise.race([ended.then(({ code }) => code), once(child, 'exit').then(([code]) => code)]),
    ).toBe(0);
  });
});
