import { join, parse } from 'node:path';
import { build } from 'esbuild';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { AuditEntry } from '../../shared/access/audit/entry.ts';
import { readSettings } from '../../shared/config/settings.ts';
import type { Clock } from '../../shared/lib/clock.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { openLocal } from '../../shared/local-gateway.ts';
import { providerLogsOf, usualNames } from '../support/harness.ts';
import { bareEnvironment, sandboxEnvironment } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { checkOutcomes } from '../support/truth/check-outcomes.ts';
import { auditOf } from './support.ts';

/** More than the budget of a call. */
const pastDeadlineMs = 60_000;

/** Pretend providers, and what is found of the processes that were killed while they spoke to them. */
export class KillHarness {
  readonly sandbox: Sandbox;
  /** Of the processes to be killed: all of them on one store. */
  environment: Record<string, string>;

  private constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
    this.environment = bareEnvironment({ ...sandboxEnvironment(sandbox), CALLOFF_BUDGET_SECONDS: '5' });
  }

  static async open(): Promise<KillHarness> {
    return new KillHarness(await startSandbox({ control: false }));
  }

  /** Answers are slow now and then, and some of the cancels are carried out without an answer. */
  beUnreliable(): void {
    for (const provider of Object.values(this.sandbox.providers)) {
      provider.setFault({ kind: 'delay', ms: 1, jitterMs: 8 });
      provider.setFault({
        kind: 'lost_after_effect',
        status: 502,
        operations: ['cancel', 'cancelMany'],
        probability: 0.1,
        seed: 1,
      });
    }
  }

  /** New jobs at every provider, as `provider/id`, in any order; some are slow to stop. */
  newJobs(count: number): string[] {
    const names = usualNames.flatMap((name) =>
      Array.from({ length: count }, () => {
        const id = this.sandbox.providers[name].addJob({
          state: 'running',
          settlesInMs: Math.random() * 400,
        });
        return { name: `${name}/${id}`, order: Math.random() };
      }),
    );
    return names.sort((one, other) => one.order - other.order).map(({ name }) => name);
  }

  /** The jobs that a provider was asked to cancel since its journal had so many lines, as `provider/id`. */
  sentSince(lengths: Readonly<Record<string, number>>): Set<string> {
    const sent = usualNames.flatMap((name) =>
      this.sandbox.providers[name].journal
        .slice(lengths[name] ?? 0)
        .filter(({ operation }) => operation === 'cancel' || operation === 'cancelMany')
        .flatMap(({ jobIds }) => jobIds.map((id) => `${name}/${id}`)),
    );
    return new Set(sent);
  }

  journalLengths(): Record<string, number> {
    return Object.fromEntries(usualNames.map((name) => [name, this.sandbox.providers[name].journal.length]));
  }

  /** The audit as it reads at a time, by `provider/id`, of a store that is opened anew. */
  async auditAt(now: number, filters: object = {}): Promise<Map<string, AuditEntry>> {
    const clock: Clock = { now: () => now, wallTime: () => now, after: () => () => undefined };
    const local = await openLocal(readSettings(this.environment), { log: silentLog, clock });
    const until = new Date(now + pastDeadlineMs).toISOString();
    const entries = await auditOf(local.gateway, { until, ...filters });
    await local.close();
    const jobs = entries.filter(({ job_id }) => job_id !== undefined);
    return new Map(jobs.map((entry) => [`${entry.connection}/${entry.job_id}`, entry]));
  }

  /** What is wrong with the audit after a kill, and how many jobs were sent whose outcome did not get written. */
  async examine(startedAt: number, sent: ReadonlySet<string>, more: object = {}) {
    const filters = { since: new Date(startedAt).toISOString(), ...more };
    const before = await this.auditAt(startedAt, filters);
    const after = await this.auditAt(startedAt + pastDeadlineMs, filters);
    const wrong = [...sent].filter((name) => !before.has(name)).map((name) => `${name} is missing`);
    for (const [name, { outcome }] of before) {
      const later = after.get(name)?.outcome;
      if (later !== (outcome ?? 'unknown'))
        wrong.push(`${name} is ${outcome}, and past its deadline ${later}`);
    }
    const open = [...before].filter(([name, { outcome }]) => outcome === undefined && sent.has(name));
    return { wrong, open: open.length };
  }

  /** Whether what the audit says of jobs is so, as the providers know. */
  liesIn(entries: Iterable<AuditEntry>): string[] {
    const told = [...entries].flatMap(({ connection: provider, job_id, outcome, state, code, evidence }) =>
      provider && job_id && outcome && state && evidence
        ? [
            {
              provider,
              job_id,
              outcome,
              state,
              evidence,
              ...(code && { code }),
              retryable: false,
              message: '',
            },
          ]
        : [],
    );
    return checkOutcomes({ asked: told, outcomes: told, witnesses: providerLogsOf(this.sandbox) });
  }
}

/** A program as one file, which starts sooner, beside the worker of its store. */
export async function bundled(path: string): Promise<string> {
  const folder = freshFolder();
  const { name } = parse(path);
  await build({
    entryPoints: { [name]: path, 'sqlite-worker': 'shared/store/sqlite/worker.ts' },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
  });
  return join(folder, `${name}.mjs`);
}
