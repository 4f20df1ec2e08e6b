import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fences, page, sectionOf, shownConfigurations } from '../support/documents.ts';
import { usualNames } from '../support/harness.ts';
import { type Demo, startDemo, withoutNpm } from '../support/process/demo.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { overHttp } from '../support/surfaces/mcp-client.ts';

/**
 * The way of docs/access.md to two callers, followed to the letter: its configuration, its commands, its table of requests and
 * answers.
 */
const section = sectionOf(page('docs/access.md'), 'Two callers');
const rowForm =
  /^\| (`\$BOT`|none) \| `(GET|POST) ([^`]+)`(?: `([^`]+)`)? \| (\d+)(?:[^`"|]*`(\w+)`)?(?:[^"|]*"([^"]+)")?/gm;
const rows = [...section.matchAll(rowForm)].map(
  ([, token = '', method = '', path = '', body, status, code, says]) => ({
    token,
    method,
    path,
    body,
    status: Number(status),
    code,
    says,
  }),
);

const jobsSchema = z.object({
  jobs: z.array(
    z.object({ provider: z.string(), job_id: z.string(), state: z.string(), name: z.string().optional() }),
  ),
});
const bulkSchema = z.object({
  outcomes: z.array(z.object({ outcome: z.string() })),
  confirmation: z.looseObject({ id: z.string() }).optional(),
});
const told = z.object({
  title: z.string().optional(),
  message: z.string().optional(),
  code: z.string().optional(),
  faults: z.array(z.object({ message: z.string() })).optional(),
  outcomes: z.array(z.object({ message: z.string(), code: z.string().optional() })).optional(),
});

let environment: Record<string, string>;
let demo: Demo;
let url: string;
let ada: string;
let bot: string;

beforeAll(async () => {
  const folder = freshFolder();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'calloff.json'), shownConfigurations['of two callers']);
  environment = bareEnvironment({ PORT: '0' });
  const commands = (fences(section, 'sh')[0] ?? '')
    .replace('CALLOFF_CONFIG=calloff.json', `CALLOFF_CONFIG='${join(folder, 'calloff.json')}'`)
    .replace(/^npm start &.*$/m, 'echo "$CALLOFF_CONFIG $ADA $BOT"');
  const { stdout } = await promisify(execFile)('sh', ['-ec', commands], {
    env: await withoutNpm(environment),
  });
  const [path = '', ...tokens] = stdout.trim().split(' ');
  [ada = '', bot = ''] = tokens;
  environment = { ...environment, CALLOFF_CONFIG: path };
  demo = await startDemo(environment);
  ({ url } = demo);
});

afterAll(() => demo.stop());

async function ask(token: string | undefined, method: string, path: string, body?: string) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}${path}`, { method, headers, ...(body && { body }) });
  const answer: unknown = await response.json();
  return { status: response.status, answer };
}

/** The jobs at a provider as ada, who may see all, sees them. */
async function jobsAt(provider: string) {
  return jobsSchema.parse((await ask(ada, 'GET', `/v1/jobs?provider=${provider}`)).answer).jobs;
}

/** The path with the id of a job in the place of what describes it: `{any}`, or a name. */
async function withId(path: string): Promise<string> {
  const [, provider, described] = /\/providers\/(\w+)\/jobs\/\{([^}]+)\}/.exec(path) ?? [];
  if (provider === undefined || described === undefined) return path;
  const found = (await jobsAt(provider)).find(({ name }) => described === 'any' || name === described);
  return path.replace(`{${described}}`, found?.job_id ?? 'no-such-job');
}

