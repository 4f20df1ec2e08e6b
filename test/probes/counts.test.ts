import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AuditEntry } from '../../shared/access/audit/entry.ts';
import { readAuditPage } from '../../shared/access/audit/reader.ts';
import { type Surface, surfaces } from '../../shared/access/audit/steps.ts';
import { outcomeNames } from '../../shared/contract/outcome.ts';
import type { Clock } from '../../shared/lib/clock.ts';
import type { LogEntry } from '../../shared/lib/log.ts';
import { requestClasses } from '../../shared/lib/telemetry/meter.ts';
import { MetricRegistry } from '../../shared/lib/telemetry/registry.ts';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
import type { Store } from '../../shared/store/store.ts';
import { callerWith, callOf, guardHarness, named } from '../support/guard-harness.ts';
import { operationsHarness } from '../support/operations.ts';
import { runs } from '../support/thorough.ts';
import { type ReadSample, readTextFormat } from './text-format.ts';

/** All that the audit holds about jobs that were to be cancelled. */
async function cancelsIn(store: Store, clock: Clock): Promise<AuditEntry[]> {
  const page = await readAuditPage(store, clock, { from: 0, to: clock.wallTime(), limit: 10_000 });
  return page.entries.filter(
    ({ action, dry_run, connection }) => action === 'cancel' && !dry_run && connection !== undefined,
  );
}

/** How many of each series. */
function tally(series: readonly (readonly (string | undefined)[])[]): Record<string, number> {
  const groups = Map.groupBy(series, (words) => words.join(' '));
  return Object.fromEntries([...groups].map(([key, { length }]) => [key, length]).toSorted());
}

/** The values of a metric, by its labels in this order. */
function valuesOf(
  samples: readonly ReadSample[],
  metric: string,
  labels: readonly string[],
): Record<string, number> {
  const own = samples.filter(({ name }) => name === metric);
  return Object.fromEntries(
    own.map((sample) => [labels.map((label) => sample.labels[label]).join(' '), sample.value]).toSorted(),
  );
}

interface Step {
  readonly kind: 'one' | 'many';
  readonly jobs: readonly number[];
  readonly surface: Surface;
  readonly isDryRun: boolean;
  readonly isLimited: boolean;
  /** What the provider answers to the requests of this step. */
  readonly wire: 'as_usual' | 'limited' | 'broken' | 'lost' | 'rejected';
  readonly isStoreBroken: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('one', 'many'),
  jobs: fc.array(fc.nat(11), { minLength: 1, maxLength: 5 }),
  surface: fc.constantFrom(...surfaces),
  isDryRun: fc.boolean(),
  isLimited: fc.boolean(),
  wire: fc.constantFrom('as_usual', 'as_usual', 'limited', 'broken', 'lost', 'rejected'),
  isStoreBroken: fc.constantFrom(false, false, false, true),
});

/** Whatever else is tried, each class of answer and a refusal are. */
const usual = { kind: 'many', jobs: [0, 1], surface: 'http', isDryRun: false, isLimited: false } as const;
const oneOfEach: Step[] = (['as_usual', 'limited', 'lost', 'rejected', 'broken'] as const).map(
  (wire, index) => ({
    ...usual,
    ...{ jobs: [index, index + 1], isLimited: index === 0, wire, isStoreBroken: false },
  }),
);

