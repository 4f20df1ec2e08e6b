import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { listResultSchema } from '../../shared/contract/answers/responses.ts';
import { connectionsTo, settingsFor } from '../support/harness.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { sandboxEnvironment } from '../support/process/run.ts';
import { openSlackHarness, type SlackHarness } from '../support/slack/harness.ts';
import { type McpClient, overHttp } from '../support/surfaces/mcp-client.ts';
import { serverFor } from '../support/surfaces/server.ts';
import { casesAt, runs } from '../support/thorough.ts';

const hourMs = 3_600_000;
/** How many jobs have ended since: several pages of a provider's list. */
const ended = runs(1_000, 400);
const toolJobs = z.object({
  jobs: z.array(z.object({ job_id: z.string(), owner: z.string(), target: z.string() })),
  next_cursor: z.string().optional(),
});

let sandbox: Sandbox;
let server: Awaited<ReturnType<typeof serverFor>>;
let client: McpClient;
let slack: SlackHarness;
const wanted: string[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  const connections = connectionsTo(sandbox);
  const { ionq } = sandbox.providers;
  for (let index = 0; index < 10; index += 1) {
    const state = index < 5 ? 'running' : 'queued';
    const createdAt = new Date(Date.now() - 5 * hourMs - index * 1_000);
    const own = { owner: 'ada', target: 'qpu-1', labels: { team: index < 5 ? 'ml' : 'web' } };
    wanted.push(ionq.addJob({ state, createdAt, name: `Sweep ${index}`, ...own }));
  }
  for (let index = 0; index < ended; index += 1) {
    const createdAt = new Date(Date.now() - 4 * hourMs + index * 1_000);
    ionq.addJob({ state: 'completed', createdAt, name: `benchmark ${index}` });
  }
  const settings = settingsFor(connections);
  server = await serverFor(settings);
  client = await overHttp({ url: server.url, token: settings.token });
  slack = await openSlackHarness({ connections });
}, 60_000);
afterAll(async () => {
  await client.close();
  await slack.close();
  await server.stop();
  await sandbox.close();
});

const filters: readonly Readonly<Record<string, string>>[] = [
  { state: 'running' },
  { state: 'queued' },
  { state: 'queued,running' },
  { state: 'running,unknown' },
  { name: 'sweep' },
  { name: 'sweep', state: 'running' },
  { older_than: '270m' },
  { older_than: '270m', newer_than: '6h' },
  { owner: 'ADA' },
  { target: 'qpu-*', state: 'queued' },
  { label: 'team=m*', state: 'running' },
];

function meantBy({ state }: Readonly<Record<string, string>>): string[] {
  const states = state?.split(',') ?? ['running', 'queued'];
  return wanted.filter((_, index) => states.includes(index < 5 ? 'running' : 'queued')).toSorted();
}

