import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AuditedRequest } from '../../shared/access/audit/body.ts';
import type { AuditEntry } from '../../shared/access/audit/entry.ts';
import type { AuditPlace, AuditQuery } from '../../shared/access/audit/query.ts';
import { readAuditPage } from '../../shared/access/audit/reader.ts';
import { AuditWriter } from '../../shared/access/audit/writer.ts';
import { openSqliteStore } from '../../shared/store/sqlite/store.ts';
import type { Store } from '../../shared/store/store.ts';
import { type Driver, drivers } from '../store/drivers.ts';
import { SetClock } from '../store/host.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { runs } from '../support/thorough.ts';
import { outcomeOf } from '../support/truth/outcomes.ts';

const request: AuditedRequest = { caller: 'ada', kind: 'person', surface: 'http', action: 'cancel' };
const all = { from: 0, to: Number.POSITIVE_INFINITY, limit: 1_000 } as const;
const tenSeconds = 10_000;

/** What happened to a job: its cancel was written down before and after, only before, or refused. */
const fates = ['settled', 'lost', 'refused'] as const;

/** A request to be written down, and what is to be read of it. */
interface Written {
  readonly tick: number;
  readonly id: string;
  readonly caller: string;
  readonly jobs: readonly {
    readonly connection: 'ionq' | 'sutro';
    readonly id: string;
    readonly fate: string;
  }[];
}

const written = fc.uniqueArray(
  fc.record({
    tick: fc.nat(3),
    id: fc.stringMatching(/^[a-c-][A-Za-z0-9_=.:-]{0,2}$/),
    caller: fc.constantFrom('ada', 'bob'),
    jobs: fc.uniqueArray(
      fc.record({
        connection: fc.constantFrom('ionq' as const, 'sutro' as const),
        id: fc.stringMatching(/^[a-d]$/),
        fate: fc.constantFrom(...fates),
      }),
      { maxLength: 6, selector: ({ connection, id }) => `${connection}/${id}` },
    ),
  }),
  { maxLength: 8, selector: ({ tick, id }) => `${tick} ${id}` },
);

/** Writes as the service does; a request without jobs is a note. */
async function write(store: Store, at: number, { id, caller, jobs }: Written): Promise<void> {
  const auditWriter = new AuditWriter(
    store,
    { now: () => at, wallTime: () => at, after: () => () => undefined },
    id,
  );
  const by = { ...request, caller };
  if (jobs.length === 0) return auditWriter.recordRequest(by, 'allowed');
  const sent = jobs.filter(({ fate }) => fate !== 'refused');
  for (const [connection, share] of Map.groupBy(sent, (job) => job.connection))
    await auditWriter.recordIntent(
      by,
      connection,
      share.map((job) => job.id),
      at + tenSeconds,
    );
  const told = jobs.filter(({ fate }) => fate !== 'lost');
  await auditWriter.recordOutcomes(
    by,
    told.map((job) =>
      outcomeOf({
        provider: job.connection,
        job_id: job.id,
        ...(job.fate === 'refused'
          ? { outcome: 'refused', code: 'protected_job' }
          : { outcome: 'cancelled' }),
      }),
    ),
  );
}

/** An entry in short, as it should read once every deadline has passed. */
function expectedOf({ tick, id, caller, jobs }: Written): string[] {
  const words = { settled: 'cancelled', lost: 'unknown', refused: 'refused' };
  const names = jobs.map(({ connection, id: job, fate }) => `${connection} ${job} ${words[fateOf(fate)]}`);
  return (names.length === 0 ? ['-'] : names).map((name) => `${tick} ${id} ${caller} ${name}`).sort();
}

function fateOf(name: string): (typeof fates)[number] {
  return fates.find((fate) => fate === name) ?? 'lost';
}

function shortOf(start: number) {
  return ({ at, request_id, caller, connection, job_id, outcome }: AuditEntry) =>
    `${Date.parse(at) - start} ${request_id} ${caller} ${job_id === undefined ? '-' : `${connection} ${job_id} ${outcome}`}`;
}

const newestFirst = (one: Written, other: Written) => other.tick - one.tick || (one.id < other.id ? 1 : -1);

/** All pages of a query; `between` happens after each. */
async function pages(
  { store, clock }: { store: Store; clock: SetClock },
  query: AuditQuery,
  between: (count: number) => Promise<void> = async () => undefined,
): Promise<AuditEntry[][]> {
  const found: AuditEntry[][] = [];
  for (let place: AuditPlace | undefined; ; ) {
    const page = await readAuditPage(store, clock, { ...query, place });
    found.push([...page.entries]);
    if (page.next === null) return found;
    place = page.next;
    await between(found.length);
  }
}