it('after any story the counters say what the audit and the wire say, in words of closed lists', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      const { clock, providers, store, gateway } = guardHarness();
      const registry = new MetricRegistry();
      const logged: LogEntry[] = [];
      let wire: Step['wire'] = 'as_usual';
      let isBroken = false;
      const answered: number[] = [];
      const fetch: typeof globalThis.fetch = async (...request) => {
        if (wire === 'lost') {
          answered.push(0);
          throw new TypeError('fetch failed');
        }
        const status = { as_usual: 0, limited: 429, broken: 503, rejected: 401 }[wire];
        const response = status === 0 ? await providers.fetch(...request) : new Response('{}', { status });
        answered.push(response.status);
        return response;
      };
      const breaking: Store = {
        ...store,
        append: (records) =>
          isBroken ? Promise.reject(new StoreUnavailableError('full', 'SQLITE_FULL')) : store.append(records),
      };
      const calloff = gateway({
        store: breaking,
        fetch,
        meter: registry.meter,
        log: (entry) => void logged.push(entry),
        budgetMs: 30_000,
      });
      const ids = [
        ...named('sutro', providers.sutro.addJobs(3, { state: 'running' })),
        ...named('sutro', providers.sutro.addJobs(2, { state: 'completed' })),
        ...named('ionq', providers.ionq.addJobs(4, { state: 'queued' })),
        ...named('sutro', ['no-such-job', 'no-such-other']),
      ];
      for (const { kind, jobs, surface, isDryRun, isLimited, ...circumstances } of steps) {
        ({ wire, isStoreBroken: isBroken } = circumstances);
        const picked = jobs.map((index) => ids[index % ids.length]).filter((job) => job !== undefined);
        const caller = callerWith(isLimited ? { cancelsPerMinute: 1 } : { deny: [] }, {
          id: `${isLimited}`,
        });
        const how = { dry_run: isDryRun, wait_seconds: 1 };
        const call = callOf(caller, { surface });
        if (kind === 'one') await clock.until(calloff.cancelJob({ ...picked[0], ...how }, call));
        else await clock.until(calloff.cancelJobs({ jobs: picked, ...how }, call));
      }
      isBroken = false;
      await clock.turn(600_000);
      const samples = readTextFormat(registry.render(undefined));
      const entries = await cancelsIn(store, clock);
      const counted = valuesOf(samples, 'calloff_cancels_total', ['connection', 'outcome', 'surface']);
      if (steps.every(({ isStoreBroken }) => !isStoreBroken))
        expect(counted).toEqual(
          tally(entries.map(({ connection, outcome, surface }) => [connection, outcome, surface])),
        );
      const unknown = Object.entries(counted).filter(([series]) => series.split(' ')[1] === 'unknown');
      const loggedUnknown = logged.filter(({ event }) => event === 'outcome_unknown');
      expect(loggedUnknown.reduce((sum, { jobs = 0 }) => sum + jobs, 0)).toBe(
        unknown.reduce((sum, [, value]) => sum + value, 0),
      );
      const failures = logged.filter(({ event }) => event === 'audit_unwritable').length;
      const total = (name: string) => samples.find((sample) => sample.name === name)?.value;
      expect(total('calloff_audit_write_failures_total')).toBe(failures);
      expect(total('calloff_rate_limited_total')).toBe(answered.filter((status) => status === 429).length);
      expect(total('calloff_cancel_seconds_count')).toBe(steps.length);
      const classes = valuesOf(samples, 'calloff_provider_requests_total', [
        'class',
        'connection',
        'operation',
      ]);
      const rejected = Object.keys(classes).filter((series) => series.startsWith('rejected '));
      const told = logged.filter(({ event }) => event === 'key_rejected').map(({ connection }) => connection);
      expect(new Set(told)).toEqual(new Set(rejected.map((series) => series.split(' ')[1])));
      expect(Object.values(classes).reduce((sum, value) => sum + value, 0)).toBe(answered.length);
      for (const sample of samples)
        for (const [label, value] of Object.entries(sample.labels)) {
          expect([label, closed[label]?.test(value)]).toEqual([label, true]);
          seen.add(`${label}=${value}`);
        }
    }),
    { numRuns: runs(400, 15), examples: [[oneOfEach]] },
  );
  expect([...seen]).toEqual(
    expect.arrayContaining([
      'class=lost',
      'class=limited',
      'class=2xx',
      'class=rejected',
      'outcome=cancelled',
      'outcome=refused',
    ]),
  );
});

it('an outcome that stays unknown is in the log, with its connection and not its job', async () => {
  const { clock, providers, gateway } = guardHarness();
  const logged: LogEntry[] = [];
  let isLost = false;
  const fetch: typeof globalThis.fetch = async (input, init) => {
    isLost ||= init?.method === 'PUT' || String(input).includes('cancel');
    if (isLost) throw new TypeError('fetch failed');
    return providers.fetch(input, init);
  };
  const calloff = gateway({ fetch, log: (entry) => void logged.push(entry), budgetMs: 30_000 });
  const jobs = named('ionq', providers.ionq.addJobs(2, { state: 'running' }));
  const call = callOf(callerWith({ deny: [] }, { id: 'ada' }), { surface: 'http' });
  await clock.until(calloff.cancelJobs({ jobs, wait_seconds: 1 }, call));
  expect(logged.filter(({ event }) => event === 'outcome_unknown')).toEqual([
    { level: 'warn', event: 'outcome_unknown', request_id: call.requestId, connection: 'ionq', jobs: 2 },
  ]);
});

/** The values that a label may have. */
const closed: Readonly<Record<string, RegExp>> = {
  connection: /^(ionq|sutro)$/,
  outcome: new RegExp(`^(${outcomeNames.join('|')})$`),
  surface: new RegExp(`^(${surfaces.join('|')})$`),
  class: new RegExp(`^(${requestClasses.join('|')})$`),
  operation: /^(status|statusMany|cancel|cancelMany|list)$/,
  state: /^[a-z_]+$/,
  le: /^(\d+(\.\d+)?|\+Inf)$/,
  version: /^\d+\.\d+\.\d+/,
  node: /^\d+\.\d+\.\d+$/,
};

it('of an operation the counters say what the audit says, and that jobs came back', async () => {
  const harness = await operationsHarness();
  const registry = new MetricRegistry();
  const { worker } = harness.newProcess({ meter: registry.meter });
  const back = harness.addJobs({ sutro: 2 }, { comesBackInMs: 120_000 });
  const id = await harness.start([...back, ...harness.addJobs({ sutro: 30, ionq: 20 })]);
  await harness.workOff(worker);
  for (let round = 0; round < 70; round += 1) {
    await harness.clock.turn(60_000);
    await harness.workOff(worker);
  }
  expect(await harness.countsOf(id)).toEqual({ cancelled: 50, came_back: 2 });
  const samples = readTextFormat(registry.render(undefined));
  const entries = await cancelsIn(harness.store, harness.clock);
  expect(valuesOf(samples, 'calloff_cancels_total', ['connection', 'outcome', 'surface'])).toEqual(
    tally(entries.map(({ connection, outcome, surface }) => [connection, outcome, surface])),
  );
  expect(samples.find(({ name }) => name === 'calloff_came_back_total')?.value).toBe(2);
});