describe(`ten jobs that are not over, behind ${ended} that ended since`, () => {
  it.each(casesAt(filters, 5, 7, 9))('are found over HTTP by %j', async (filter) => {
    const query = new URLSearchParams({ provider: 'ionq', ...filter });
    const headers = { authorization: `Bearer ${settingsFor([]).token}` };
    const answer = await fetch(`${server.url}/v1/jobs?${query}`, { headers });
    const found = listResultSchema.parse(await answer.json());
    expect(found.jobs.map(({ job_id }) => job_id).toSorted()).toEqual(meantBy(filter));
    expect(found).toMatchObject({ partial: false, next_cursor: null });
  });

  it.each(casesAt(filters, 2, 10))('are found over HTTP by a selector of %j', async (filter) => {
    const selected = await fetch(`${server.url}/v1/jobs/cancel`, {
      method: 'POST',
      headers: { authorization: `Bearer ${settingsFor([]).token}` },
      body: JSON.stringify({ selector: { provider: 'ionq', ...filter }, dry_run: true }),
    });
    const answer = z
      .object({ outcomes: z.array(z.object({ job_id: z.string() })), unavailable: z.unknown().optional() })
      .parse(await selected.json());
    expect(answer.outcomes.map(({ job_id }) => job_id).toSorted()).toEqual(meantBy(filter));
    expect(answer.unavailable).toBeUndefined();
  });

  it.each(casesAt(filters, 3, 8))('are found over MCP by %j', async (filter) => {
    const { structured, text } = await client.call('list_jobs', { provider: 'ionq', ...filter });
    expect(
      toolJobs
        .parse(structured)
        .jobs.map(({ job_id }) => job_id)
        .toSorted(),
    ).toEqual(meantBy(filter));
    expect(structured).toMatchObject({ unavailable: [] });
    const shown = toolJobs.parse(structured).jobs.map(({ owner, target }) => `${owner} ${target}`);
    expect(new Set(shown)).toEqual(new Set(['ada qpu-1']));
    expect(text).toMatch(/^\d+ jobs\.\n/);
  });

  it.each(casesAt([filters[7], filters[0], filters[4], filters[8]], 0))(
    'are found by the command with %j',
    async (filter = {}) => {
      const args = Object.entries(filter).flatMap(([name, value]) => [`--${name.replace('_', '-')}`, value]);
      const env = sandboxEnvironment(sandbox);
      const { code, stdout } = await runInProcess(['list', '--provider', 'ionq', ...args], { env });
      const found = listResultSchema.parse(JSON.parse(stdout));
      expect(found.jobs.map(({ job_id }) => job_id).toSorted()).toEqual(meantBy(filter));
      expect([code, found.partial]).toEqual([0, false]);
    },
  );

  it('are all that the command lists by itself, and it counts what it hides', async () => {
    const env = sandboxEnvironment(sandbox);
    const { code, stdout } = await runInProcess(['list', '--provider', 'ionq'], { env });
    const found = listResultSchema.parse(JSON.parse(stdout));
    expect(found.jobs.map(({ job_id }) => job_id).toSorted()).toEqual(wanted.toSorted());
    expect([code, found.in_other_states]).toEqual([0, ended]);
    const all = await runInProcess(['list', '--provider', 'ionq', '--all', '--limit', `${ended}`], { env });
    const everything = listResultSchema.parse(JSON.parse(all.stdout));
    expect(everything.jobs).toHaveLength(ended);
    expect(everything).not.toHaveProperty('in_other_states');
    const both = await runInProcess(['list', '--all', '--state', 'running'], { env });
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('cannot be used with')]);
  });

  const words = [
    '',
    ' running',
    ' queued running',
    ' ionq older than 270m',
    ' running newer than 6h',
    ' owner ada',
  ];
  it.each(casesAt(words, 0, 1, 3))('are found in Slack by "list%s"', async (words) => {
    const exchange = await slack.command(`list${words}`);
    const said = JSON.stringify(await exchange.later());
    const meant = /^ running/.test(words) ? wanted.slice(0, 5) : wanted;
    expect(wanted.filter((id) => said.includes(id))).toEqual(meant);
    expect(said).not.toContain('benchmark');
    // A list that names states hides what it was not asked for, and need not say so.
    const isDefault = !/running|queued/.test(words);
    expect(said.includes(`${ended.toLocaleString('en')} jobs have ended and are hidden.`)).toBe(
      isDefault && words === '',
    );
  });

  it('are walked to over MCP page by page where no filter fits, every job once', async () => {
    const ids: string[] = [];
    for (let cursor: string | undefined; cursor !== undefined || ids.length === 0; ) {
      const page = await client.call('list_jobs', {
        provider: 'ionq',
        limit: 100,
        ...(cursor ? { cursor } : {}),
      });
      const { jobs, next_cursor } = toolJobs.parse(page.structured);
      ids.push(...jobs.map(({ job_id }) => job_id));
      cursor = next_cursor;
      if (cursor !== undefined) expect(page.text).toContain(`cursor "${cursor}"`);
    }
    expect(new Set(ids).size).toBe(ended + 10);
    expect(ids).toHaveLength(ended + 10);
  });
});

describe('a provider that shows no names', () => {
  beforeAll(() => {
    sandbox.providers.ionworks.addJobs(3, { state: 'running' });
  });

  it('is told of by every surface when a name is asked for', async () => {
    const why = /Ionworks does not show the names of jobs, so calloff cannot tell whether 3 jobs match/;
    const told = await client.call('list_jobs', { provider: 'ionworks', name: 'sweep' });
    expect(told.text).toMatch(/^0 jobs\. Jobs that calloff could not read may be running\./);
    expect(told.text).toMatch(why);
    const selected = await client.call('cancel_jobs', { selector: { provider: 'ionworks', name: 'sweep' } });
    expect(selected.text).toMatch(/^0 jobs\. Jobs that calloff could not read may be running\./);
    expect(selected.text).toMatch(why);
    const { code, stdout } = await runInProcess(['list', '--provider', 'ionworks', '--name', 'sweep'], {
      env: sandboxEnvironment(sandbox),
    });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ jobs: [], partial: true, unavailable: [{ unjudged: 3 }] });
  });
});
