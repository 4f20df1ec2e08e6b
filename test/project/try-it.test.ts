import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fences, page, readme, sectionOf } from '../support/documents.ts';
import { type Demo, paste, startDemo } from '../support/process/demo.ts';
import { bareEnvironment, type Finished, run } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { runs } from '../support/thorough.ts';

const evidenceSchema = z.looseObject({ observed_at: z.iso.datetime() });
const answerSchema = z.looseObject({ evidence: evidenceSchema });
const offerSchema = z.object({
  confirmation: z.object({
    id: z.string(),
    expires_at: z.string(),
    jobs: z.number(),
    confirmation_token: z.string(),
    next_step: z.string(),
  }),
});

/** What the README and docs/http.md ask of what `npm start` starts, followed to the letter, and what it prints itself. */
const section = sectionOf(readme, 'Try it');
const [install, ...curls] = fences(section, 'sh');
const [confirmed, doubted] = fences(section, 'json').map((text) => withoutTime(JSON.parse(text)));

const [selectorCommand = '', draftCommand = ''] = fences(page('docs/http.md'), 'sh');

let demo: Demo;
let printed: string[];

beforeAll(async () => {
  demo = await startDemo({ CALLOFF_DATA_DIR: join(freshFolder(), "ada's own $HOME") });
  printed = demo.commands('curl');
});

/** A printed line as the README has it: with its example token and its example ports. */
function asInReadme(line: string): string {
  return line
    .replace(demo.token, 'TOKEN')
    .replace(demo.url, 'http://127.0.0.1:8787')
    .replace(/127\.0\.0\.1:\d+(?=\/\w+\/faults)/, '127.0.0.1:40897');
}

/** An answer, but for the time of its evidence. */
function withoutTime(answer: unknown): object {
  const { evidence, ...rest } = answerSchema.parse(answer);
  const { observed_at: _, ...source } = evidence;
  return { ...rest, evidence: source };
}

/** An offer, with its own id, secret and time in the place of those of any other. */
function likeAnyOffer(text: string): object {
  const { confirmation } = offerSchema.parse(JSON.parse(text));
  const { id, expires_at, confirmation_token, next_step, ...rest } = confirmation;
  const [tokenId, secret = ''] = confirmation_token.split('.');
  return {
    ...rest,
    isOfToken: tokenId === id,
    idLength: id.length,
    secretLength: secret.length,
    next_step: next_step.replace(expires_at, 'then'),
  };
}

describe('docs/http.md', () => {
  it('shows what a selector is answered with', async () => {
    const command = selectorCommand.replace('http://127.0.0.1:8787', demo.url);
    const answer = await paste(command, bareEnvironment({ TOKEN: demo.token }));
    const [shown = ''] = fences(sectionOf(page('docs/http.md'), 'Selectors'), 'json');
    expect(likeAnyOffer(answer)).toEqual(likeAnyOffer(shown));
  });

  it('creates a draft of an operation', async () => {
    const command = draftCommand.replace('http://127.0.0.1:8787', demo.url);
    const answer = await paste(command, bareEnvironment({ TOKEN: demo.token }));
    expect(JSON.parse(answer)).toMatchObject({ state: 'draft', reason: 'sweep of 3 May' });
  });
});

describe('"Try it" in the README', () => {
  it('starts what this test starts, and shows the first three commands that it prints', () => {
    expect(install).toBe('npm ci && npm start\n');
    expect(curls.join('')).toBe(`${printed.slice(0, 3).map(asInReadme).join('\n')}\n`);
  });

  it('cancels a job, and its provider confirms it', async () => {
    const { details: _, ...answer } = z.looseObject({}).parse(JSON.parse(await paste(printed[0] ?? '')));
    expect(withoutTime(answer)).toEqual(confirmed);
  });

  it('lets a provider lie, and calloff does not repeat it', async () => {
    expect(JSON.parse(await paste(printed[1] ?? ''))).toEqual({ fault: expect.any(String) });
    const answer = await paste(`${printed[2]} -w ' %{http_code}'`);
    expect(answer.slice(-4)).toBe(' 202');
    expect(withoutTime(JSON.parse(answer.slice(0, -4)))).toMatchObject(doubted ?? { nothing: true });
    const [faults = ''] = /http:\S+\/faults/.exec(printed[1] ?? '') ?? [];
    expect((await fetch(faults, { method: 'DELETE' })).ok).toBe(true);
  });
});

describe('what npm start prints', () => {
  it('begins with the address of the page, as a link that signs in once, and says so', async () => {
    const [, address = '', code = ''] = /^Open the page: (\S+)#sign-in=(\S+)\n/.exec(demo.output) ?? [];
    expect(address).toBe(`${demo.url}/`);
    expect(demo.output).toContain('This link works once, for 15 minutes. calloff listens on ');
    const statuses = [(await fetch(address)).status];
    for (const _ of ['first', 'second']) {
      const body = JSON.stringify({ code });
      statuses.push((await fetch(new URL('v1/session', address), { method: 'POST', body })).status);
    }
    expect(statuses).toEqual([200, 200, 401]);
  });

  it('lists the jobs', async () => {
    expect(printed).toHaveLength(4);
    const { jobs } = z
      .object({ jobs: z.array(z.unknown()) })
      .parse(JSON.parse(await paste(printed[3] ?? '')));
    expect(jobs.length).toBeGreaterThan(3);
  });

  it('reads the audit of what the commands before it did, whatever the name of the folder', async () => {
    const [line = ''] = demo.commands('CALLOFF_DATA_DIR=');
    expect(await paste(line)).toMatch(/"outcome":"cancelled"/);
  });

  it('fits a terminal of 24 lines and 80 columns, with the four lines of npm before it', () => {
    // This test gives it a folder with a long name.
    const rows = demo.output
      .replace(/CALLOFF_DATA_DIR=.*(?= npm run)/, 'CALLOFF_DATA_DIR=/tmp/calloff-demo-73l7mj')
      .trimEnd()
      .split('\n')
      .map(({ length }) => Math.max(1, Math.ceil(length / 80)));
    expect(rows.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(20);
  });
});

/** The whole exchange with Slack, as somebody without a workspace would try it. */
async function triesSlack({ terminal }: Demo): Promise<void> {
  const slackTry = async (...args: string[]) => {
    const { code, stdout } = await run('scripts/slack-try.ts', args, terminal);
    expect(code).toBe(0);
    return stdout;
  };
  const listed = await slackTry('list', 'running');
  expect(listed).toContain('Listing jobs …');
  expect(listed).toMatch(/\[2\] Call off \(stop\)/);
  // In npm test, the button of the second message stands for it.
  if (runs(1, 0) === 1)
    expect(await slackTry('--press', 'stop:2')).toMatch(/Later, in the channel:\n {2}■ \*Cancelled\*/);
  const ids = listed.match(/job-[0-9a-f-]{36}/g)?.slice(0, 2) ?? [];
  const asked = await slackTry(`sutro ${ids.join(' ')} because wrong prompt`);
  expect(asked).toContain('*Call off 2 jobs?*');
  expect(asked).toMatch(/\[1\] Call off 2 jobs \(confirm\)/);
  expect(await slackTry('--press', 'confirm')).toContain('*2 jobs: 2 cancelled.*');
}

describe('npm start', () => {
  it('has a Slack that answers, and ends with 0', async () => {
    let ended: Finished | undefined;
    try {
      expect(demo.commands('npm')).toEqual(['npm run -s slack:try -- "list running"']);
      await triesSlack(demo);
    } finally {
      ended = await demo.stop();
    }
    expect(ended).toMatchObject({ code: 0 });
  });
});
