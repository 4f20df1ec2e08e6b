import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PretendProvider, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { AuditEntry } from '../../shared/access/audit/reader.ts';
import { readSettings } from '../../shared/config/settings.ts';
import type { Clock } from '../../shared/lib/clock.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { openLocal } from '../../shared/local-gateway.ts';
import { auditOf } from '../audit/support.ts';
import { type Built, bundles } from '../aws/built.ts';
import { checkOutcomes } from '../support/check-outcomes.ts';
import { providerLogsOf, providerNames } from '../support/harness.ts';
import { bareEnvironment, outputOf, sandboxEnvironment, start } from '../support/run.ts';
import { freshFolder } from '../support/temporary.ts';

/** How many processes are killed, in how much time at the most, and how many of them live at once, on one file. */
const kills = { wanted: 200, least: 30, withinMs: 120_000 };
const lanes = 3;
/** More than a process can do while it lives: once it is ready, for as long again as it took to be at the most. */
const jobsEach = 20;
/** More than the budget of a call. */
const pastDeadlineMs = 60_000;

let sandbox: Sandbox;
let program: string;
let built: Built;
let environment: Record<string, string>;

beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
  environment = bareEnvironment({ ...sandboxEnvironment(sandbox), CALLOFF_BUDGET_SECONDS: '5' });
  built = await bundles();
  const folder = freshFolder();
  program = join(folder, 'canceller.mjs');
  await build({
    entryPoints: { canceller: 'test/audit/canceller.ts', 'sqlite-worker': 'shared/store/sqlite/worker.ts' },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
  });
  for (const provider of providers()) {
    provider.setFault({ kind: 'delay', ms: 1, jitterMs: 8 });
    provider.setFault({
      kind: 'lost_after_effect',
      status: 502,
      operations: ['cancel', 'cancelMany'],
      probability: 0.1,
      seed: 1,
    });
  }
}, 60_000);
afterAll(async () => {
  await built.remove();
  await sandbox.close();
});

function providers(): PretendProvider[] {
  return Object.values(sandbox.providers);
}

/** New jobs at every provider, as `provider/id`, in any order; some are slow to stop. */
function newJobs(count: number): string[] {
  const names = providerNames.flatMap((name) =>
    Array.from({ length: count }, () => {
      const id = sandbox.providers[name].addJob({ state: 'running', settlesInMs: Math.random() * 400 });
      return { name: `${name}/${id}`, order: Math.random() };
    }),
  );
  return names.sort((one, other) => one.order - other.order).map(({ name }) => name);
}

/** The jobs that a provider was asked to cancel since its journal had so many lines, as `provider/id`. */
function sentSince(lengths: Readonly<Record<string, number>>): Set<string> {
  const sent = providerNames.flatMap((name) =>
    sandbox.providers[name].journal
      .slice(lengths[name] ?? 0)
      .filter(({ operation }) => operation === 'cancel' || operation === 'cancelMany')
      .flatMap(({ jobIds }) => jobIds.map((id) => `${name}/${id}`)),
  );
  return new Set(sent);
}

function journalLengths(): Record<string, number> {
  return Object.fromEntries(providerNames.map((name) => [name, sandbox.providers[name].journal.length]));
}

/** The audit as it reads at a time, by `provider/id`, of a store that is opened anew. */
async function auditAt(now: number, filters: object = {}): Promise<Map<string, AuditEntry>> {
  const clock: Clock = { now: () => now, wallTime: () => now, after: () => () => undefined };
  const local = await openLocal(readSettings(environment), { log: silentLog, clock });
  const until = new Date(now + pastDeadlineMs).toISOString();
  const entries = await auditOf(local.gateway, { until, ...filters });
  await local.close();
  const jobs = entries.filter(({ job_id }) => job_id !== undefined);
  return new Map(jobs.map((entry) => [`${entry.connection}/${entry.job_id}`, entry]));
}

/** What is wrong with the audit after a kill, and how many jobs were sent whose outcome did not get written. */
async function examine(startedAt: number, sent: ReadonlySet<string>, more: object = {}) {
  const filters = { since: new Date(startedAt).toISOString(), ...more };
  const before = await auditAt(startedAt, filters);
  const after = await auditAt(startedAt + pastDeadlineMs, filters);
  const wrong = [...sent].filter((name) => !before.has(name)).map((name) => `${name} is missing`);
  for (const [name, { outcome }] of before) {
    const later = after.get(name)?.outcome;
    if (later !== (outcome ?? 'unknown')) wrong.push(`${name} is ${outcome}, and past its deadline ${later}`);
  }
  const open = [...before].filter(([name, { outcome }]) => outcome === undefined && sent.has(name));
  return { wrong, open: open.length };
}

