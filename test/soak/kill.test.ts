import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundled, KillHarness } from '../audit/kill-harness.ts';
import { outputOf, start } from '../support/process/run.ts';

/** How many processes are killed, in how much time at the most, and how many of them live at once, on one file. */
const kills = { wanted: 200, least: 30, withinMs: 120_000 };
const lanes = 3;
/** More than a process can do while it lives: once it is ready, for as long again as it took to be at the most. */
const jobsEach = 20;

let harness: KillHarness;
let program: string;
beforeAll(async () => {
  harness = await KillHarness.open();
  harness.beUnreliable();
  program = await bundled('test/audit/canceller.ts');
}, 60_000);
afterAll(() => harness.sandbox.close());

describe('after kill -9', () => {
  test(`of ${kills.wanted} processes, or as many as two minutes allow, at random moments the audit has every job that was sent, and no false word`, async () => {
    let killed = 0;
    let withOpen = 0;
    let open = 0;
    const wrong: string[] = [];
    const killNext = async () => {
      killed += 1;
      const caller = `canceller-${killed}`;
      const startedAt = Date.now();
      const jobs = harness.newJobs(jobsEach);
      const lengths = harness.journalLengths();
      const spawnedAt = performance.now();
      const child = start(program, [caller, ...jobs], harness.environment);
      const ended = once(child, 'exit');
      await outputOf(child, /ready/);
      await wait(Math.random() * (performance.now() - spawnedAt));
      child.kill('SIGKILL');
      const [code, signal] = await ended;
      if (signal !== 'SIGKILL') wrong.push(`${caller} was not killed, but ended with ${code}`);
      const sent = new Set([...harness.sentSince(lengths)].filter((name) => jobs.includes(name)));
      const found = await harness.examine(startedAt, sent, { caller });
      wrong.push(...found.wrong);
      open += found.open;
      if (found.open > 0) withOpen += 1;
    };
    const until = performance.now() + kills.withinMs;
    const lane = async () => {
      while (killed < kills.wanted && performance.now() < until) await killNext();
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    const all = await harness.auditAt(Date.now());
    wrong.push(
      ...[...harness.sentSince({})].filter((name) => !all.has(name)),
      ...harness.liesIn(all.values()),
    );
    process.stdout.write(
      `${killed} kills: ${harness.sentSince({}).size} jobs were sent, ${open} of them without an outcome after ${withOpen} kills\n`,
    );
    expect(wrong).toEqual([]);
    expect(killed).toBeGreaterThan(kills.least);
    expect(withOpen).toBeGreaterThan(killed / 5);
  }, 240_000);
});
