import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { twins } from '../../sandbox/providers/index.ts';
import { type Exchange, type ProviderName, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { TwinFacts } from '../../sandbox/twin/provider-model.ts';
import {
  accepted,
  connectionsTo,
  connectionTo,
  context,
  gatewayTo,
  missingJobId,
  providerLogsOf,
  providerNames,
  settingsFor,
  sharesOneQuota,
} from '../support/harness.ts';
import { serverFor } from '../support/surfaces/server.ts';
import { cases, casesAt, runs } from '../support/thorough.ts';
import { type CheckedCase, checkOutcomes } from '../support/truth/check-outcomes.ts';

/** One where jobs are cancelled by lists of them, and one whose checks and cancels share a quota. */
const unlike = cases(providerNames, (name) => name === 'ionq' || name === 'promptloop');

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({ control: false });
});
afterEach(() => sandbox.close());

function addJobs(provider: ProviderName, count: number, state: 'queued' | 'running' = 'running') {
  return named(provider, sandbox.providers[provider].addJobs(count, { state }));
}

function named(provider: ProviderName, ids: readonly string[]) {
  return ids.map((job_id) => ({ provider, job_id }));
}

function cancelsAt(provider: ProviderName): Exchange[] {
  return sandbox.providers[provider].journal.filter(({ operation }) => operation.startsWith('cancel'));
}

function lies(
  asked: CheckedCase['asked'],
  { outcomes, counts }: Pick<CheckedCase, 'outcomes' | 'counts'>,
): string[] {
  return checkOutcomes({ asked, outcomes, ...(counts && { counts }), witnesses: providerLogsOf(sandbox) });
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pass(2);
}

describe('a caller who goes away', () => {
  test.each(unlike)('stops what is not sent at %s, and what is sent is settled', async (provider) => {
    const jobs = addJobs(provider, 200);
    sandbox.providers[provider].setFault({ kind: 'delay', ms: 40, operations: ['cancel', 'cancelMany'] });
    const leaving = new AbortController();
    const call = gatewayTo(sandbox).cancelJobs({ jobs }, { ...context, signal: leaving.signal });
    await until(() => cancelsAt(provider).length > 0);
    leaving.abort();
    const answer = accepted(await call);
    const sent = cancelsAt(provider).flatMap(({ jobIds }) => jobIds);
    await pass(200);
    expect(cancelsAt(provider).flatMap(({ jobIds }) => jobIds)).toEqual(sent);
    expect(lies(jobs, answer)).toEqual([]);
    const expected = new Set(['cancelled', 'cancelling']);
    for (const { job_id, outcome } of answer.outcomes) {
      if (sent.includes(job_id)) expect(expected).toContain(outcome);
      else expect(outcome).toBe('not_attempted');
    }
  });

  test('is noticed by the embedded server', async () => {
    const jobs = addJobs('sutro', 300);
    sandbox.providers.sutro.setFault({ kind: 'delay', ms: 100, operations: ['cancel'] });
    const settings = settingsFor(connectionsTo(sandbox));
    const server = await serverFor(settings);
    const leaving = new AbortController();
    const call = fetch(`${server.url}/v1/jobs/cancel`, {
      method: 'POST',
      headers: { authorization: `Bearer ${settings.token}` },
      body: JSON.stringify({ jobs }),
      signal: leaving.signal,
    });
    await until(() => cancelsAt('sutro').length > 0);
    leaving.abort();
    await expect(call).rejects.toThrow();
    await pass(400);
    const sent = cancelsAt('sutro').length;
    expect(sent).toBeLessThan(100);
    await server.stop();
    expect(cancelsAt('sutro').length).toBe(sent);
  });
});