/** Whether what the audit says of jobs is so, as the providers know. */
function liesIn(entries: Iterable<AuditEntry>): string[] {
  const told = [...entries].flatMap(({ connection: provider, job_id, outcome, state, code, evidence }) =>
    provider && job_id && outcome && state && evidence
      ? [{ provider, job_id, outcome, state, evidence, ...(code && { code }), retryable: false, message: '' }]
      : [],
  );
  return checkOutcomes({ asked: told, outcomes: told, witnesses: providerLogsOf(sandbox) });
}

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
      const jobs = newJobs(jobsEach);
      const lengths = journalLengths();
      const spawnedAt = performance.now();
      const child = start(program, [caller, ...jobs], environment);
      const ended = once(child, 'exit');
      await outputOf(child, /ready/);
      await wait(Math.random() * (performance.now() - spawnedAt));
      child.kill('SIGKILL');
      const [code, signal] = await ended;
      if (signal !== 'SIGKILL') wrong.push(`${caller} was not killed, but ended with ${code}`);
      const sent = new Set([...sentSince(lengths)].filter((name) => jobs.includes(name)));
      const found = await examine(startedAt, sent, { caller });
      wrong.push(...found.wrong);
      open += found.open;
      if (found.open > 0) withOpen += 1;
    };
    const until = performance.now() + kills.withinMs;
    const lane = async () => {
      while (killed < kills.wanted && performance.now() < until) await killNext();
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    const all = await auditAt(Date.now());
    wrong.push(...[...sentSince({})].filter((name) => !all.has(name)), ...liesIn(all.values()));
    process.stdout.write(
      `${killed} kills: ${sentSince({}).size} jobs were sent, ${open} of them without an outcome after ${withOpen} kills\n`,
    );
    expect(wrong).toEqual([]);
    expect(killed).toBeGreaterThan(kills.least);
    expect(withOpen).toBeGreaterThan(killed / 5);
  }, 240_000);

  test('of a server that answers over HTTP, the same, read from the next one', async () => {
    const token = 'a-token-for-tests-only';
    const authorization = `Bearer ${token}`;
    const env = { ...environment, CALLOFF_TOKEN: token, CALLOFF_DATA_DIR: freshFolder(), PORT: '0' };
    environment = env;
    const startedAt = Date.now();
    const lengths = journalLengths();
    let open = 0;
    const serve = async () => {
      const child = start(built.command, ['serve'], env);
      const [url = ''] = /http:\S+/.exec(await outputOf(child, /listens on http:\S+\n/)) ?? [];
      return { child, url };
    };
    for (let round = 0; round < 4 || (open === 0 && round < 20); round += 1) {
      const { child, url } = await serve();
      const answers = Array.from({ length: 6 }, () => {
        const jobs = newJobs(3).map((name) => ({ provider: name.split('/')[0], job_id: name.split('/')[1] }));
        return fetch(`${url}/v1/jobs/cancel`, {
          method: 'POST',
          headers: { authorization },
          body: JSON.stringify({ jobs, wait_seconds: 1 }),
        });
      });
      await wait(100 + Math.random() * 300);
      child.kill('SIGKILL');
      await Promise.allSettled([once(child, 'exit'), ...answers]);
      const found = await examine(startedAt, sentSince(lengths));
      expect(found.wrong).toEqual([]);
      open += found.open;
    }
    expect(open).toBeGreaterThan(0);
    const { child, url } = await serve();
    const response = await fetch(`${url}/v1/audit?limit=1000`, { headers: { authorization } });
    const { entries } = JSON.parse(await response.text());
    child.kill('SIGKILL');
    const named = new Set(entries.map(({ connection, job_id }: AuditEntry) => `${connection}/${job_id}`));
    expect([...sentSince(lengths)].filter((name) => !named.has(name))).toEqual([]);
    expect(liesIn(entries)).toEqual([]);
  }, 60_000);
});