describe.each(Object.entries(drivers).filter(([name]) => name !== 'memory'))(
  'the audit in %s',
  (name, start) => {
    let driver: Driver;
    // Each run of a store in SQLite on a thread starts one.
    const tries = { numRuns: name === 'SQLite' ? runs(60, 2) : runs(20, name === 'DynamoDB' ? 2 : 6) };
    beforeAll(async () => {
      driver = await start();
    });
    afterAll(() => driver.stop());

    /** A store of its own. */
    async function opened(): Promise<{ store: Store; clock: SetClock; start: number }> {
      const host = await driver.host();
      return { store: await host.open(), clock: host.clock, start: host.clock.wallTime() };
    }

    test('reads every job of every request once, by pages of any size, under any filter', async () => {
      const filters = fc.record({
        caller: fc.option(fc.constantFrom('ada', 'bob', 'eve'), { nil: undefined }),
        connection: fc.option(fc.constantFrom('ionq', 'sutro'), { nil: undefined }),
        job: fc.option(fc.constantFrom('a', 'b', 'z'), { nil: undefined }),
        ticks: fc.tuple(fc.integer({ min: -1, max: 3 }), fc.integer({ min: -1, max: 3 })),
      });
      await fc.assert(
        fc.asyncProperty(written, fc.integer({ min: 1, max: 7 }), filters, async (log, limit, filter) => {
          const { store, clock, start } = await opened();
          for (const one of log) await write(store, start + one.tick, one);
          clock.forward(2 * tenSeconds);
          const {
            ticks: [from, to],
            caller,
            connection,
            job,
          } = filter;
          const query = { caller, connection, job, from: start + from, to: start + to, limit };
          const found = await pages({ store, clock }, query);
          const expected = log
            .filter((one) => one.tick >= from && one.tick <= to && one.caller === (caller ?? one.caller))
            .toSorted(newestFirst)
            .map((one) => ({
              ...one,
              jobs: one.jobs.filter(
                (each) => each.connection === (connection ?? each.connection) && each.id === (job ?? each.id),
              ),
              note: one.jobs.length === 0,
            }))
            .filter(
              ({ jobs, note }) => jobs.length > 0 || (note && connection === undefined && job === undefined),
            )
            .map(expectedOf);
          const short = found.flat().map(shortOf(start));
          const read = [...Map.groupBy(short, (line) => line.split(' ', 2).join(' ')).values()];
          expect(read.map((lines) => lines.sort())).toEqual(expected);
          expect(found.every((page) => page.length <= limit)).toBe(true);
          await store.close();
        }),
        tries,
      );
    }, 90_000);

    test('is not disturbed by what is written while it is read', async () => {
      await fc.assert(
        fc.asyncProperty(written, written, fc.integer({ min: 1, max: 4 }), async (log, more, limit) => {
          const { store, clock, start } = await opened();
          for (const one of log) await write(store, start + one.tick, one);
          clock.forward(2 * tenSeconds);
          const whole = (await pages({ store, clock }, all)).flat().map(shortOf(start));
          const fresh = more.filter((one) => !log.some(({ tick, id }) => tick === one.tick && id === one.id));
          const found = await pages({ store, clock }, { ...all, limit }, async () => {
            const next = fresh.pop();
            if (next !== undefined) await write(store, start + next.tick, next);
          });
          const known = new Set(whole);
          expect(
            found
              .flat()
              .map(shortOf(start))
              .filter((line) => known.has(line)),
          ).toEqual(whole);
          await store.close();
        }),
        tries,
      );
    }, 90_000);

    const jobsOfCall = runs(5_000, 1_500);
    test(`pages through a call of ${jobsOfCall} jobs, the newest of all, while others come in`, async () => {
      const { store, clock, start } = await opened();
      const jobs = Array.from({ length: jobsOfCall }, (_, index) => `job-${String(index).padStart(4, '0')}`);
      const auditWriter = new AuditWriter(store, clock, 'bulk');
      await auditWriter.recordIntent(request, 'sutro', jobs, start + tenSeconds);
      await auditWriter.recordOutcomes(
        request,
        jobs.map((job_id) => outcomeOf({ provider: 'sutro', job_id, outcome: 'cancelled' })),
      );
      const limit = name === 'SQLite' ? runs(77, 277) : runs(1_000, 500);
      const found = await pages({ store, clock }, { ...all, limit }, async (count) => {
        clock.forward(1);
        await new AuditWriter(store, clock, `late-${count}`).recordRequest(
          { ...request, action: 'audit' },
          'allowed',
        );
      });
      expect(found.flat().map(({ job_id }) => job_id)).toEqual(jobs);
      expect(found.filter(({ length }) => length > 0)).toHaveLength(Math.ceil(jobsOfCall / limit));
      await store.close();
    }, 60_000);
  },
);

