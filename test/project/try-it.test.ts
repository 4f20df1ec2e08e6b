import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fences, readme, sectionOf } from '../support/documents.ts';
import { bareEnvironment, finish, outputOf, start } from '../support/run.ts';

const evidenceSchema = z.looseObject({ observed_at: z.iso.datetime() });
const answerSchema = z.looseObject({ evidence: evidenceSchema });

/** The README's "Try it", followed to the letter beside what `npm start` starts. */
const section = sectionOf(readme, 'Try it');
const [install, cancel, lie] = fences(section, 'sh');
const [confirmed, doubted] = fences(section, 'json').map((text) => withoutTime(JSON.parse(text)));

let server: ReturnType<typeof start>;
let output: string;

beforeAll(async () => {
  server = start('scripts/start.ts', [], bareEnvironment({ PORT: '0' }));
  output = await outputOf(server, /Stop with Ctrl-C/);
});

afterAll(async () => {
  const finished = finish(server);
  server.kill('SIGTERM');
  await finished;
});

/** What the lines print, pasted into one terminal with what `npm start` printed in the place of the examples. */
async function paste(lines: string): Promise<string[]> {
  const [, url = ''] = /listens on (\S+)/.exec(output) ?? [];
  const [, token = ''] = /^token: (\S+)/m.exec(output) ?? [];
  const [, control = ''] = /tells the truth: curl -sS (\S+)/.exec(output) ?? [];
  const script = lines
    .replaceAll('http://127.0.0.1:8787', url)
    .replace('TOKEN=paste-the-token-here', `TOKEN='${token}'`)
    .replace(/^CONTROL=\S+$/m, `CONTROL=${control}`)
    .replaceAll(/^curl .*$/gm, '$&; printf "\\036"');
  const { stdout } = await promisify(execFile)('sh', ['-ec', script], { env: bareEnvironment() });
  return stdout.split('\u{1e}').slice(0, -1);
}

/** An answer, but for the time of its evidence. */
function withoutTime(answer: unknown): object {
  const { evidence, ...rest } = answerSchema.parse(answer);
  const { observed_at: _, ...source } = evidence;
  return { ...rest, evidence: source };
}

describe('"Try it" in the README', () => {
  it('starts what this test starts', () => {
    expect(install).toBe('npm ci && npm start\n');
  });

  it('cancels a job, and its provider confirms it', async () => {
    const [answer = ''] = await paste(cancel ?? '');
    const { details: _, ...told } = z.looseObject({}).parse(withoutTime(JSON.parse(answer)));
    expect(told).toEqual(confirmed);
  });

  it('lets a provider lie, and calloff does not repeat it', async () => {
    const [fault = '', answer = ''] = await paste(`TOKEN=paste-the-token-here\n${lie}`);
    expect(JSON.parse(fault)).toEqual({ fault: expect.any(String) });
    expect(withoutTime(JSON.parse(answer))).toMatchObject(doubted ?? { nothing: true });
  });
});
