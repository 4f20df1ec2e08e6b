import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { fences, readme, sectionOf } from '../support/documents.ts';
import { type Demo, paste, startDemo } from '../support/process/demo.ts';

const evidenceSchema = z.looseObject({ observed_at: z.iso.datetime() });
const answerSchema = z.looseObject({ evidence: evidenceSchema });

/** The README's "Try it", followed to the letter beside what `npm start` starts. */
const section = sectionOf(readme, 'Try it');
const [install, ...curls] = fences(section, 'sh');
const [confirmed, doubted] = fences(section, 'json').map((text) => withoutTime(JSON.parse(text)));

let demo: Demo;
let printed: string[];

beforeAll(async () => {
  demo = await startDemo();
  printed = demo.commands('curl');
});
afterAll(() => demo.stop());

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
  });
});

describe('what npm start prints', () => {
  it('lists the jobs', async () => {
    expect(printed).toHaveLength(4);
    const { jobs } = z
      .object({ jobs: z.array(z.unknown()) })
      .parse(JSON.parse(await paste(printed[3] ?? '')));
    expect(jobs.length).toBeGreaterThan(3);
  });

  it('reads the audit of what the commands before it did', async () => {
    const [line = ''] = demo.commands('CALLOFF_DATA_DIR=');
    expect(await paste(line)).toMatch(/"outcome":"cancelled"/);
  });

  it('fits a terminal of 24 lines and 80 columns, with the four lines of npm before it', () => {
    // This test gives it a folder with a long name.
    const rows = demo.output
      .replace(/CALLOFF_DATA_DIR=\S+/, 'CALLOFF_DATA_DIR=/tmp/calloff-demo-73l7mj')
      .trimEnd()
      .split('\n')
      .map(({ length }) => Math.max(1, Math.ceil(length / 80)));
    expect(rows.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(20);
  });
});
