import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AuditEntry } from '../../shared/access/audit/entry.ts';
import { bundled, KillHarness } from '../audit/kill-harness.ts';
import { type Built, bundles } from '../aws/built.ts';
import { usualNames } from '../support/harness.ts';
import { finish, outputOf, start } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { cases, runs } from '../support/thorough.ts';

let harness: KillHarness;
let built: Built;
beforeAll(async () => {
  built = await bundles();
}, 60_000);
beforeEach(async () => {
  harness = await KillHarness.open();
});
afterEach(() => harness.sandbox.close());
afterAll(() => built.remove());

/** One job at every provider to be cancelled alone, and two more each to be cancelled in one call. */
function jobsToCancel(): string[] {
  const one = () =>
    usualNames.map(
      (name) => `${name}/${harness.sandbox.providers[name].addJob({ state: 'running', settlesInMs: 0 })}`,
    );
  return [...one(), ...one(), ...one()];
}

describe('after kill -9', () => {
  // test/soak/kill.test.ts kills at random moments, providers that are slow and lose answers.
  test('before and after what a process does, the audit has every job that was sent, and no false word', async () => {
    const program = await bundled('test/audit/crasher.ts');
    const startedAt = Date.now();
    const crashAt = (point: string, jobs = jobsToCancel()) => {
      const args = [`crasher-${point}`, point, `${usualNames.length}`, ...jobs];
      return finish(start(program, args, harness.environment));
    };
    const whole = jobsToCancel();
    const { stdout } = await crashAt('none', whole);
    expect(harness.sentSince({})).toEqual(new Set(whole));
    expect(await harness.examine(startedAt, new Set(whole))).toEqual({ wrong: [], open: 0 });

    const count = Number(stdout);
    expect(count).toBeGreaterThan(40);
    // Every second of the first job's cancel, and of those of other jobs, which are like it, every thirtieth.
    const everyPoint = Array.from({ length: count }, (_, point) => point);
    const points = cases(
      everyPoint,
      (point) => (point < count / 8 && point % 2 === 1) || point % 30 === 1,
    ).map(String);
    const left = points.values();
    const lane = async () => {
      for (const point of left) expect([point, (await crashAt(point)).code]).toEqual([point, null]);
    };
    await Promise.all([lane(), lane(), lane()]);
    const sent = harness.sentSince({});
    const { wrong, open } = await harness.examine(startedAt, sent);
    process.stdout.write(`${points.length} points, ${sent.size} jobs sent, ${open} without an outcome\n`);
    expect([...wrong, ...harness.liesIn((await harness.auditAt(Date.now())).values())]).toEqual([]);
    expect(open).toBeGreaterThan(points.length / 5);
  }, 60_000);

  test('of a server that answers over HTTP, the same, read from the next one', async () => {
    harness.beUnreliable();
    const token = 'a-token-for-tests-only';
    const authorization = `Bearer ${token}`;
    const env = { ...harness.environment, CALLOFF_TOKEN: token, CALLOFF_DATA_DIR: freshFolder(), PORT: '0' };
    harness.environment = env;
    const startedAt = Date.now();
    const lengths = harness.journalLengths();
    let open = 0;
    const serve = async () => {
      const child = start(built.command, ['serve'], env);
      const [url = ''] = /http:\S+/.exec(await outputOf(child, /listens on http:\S+\n/)) ?? [];
      return { child, url };
    };
    for (let round = 0; round < runs(4, 1) || (open === 0 && round < 20); round += 1) {
      const { child, url } = await serve();
      const before = harness.journalLengths();
      const answers = Array.from({ length: 6 }, () => {
        const jobs = harness
          .newJobs(3)
          .map((name) => ({ provider: name.split('/')[0], job_id: name.split('/')[1] }));
        return fetch(`${url}/v1/jobs/cancel`, {
          method: 'POST',
          headers: { authorization },
          body: JSON.stringify({ jobs, wait_seconds: 1 }),
        });
      });
      // The first, and then every second one, dies only once a cancel has arrived, so that a busy machine does not always kill too early.
      if (round % 2 === 1) await wait(100 + Math.random() * 300);
      else {
        await vi.waitUntil(() => harness.sentSince(before).size > 0, { timeout: 10_000, interval: 2 });
        await wait(Math.random() * 50);
      }
      child.kill('SIGKILL');
      await Promise.allSettled([once(child, 'exit'), ...answers]);
      const found = await harness.examine(startedAt, harness.sentSince(lengths));
      expect(found.wrong).toEqual([]);
      open += found.open;
    }
    expect(open).toBeGreaterThan(0);
    const { child, url } = await serve();
    const response = await fetch(`${url}/v1/audit?limit=1000`, { headers: { authorization } });
    const { entries } = JSON.parse(await response.text());
    child.kill('SIGKILL');
    const named = new Set(entries.map(({ connection, job_id }: AuditEntry) => `${connection}/${job_id}`));
    expect([...harness.sentSince(lengths)].filter((name) => !named.has(name))).toEqual([]);
    expect(harness.liesIn(entries)).toEqual([]);
  }, 60_000);
});