describe('the time budget', () => {
  test.each(unlike)('ends a call to %s in time, with the rest not attempted', async (provider) => {
    const jobs = addJobs(provider, 400);
    const { setLimits, setFault } = sandbox.providers[provider];
    setLimits({ cancel: { perSecond: 20 }, cancelMany: { perSecond: 1 } });
    setFault({ kind: 'delay', ms: 20 });
    const startedAt = Date.now();
    const answer = accepted(await gatewayTo(sandbox, { budgetMs: 3_000 }).cancelJobs({ jobs }, context));
    expect(Date.now() - startedAt).toBeLessThanOrEqual(3_000);
    expect(lies(jobs, answer)).toEqual([]);
    const { not_attempted = 0, failed = 0, cancelled = 0, cancelling = 0, unknown = 0 } = answer.counts;
    if (sharesOneQuota(provider)) {
      // Its checks wait for the same quota as its cancels, which come first: what was cancelled may be looked at too late.
      expect(cancelled + cancelling).toBeGreaterThanOrEqual(20);
      expect(unknown).toBe(0);
      return;
    }
    expect(cancelled).toBeGreaterThanOrEqual(20);
    expect(unknown + cancelling).toBeLessThanOrEqual(20);
    expect(not_attempted + failed + cancelled).toBeGreaterThanOrEqual(380);
  });

  test('is not waited out where Retry-After is longer', async () => {
    const jobs = addJobs('sutro', 50);
    sandbox.providers.sutro.setFault({
      kind: 'rate_limited',
      retryAfter: { seconds: 600 },
      operations: ['cancel'],
    });
    const startedAt = Date.now();
    const answer = accepted(await gatewayTo(sandbox, { budgetMs: 20_000 }).cancelJobs({ jobs }, context));
    expect(Date.now() - startedAt).toBeLessThan(3_000);
    expect(answer.counts.failed).toBe(50);
    for (const { code, retryable, retry_after_seconds = 0 } of answer.outcomes) {
      expect({ code, retryable }).toEqual({ code: 'rate_limited', retryable: true });
      expect(retry_after_seconds).toBeGreaterThan(50);
      expect(retry_after_seconds).toBeLessThanOrEqual(60);
    }
    expect(lies(jobs, answer)).toEqual([]);
  });
});

describe('a provider that does not want us', () => {
  test.each([401])('after the second %i the rest is unsent, and others go on', async (status) => {
    const [many, few] = [runs(300, 120), runs(50, 20)];
    const unwanted = addJobs('sutro', many);
    const wanted = [...addJobs('ionq', few), ...addJobs('ionworks', few), ...addJobs('promptloop', few)];
    sandbox.providers.sutro.setFault({ kind: 'status', status, operations: ['cancel'] });
    const jobs = [...unwanted, ...wanted];
    const answer = accepted(await gatewayTo(sandbox).cancelJobs({ jobs }, context));
    // 32 are in flight together, and the first refusal lets one more out.
    expect(cancelsAt('sutro').length).toBeLessThanOrEqual(33);
    expect(answer.counts).toMatchObject({ failed: many, cancelled: 3 * few });
    for (const { code } of answer.outcomes.slice(0, many)) expect(code).toBe('credentials_rejected');
    expect(lies(jobs, answer)).toEqual([]);
  });

  test('a 403 under a key that was just accepted is about its job, and the rest is sent', async () => {
    const theirs = addJobs('sutro', 3);
    const ours = addJobs('sutro', 100);
    const jobIds = theirs.map(({ job_id }) => job_id);
    sandbox.providers.sutro.setFault({ kind: 'status', status: 403, operations: ['cancel'], jobIds });
    const jobs = [...theirs, ...ours];
    const answer = accepted(await gatewayTo(sandbox).cancelJobs({ jobs }, context));
    expect(answer.counts).toMatchObject({ refused: 3, cancelled: 100 });
    for (const { code, message } of answer.outcomes.slice(0, 3)) {
      expect(code).toBe('denied_by_provider');
      expect(message).toMatch(/does not let this API key cancel this job\. After that the job was/);
    }
    expect(lies(jobs, answer)).toEqual([]);
  });

  test('one job in a list of ids that the key may not touch leaves the others to be cancelled', async () => {
    const theirs = addJobs('ionq', 1);
    const ours = addJobs('ionq', 40);
    const jobIds = theirs.map(({ job_id }) => job_id);
    const operations = ['cancel', 'cancelMany'] as const;
    sandbox.providers.ionq.setFault({ kind: 'status', status: 403, operations, jobIds });
    const jobs = [...theirs, ...ours];
    const answer = accepted(await gatewayTo(sandbox).cancelJobs({ jobs }, context));
    expect(answer.counts).toMatchObject({ refused: 1, cancelled: 40 });
    expect(answer.outcomes[0]).toMatchObject({ code: 'denied_by_provider' });
    expect(lies(jobs, answer)).toEqual([]);
  });

  test('after five connections in a row that do not open the rest is unsent', async () => {
    const many = runs(300, 120);
    const down = named(
      'sutro',
      Array.from({ length: many }, () => randomUUID()),
    );
    const wanted = addJobs('ionworks', 20);
    const connections = [
      ...connectionsTo(sandbox).filter(({ name }) => name !== 'sutro'),
      connectionTo('sutro', { baseUrl: 'http://127.0.0.1:9', apiKey: 'k' }),
    ];
    const gateway = gatewayTo(sandbox, { connections });
    const startedAt = Date.now();
    const answer = accepted(await gateway.cancelJobs({ jobs: [...down, ...wanted] }, context));
    expect(Date.now() - startedAt).toBeLessThan(4_000);
    expect(answer.counts).toMatchObject({ failed: many, cancelled: 20 });
    for (const { code } of answer.outcomes.slice(0, many)) expect(code).toBe('provider_unavailable');
  });

  test('does not slow the others down', async () => {
    const slow = addJobs('ionworks', 20);
    const quick = addJobs('sutro', 100);
    sandbox.providers.ionworks.setLimits({ cancel: { perSecond: 10 } });
    const startedAt = Date.now();
    const answer = accepted(await gatewayTo(sandbox).cancelJobs({ jobs: [...slow, ...quick] }, context));
    expect(answer.counts.cancelled).toBe(120);
    expect((cancelsAt('sutro').at(-1)?.at ?? Infinity) - startedAt).toBeLessThan(1_500);
  });
});