describe('two callers, by docs/access.md', () => {
  it('start with a server that shows who has a token, and no token', () => {
    expect(demo.output).toContain('These callers have a token: ada, sutro-bot.');
    expect(demo.output).toContain('Bearer $TOKEN');
    // No Slack is configured: nobody there could do what the lines for it say.
    expect(demo.output).not.toContain('slack:try');
    expect(demo.output).not.toMatch(/^token:|Bearer (?!\$TOKEN)/m);
  });

  it('meet the answers of the table', async () => {
    const live = async () => (await jobsAt('sutro')).filter(({ state }) => state !== 'cancelled').length;
    const before = await live();
    expect(rows).toHaveLength(7);
    for (const { token, method, path, body, status, code, says } of rows) {
      const answered = await ask(token === 'none' ? undefined : bot, method, await withId(path), body);
      expect({ path, status: answered.status }).toEqual({ path, status });
      const { title, message, faults = [], outcomes = [], ...said } = told.parse(answered.answer);
      const sentences = [title, message, ...[...faults, ...outcomes].map((each) => each.message)];
      if (says !== undefined) expect(sentences).toContain(says);
      if (code !== undefined)
        expect(new Set([said.code, ...outcomes.map((each) => each.code)])).toContain(code);
    }
    expect(await live()).toBe(before);
  });

  it('are answered as the table says where the lines above it are pasted', async () => {
    const [ionq] = await jobsAt('ionq');
    const lines = (fences(section, 'sh')[1] ?? '')
      .replaceAll('http://127.0.0.1:8787', url)
      .replace(/^ID=\S+/m, `ID=${ionq?.job_id}`);
    const { stdout } = await promisify(execFile)('sh', ['-ec', lines.replaceAll(/^curl.*$/gm, '$&; echo')], {
      env: { ...environment, ADA: ada, BOT: bot },
    });
    const [own, all, refused] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const at = (answer: unknown) => new Set(jobsSchema.parse(answer).jobs.map(({ provider }) => provider));
    expect([at(own), at(all)]).toEqual([new Set(['sutro']), new Set(['ionq'])]);
    expect(refused).toMatchObject({ outcome: 'refused', code: 'denied_by_policy' });
  });

  it('see the jobs that are theirs to see', async () => {
    const seen = jobsSchema.parse((await ask(bot, 'GET', '/v1/jobs')).answer).jobs;
    expect(new Set(seen.map(({ provider }) => provider))).toEqual(new Set(['sutro']));
    const hidden = await ask(bot, 'GET', await withId('/v1/providers/ionq/jobs/{any}'));
    expect(hidden).toMatchObject({ status: 403, answer: { code: 'denied_by_policy' } });
    expect(hidden.answer).not.toHaveProperty('billing_note');
    const all = jobsSchema.parse((await ask(ada, 'GET', '/v1/jobs')).answer).jobs;
    expect(new Set(all.map(({ provider }) => provider)).size).toBe(usualNames.length);
  });

  it('are told the same over MCP', async () => {
    const [list, cancel, kept] = rows.filter(({ status }) => status === 403);
    const client = await overHttp({ url, token: bot });
    const cancelled = async (path: string) => {
      const [, provider, , job_id] = (await withId(path)).split('/').slice(2);
      return client.call('cancel_job', { provider, job_id });
    };
    expect((await client.call('list_jobs', { provider: 'ionq' })).text).toContain(list?.says);
    for (const row of [cancel, kept]) {
      const { text, structured } = await cancelled(row?.path ?? '');
      expect(text).toContain(row?.says);
      expect(structured).toMatchObject({ outcome: 'refused', code: row?.code });
    }
    await client.close();
  });

  it('need a person, where the agent asks for more than it may: at the machine, or over HTTP', async () => {
    const approvals = [
      async (id: string) => {
        const [line = ''] = /calloff (confirm) \w+/.exec(section) ?? [];
        const args = [...line.split(' ').slice(1, -1), id, '--yes'];
        expect(await runInProcess(args, { env: environment })).toMatchObject({ code: 0 });
      },
      async (id: string) => {
        const [path = ''] = /\/v1\/confirmations\/(?=\w)/.exec(section) ?? [];
        expect(await ask(ada, 'POST', `${path}${id}`)).toMatchObject({ status: 200 });
      },
    ];
    for (const [index, state] of ['running', 'queued'].entries()) {
      const selector = JSON.stringify({ selector: { state, name: 'synthetic' }, reason: 'budget is spent' });
      const refused = bulkSchema.parse((await ask(bot, 'POST', '/v1/jobs/cancel', selector)).answer);
      const { id = '', ...offer } = refused.confirmation ?? {};
      expect(offer).not.toHaveProperty('confirmation_token');
      // The server knows where its page is, so the agent can say where to agree.
      expect(JSON.stringify(offer)).toContain(`on the page: ${url}/?view=waiting#${id}`);
      const again = () => ask(bot, 'POST', '/v1/jobs/cancel', JSON.stringify({ confirmation_id: id }));
      expect(await again()).toMatchObject({ status: 409 });
      expect(await ask(bot, 'POST', `/v1/confirmations/${id}`)).toMatchObject({ status: 403 });
      await approvals[index]?.(id);
      const { outcomes } = bulkSchema.parse((await again()).answer);
      expect(outcomes).toEqual([expect.objectContaining({ outcome: 'cancelled' })]);
      expect(await again()).toMatchObject({ status: 409 });
    }
  });

  it('are in the audit, with who confirmed', async () => {
    const { code, stdout } = await runInProcess(['audit', '--caller', 'sutro-bot'], { env: environment });
    expect(code).toBe(0);
    const entries = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const confirmed = entries.filter(({ outcome }) => outcome === 'cancelled');
    expect(confirmed.map(({ confirmed_by }) => confirmed_by)).toEqual([
      'ada',
      expect.stringMatching(/^cli:/),
    ]);
    expect(stdout).not.toContain(bot.slice(17));
  });
});
