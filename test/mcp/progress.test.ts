import { describe, expect, it, test } from 'vitest';
import { digestSchema } from '../../mcp/tools/bulk-result.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { connectionsTo, settingsFor } from '../support/harness.ts';
import { sandboxEnvironment } from '../support/process/run.ts';
import { type McpClient, overHttp, overStdio } from '../support/surfaces/mcp-client.ts';
import { serverFor } from '../support/surfaces/server.ts';
import { casesAt } from '../support/thorough.ts';

interface Progress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

/** A client, and what kind of answer it got to every POST over HTTP. */
interface Open {
  readonly mcp: McpClient;
  readonly kinds: readonly string[];
  close(): Promise<void>;
}

async function openHttp(sandbox: Sandbox): Promise<Open> {
  const settings = { ...settingsFor(connectionsTo(sandbox)), confirmAbove: 1_000 };
  const server = await serverFor(settings);
  const kinds: string[] = [];
  const watched: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (String(init?.body).includes('tools/call')) kinds.push(response.headers.get('content-type') ?? '');
    return response;
  };
  const mcp = await overHttp({ url: server.url, token: settings.token, fetch: watched });
  const close = async () => {
    await mcp.close();
    await server.stop();
  };
  return { mcp, kinds, close };
}

async function openStdio(sandbox: Sandbox): Promise<Open> {
  const mcp = await overStdio({ env: { ...sandboxEnvironment(sandbox), CALLOFF_CONFIRM_ABOVE: '1000' } });
  return { mcp, kinds: [], close: mcp.close };
}

/** A client that has to ask a person about more than ten jobs, and one who agrees after a while. */
async function openAsking(sandbox: Sandbox): Promise<Open> {
  const mcp = await overStdio({
    env: sandboxEnvironment(sandbox),
    async answer() {
      await new Promise((resolve) => setTimeout(resolve, 9_000));
      return { action: 'accept', content: { confirm: true } };
    },
  });
  return { mcp, kinds: [], close: mcp.close };
}

async function withClient(
  open: (sandbox: Sandbox) => Promise<Open>,
  work: (sandbox: Sandbox, client: Open) => Promise<void>,
): Promise<void> {
  const sandbox = await startSandbox({ control: false });
  const client = await open(sandbox);
  try {
    await work(sandbox, client);
  } finally {
    await client.close();
    await sandbox.close();
  }
}

/** A hundred jobs whose cancels take so long that there is something to tell on the way. */
function slowJobs({ providers: { sutro } }: Sandbox) {
  sutro.setFault({ kind: 'delay', ms: 400, operations: ['cancel'] });
  return sutro
    .addJobs(100, { state: 'running', settlesInMs: 0 })
    .map((job_id) => ({ provider: 'sutro', job_id }));
}

/** What a call told on its way. */
interface Told {
  /** How far it was, each time that it said so. */
  readonly steps: readonly number[];
  /** What was said, each once. */
  readonly said: readonly string[];
}

/** Calls, and holds that there is word of it every five seconds, and that progress only grows, and never beyond its end. */
async function listen({ mcp }: Open, jobs: readonly object[]): Promise<Told> {
  const times = [performance.now()];
  const told: Progress[] = [];
  const onprogress = (progress: Progress) => {
    times.push(performance.now());
    told.push(progress);
  };
  const { structured } = await mcp.call('cancel_jobs', { jobs }, { onprogress });
  times.push(performance.now());
  for (const [index, at] of times.slice(1).entries()) expect(at - (times[index] ?? 0)).toBeLessThan(5_000);
  expect(digestSchema.parse(structured).counts).toMatchObject({ cancelled: 100 });
  const steps = told.map(({ progress }) => progress);
  expect(steps).toEqual([...new Set(steps)].toSorted((one, other) => one - other));
  expect(told.every(({ progress, total }) => total === 100 && progress >= 0 && progress <= total)).toBe(true);
  return { steps, said: [...new Set(told.map(({ message = '' }) => message))] };
}

// Over stdio, the call that waits for the user stands for both in npm test.
const ways = [
  ['stdio', openStdio, []],
  ['HTTP', openHttp, ['text/event-stream']],
] as const;
describe.concurrent.each(casesAt(ways, 1))('over %s a call says what it is at', (_way, open, kinds) => {
  test('while a look takes its time', () =>
    withClient(open, async (sandbox, client) => {
      const jobs = slowJobs(sandbox);
      sandbox.providers.sutro.setFault({ kind: 'delay', ms: 6_000, operations: ['list'], times: 1 });
      const { steps, said } = await listen(client, jobs);
      expect(said).toContain('checking 100 jobs');
      expect(said).toContainEqual(expect.stringMatching(/^sent \d+ of 100 cancels$/));
      expect(steps.length).toBeGreaterThanOrEqual(2);
      expect(client.kinds).toEqual(kinds);
    }));

  test('while a provider asks to wait', () =>
    withClient(open, async (sandbox, client) => {
      const jobs = slowJobs(sandbox);
      const { sutro } = sandbox.providers;
      sutro.setFault({ kind: 'rate_limited', retryAfter: { seconds: 7 }, operations: ['cancel'], times: 1 });
      const { said } = await listen(client, jobs);
      expect(said).toContainEqual(
        expect.stringMatching(/^waiting [1-8] s because of the rate limit of Sutro$/),
      );
    }));
});

test.concurrent('a call says that it waits for the user', () =>
  withClient(openAsking, async (sandbox, client) => {
    const jobs = slowJobs(sandbox);
    sandbox.providers.sutro.setFault({ kind: 'delay', ms: 700, operations: ['list'] });
    expect((await listen(client, jobs)).said).toContain("waiting for the user's answer");
  }));

describe('an answer in JSON', () => {
  it('is given to a client that did not ask for progress, in every form', () =>
    withClient(openHttp, async (sandbox, { mcp, kinds }) => {
      const jobs = [{ provider: 'sutro', job_id: sandbox.providers.sutro.addJob({ state: 'running' }) }];
      await mcp.call('cancel_jobs', { jobs });
      await mcp.call('cancel_jobs', { jobs, reason: '"_meta":{"progressToken":1}' });
      await mcp.call('cancel_jobs', { jobs, _meta: { progressToken: 1 } });
      await mcp.call('list_jobs', { progressToken: 1 });
      const _meta = { other: { progressToken: 1 } };
      await mcp.client.callTool({ name: 'list_jobs', arguments: {}, _meta });
      expect(kinds).toEqual(Array(5).fill('application/json'));
    }));
});