/** Whether a job that waits can be told from one that runs. */
function showsQueued(name: (typeof providerNames)[number]): boolean {
  const facts: TwinFacts = twins[name];
  return facts.showsAs?.queued === undefined;
}

describe('what is sent', () => {
  test.each(providerNames.filter((name) => name !== 'promptloop' && showsQueued(name)))(
    'at %s goes to queued jobs before running ones',
    async (provider) => {
      const each = runs(60, 40);
      const running = addJobs(provider, each);
      const queued = addJobs(provider, each, 'queued');
      const gateway = gatewayTo(sandbox);
      accepted(await gateway.cancelJobs({ jobs: [...running, ...queued] }, context));
      const ids = new Set([...running, ...queued].map(({ job_id }) => job_id));
      // In the order in which they leave: requests that leave together may arrive in another one.
      const left = [...gateway.left].filter((id) => ids.has(id));
      expect(left).toHaveLength(2 * each);
      const first = new Set(left.slice(0, each));
      expect(running.filter(({ job_id }) => first.has(job_id))).toEqual([]);
    },
  );

  test.each(casesAt([1, 7, 30], 1))(
    'at IonQ is split where a list of %i is the most',
    async (bulkMaximum) => {
      sandbox.providers.ionq.configure({ bulkMaximum });
      const jobs = addJobs('ionq', 100);
      const answer = accepted(await gatewayTo(sandbox).cancelJobs({ jobs }, context));
      expect(answer.counts.cancelled).toBe(100);
      expect(lies(jobs, answer)).toEqual([]);
    },
  );

  test('at IonQ is split until the id that spoils the list is alone', async () => {
    const { ionq } = sandbox.providers;
    ionq.configure({ unknownInBulk: 'rejected' });
    const jobs = [...addJobs('ionq', 50), ...named('ionq', [randomUUID()]), ...addJobs('ionq', 49)];
    ionq.setFault({
      kind: 'status',
      status: 500,
      operations: ['status', 'statusMany'],
      jobIds: jobs.map(({ job_id }) => job_id),
      times: 160,
    });
    const answer = accepted(
      await gatewayTo(sandbox).cancelJobs({ jobs, send_if_status_unknown: true, wait_seconds: 0 }, context),
    );
    expect(jobs.filter(({ job_id }) => ionq.job(job_id)?.state === 'cancelled')).toHaveLength(99);
    expect(lies(jobs, answer)).toEqual([]);
    expect(cancelsAt('ionq').length).toBeLessThan(25);
  });

  test.each([
    ['POST', { postAllowed: false }],
    ['GET', { getAllowed: false }],
  ] as const)(
    'at a Sutro that takes no %s goes by the other method, which is remembered',
    async (cancelMethod, switches) => {
      sandbox.providers.sutro.configure(switches);
      const connections = [
        { ...connectionTo('sutro', sandbox.providers.sutro), options: { cancel_method: cancelMethod } },
      ];
      const gateway = gatewayTo(sandbox, { connections });
      const [many, more] = [runs(100, 50), runs(50, 20)];
      const first = addJobs('sutro', many);
      const { counts } = accepted(await gateway.cancelJobs({ jobs: first }, context));
      expect(counts.cancelled).toBe(many);
      const perJob = Map.groupBy(cancelsAt('sutro'), ({ jobIds }) => jobIds[0]);
      expect(Math.max(...[...perJob.values()].map((sent) => sent.length))).toBe(2);
      const before = cancelsAt('sutro').length;
      accepted(await gateway.cancelJobs({ jobs: addJobs('sutro', more) }, context));
      expect(cancelsAt('sutro').length - before).toBe(more);
    },
  );

  test('at a Sutro that takes neither method is two requests a job, and failed', async () => {
    sandbox.providers.sutro.configure({ postAllowed: false, getAllowed: false });
    const jobs = addJobs('sutro', 10);
    const answer = accepted(await gatewayTo(sandbox).cancelJobs({ jobs, wait_seconds: 0 }, context));
    expect(answer.counts.failed).toBe(10);
    expect(lies(jobs, answer)).toEqual([]);
  });

  test('is sent once, however often and in whatever case a UUID is named', async () => {
    for (const provider of ['ionq', 'promptloop', 'ionworks'] as const) {
      const [job] = addJobs(provider, 1);
      const job_id = job?.job_id ?? '';
      const jobs = named(provider, [job_id.toUpperCase(), job_id, job_id]);
      const { outcomes, duplicates } = accepted(await gatewayTo(sandbox).cancelJobs({ jobs }, context));
      expect(duplicates).toBe(2);
      expect(outcomes.map(({ job_id, outcome }) => ({ job_id, outcome }))).toEqual([
        { job_id, outcome: 'cancelled' },
      ]);
      expect(cancelsAt(provider)).toHaveLength(1);
    }
  });

  test('is kept apart where ids differ in case and are no UUIDs', async () => {
    for (const id of ['job-A', 'job-a']) sandbox.providers.sutro.addJob({ id, state: 'running' });
    const { counts, duplicates } = accepted(
      await gatewayTo(sandbox).cancelJobs({ jobs: named('sutro', ['job-A', 'job-a', 'job-A']) }, context),
    );
    expect({ duplicates, cancelled: counts.cancelled }).toEqual({ duplicates: 1, cancelled: 2 });
  });
});