describe('the audit', () => {
  let store: Store;
  let clock: SetClock;
  beforeEach(async () => {
    clock = new SetClock();
    store = await openSqliteStore({ folder: freshFolder(), clock, hasThread: false });
  });
  afterEach(() => store.close());

  test('knows no outcome of what is under way, and unknown from past its deadline until one is written', async () => {
    const auditWriter = new AuditWriter(store, clock, 'r');
    const deadline = clock.wallTime() + tenSeconds;
    await auditWriter.recordIntent(request, 'sutro', ['a', 'b'], deadline);
    const outcomes = async () =>
      (await readAuditPage(store, clock, all)).entries.map(({ outcome, decision }) => [outcome, decision]);
    clock.forward(tenSeconds);
    expect(await outcomes()).toEqual([
      [undefined, 'allowed'],
      [undefined, 'allowed'],
    ]);
    clock.forward(1);
    expect(await outcomes()).toEqual([
      ['unknown', 'allowed'],
      ['unknown', 'allowed'],
    ]);
    await auditWriter.recordOutcomes(request, [
      outcomeOf({ provider: 'sutro', job_id: 'b', outcome: 'cancelled' }),
    ]);
    expect(await outcomes()).toEqual([
      ['unknown', 'allowed'],
      ['cancelled', 'allowed'],
    ]);
  });

  test('passes over what it cannot read, counts it once, and reads keys that it does not know', async () => {
    const at = clock.wallTime();
    const known = { is: 'intent', request, deadline: at, connection: 'sutro', job_ids: ['a', 'b', 'c'] };
    const newer = { ...known, job_ids: ['d'], why: 'x', request: { ...request, tenant: 'y' } };
    const bodies = [
      known,
      newer,
      { ...known, is: 'verdict' },
      { ...known, request: { ...request, kind: 'robot' } },
    ];
    const texts = [...bodies.map((body) => JSON.stringify(body)), '', '{', 'null', '[]', '7'];
    await store.append(texts.map((body, part) => ({ at, requestId: 'r', part: `${part}`, body })));
    let place: AuditPlace | undefined;
    const jobs: (string | undefined)[] = [];
    let unreadable = 0;
    do {
      const page = await readAuditPage(store, clock, { ...all, limit: 1, place });
      jobs.push(...page.entries.map(({ job_id }) => job_id));
      unreadable += page.unreadable;
      place = page.next ?? undefined;
    } while (place !== undefined);
    expect(jobs).toEqual(['a', 'b', 'c', 'd']);
    expect(unreadable).toBe(7);
  });

  test('ends under a filter that matches nothing in a long log, page by page', async () => {
    const body = JSON.stringify({ is: 'request', request, decision: 'allowed' });
    const at = clock.wallTime();
    const entries = runs(25_000, 11_000);
    await store.append(
      Array.from({ length: entries }, (_, index) => ({ at: at + index, requestId: 'r', part: 'a', body })),
    );
    const found = await pages({ store, clock }, { ...all, caller: 'eve' });
    expect(found.flat()).toEqual([]);
    expect(found).toHaveLength(Math.ceil(entries / 10_000));
    expect((await pages({ store, clock }, { ...all, caller: 'ada' })).flat()).toHaveLength(entries);
  });

  test.each([
    [{ action: 'cancel' }, 'allowed', false],
    [{ action: 'confirm', step: 'approve' }, 'allowed', false],
    [{ action: 'confirm', step: 'decline' }, 'allowed', false],
    [{ action: 'cancel', step: 'create' }, 'allowed', false],
    [{ action: 'list' }, 'refused', false],
    [{ action: 'audit' }, 'refused', false],
    [{ action: 'confirm', step: 'show' }, 'refused', false],
    [{ action: 'list' }, 'allowed', true],
    [{ action: 'audit' }, 'allowed', true],
    [{ action: 'confirm' }, 'allowed', true],
    [{ action: 'confirm', step: 'show' }, 'allowed', true],
    [{ action: 'list', step: 'read' }, 'allowed', true],
  ] as const)(
    'of %o, %s, leaves out the entry if reads are not wanted: %s',
    async (what, decision, isOut) => {
      await new AuditWriter(store, clock, 'r').recordRequest({ ...request, ...what }, decision);
      const found = async (reads?: boolean) =>
        (await pages({ store, clock }, { ...all, reads })).flat().length;
      expect([await found(), await found(true), await found(false)]).toEqual([1, 1, isOut ? 0 : 1]);
    },
  );

  test('fills a page with what is no read, however many reads are between, and goes on behind it', async () => {
    for (let number = 0; number < 10; number += 1) {
      const writer = new AuditWriter(store, clock, `r-${number}`);
      for (let read = 0; read < 7; read += 1)
        await writer.recordRequest({ ...request, action: 'list' }, 'allowed');
      await writer.recordIntent(request, 'ionq', [`job-${number}`], 0);
      clock.forward(1);
    }
    const found = await pages({ store, clock }, { ...all, limit: 4, reads: false });
    expect(found.map((page) => page.length)).toEqual([4, 4, 2]);
    expect(new Set(found.flat().map(({ job_id }) => job_id)).size).toBe(10);
  });

  test('finds a job by a UUID in any case, and other ids in theirs alone', async () => {
    const uuid = '617a1f8b-59d4-435d-aa33-695433d7155e';
    await new AuditWriter(store, clock, 'r').recordIntent(request, 'ionq', [uuid, 'job-a', 'JOB-A'], 0);
    const find = async (job: string) =>
      (await readAuditPage(store, clock, { ...all, job })).entries.map(({ job_id }) => job_id);
    expect(await find(uuid.toUpperCase())).toEqual([uuid]);
    expect(await find('JOB-A')).toEqual(['JOB-A']);
  });
});