describe('looks', () => {
  const blind = { kind: 'status', status: 500, operations: ['status', 'list', 'statusMany'] } as const;

  test('that fail: nothing is sent, unless send_if_status_unknown', async () => {
    const jobs = providerNames.flatMap((provider) => addJobs(provider, 3));
    for (const provider of providerNames) sandbox.providers[provider].setFault(blind);
    const careful = accepted(await gatewayTo(sandbox).cancelJobs({ jobs, wait_seconds: 0 }, context));
    expect(careful.counts.failed).toBe(jobs.length);
    expect(providerNames.flatMap(cancelsAt)).toEqual([]);
    const how = { wait_seconds: 0, send_if_status_unknown: true };
    const bold = accepted(await gatewayTo(sandbox).cancelJobs({ jobs, ...how }, context));
    expect(bold.counts.cancelling).toBe(jobs.length);
    expect(lies(jobs, bold)).toEqual([]);
  });

  test.each(providerNames)(
    'that fail before a cancel at %s leave open whether the job ended first',
    async (provider) => {
      const [id = ''] = sandbox.providers[provider].addJobs(1, { state: 'completed' });
      sandbox.providers[provider].setFault({ ...blind, jobIds: [id], times: 3 });
      const jobs = named(provider, [id]);
      const how = { wait_seconds: 0, send_if_status_unknown: true };
      const answer = accepted(await gatewayTo(sandbox).cancelJobs({ jobs, ...how }, context));
      const [{ outcome, raced, message } = {}] = answer.outcomes;
      expect([outcome, raced]).toEqual(['already_finished', undefined]);
      expect(message).toMatch(/without knowing the state of the job/);
      expect(lies(jobs, answer)).toEqual([]);
    },
  );

  test.each(providerNames)('follow a cancel at %s even with no wait at all', async (provider) => {
    const jobs = named(
      provider,
      sandbox.providers[provider].addJobs(10, { state: 'running', settlesInMs: 0 }),
    );
    const answer = accepted(await gatewayTo(sandbox).cancelJobs({ jobs, wait_seconds: 0 }, context));
    expect(answer.counts.cancelled).toBe(10);
  });

  test.each(providerNames)('are all that a dry run sends to %s', async (provider) => {
    const jobs = [
      ...addJobs(provider, 10),
      ...addJobs(provider, 5, 'queued'),
      ...named(provider, [missingJobId(provider)]),
    ];
    const answer = accepted(await gatewayTo(sandbox).cancelJobs({ jobs, dry_run: true }, context));
    expect(answer.counts).toMatchObject({ would_cancel: 15, not_found: 1 });
    expect(cancelsAt(provider)).toEqual([]);
    expect(lies(jobs, answer)).toEqual([]);
  });
});
