import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findRequest } from '../../shared/contract/requests.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';
import { context } from '../support/harness.ts';
import { runs } from '../support/thorough.ts';
import {
  ionworksJob,
  type ScriptedConnection,
  scriptedLists,
  sutroJob,
  sutroPages,
  walk,
} from '../support/truth/scripted-lists.ts';

/** Names that every object inherits something under, and others. */
const connectionName = fc.oneof(
  fc.constantFrom('constructor', 'valueof', 'prototype', 'hasownproperty', 'tostring'),
  fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
);
/** Cursors as a provider may write them: its own alphabet, any length. */
const cursorStyle = fc.oneof(
  fc.constant((page: number) => `${page}`),
  fc.nat(900).map((length) => (page: number) => `${page}${'c'.repeat(length)}`),
  fc
    .string({ unit: 'grapheme', maxLength: 30 })
    .map((text) => (page: number) => `${page}.${text.toWellFormed()}`),
);

const account = fc.record({
  name: connectionName,
  count: fc.nat(30),
  size: fc.integer({ min: 1, max: 9 }),
  cursorTo: cursorStyle,
});

describe('a list that stands still', () => {
  it('gives every job exactly once, page by page, whatever its cursors and names, and takes each cursor it gave', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(account, { minLength: 1, maxLength: 4, selector: ({ name }) => name }),
        fc.integer({ min: 1, max: 40 }),
        async (accounts, limit) => {
          const connections = accounts.map(({ name, count, size, cursorTo }): ScriptedConnection => {
            const jobs = Array.from({ length: count }, (_, index) => sutroJob(`job-${index}`));
            return { name, provider: 'sutro', list: sutroPages(jobs, size, cursorTo) };
          });
          const { ids, partial } = await walk(scriptedLists(connections), { limit });
          const all = accounts.flatMap(({ name, count }) =>
            Array.from({ length: count }, (_, index) => `${name}/job-${index}`),
          );
          expect(ids.toSorted()).toEqual(all.toSorted());
          expect(partial).toBe(false);
        },
      ),
      { numRuns: runs(60, 12) },
    );
  });

  it('gives every job exactly once where it is asked for by one status after the other', async () => {
    const words = ['submitted', 'ready', 'started', 'completed', 'canceled', 'failed', 'paused'] as const;
    const idOf = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...words), { maxLength: 120 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom('queued', 'queued,running', 'running,unknown', 'failed,queued,unknown', undefined),
        fc.boolean(),
        async (statuses, limit, state, filters) => {
          const jobs = statuses.map((status, index) => ({ id: idOf(index), status }));
          const lists = scriptedLists([
            {
              provider: 'ionq',
              list: (query) => {
                const kept = jobs.filter(
                  ({ status }) => !filters || (query.get('status') ?? status) === status,
                );
                const from = Number(query.get('next') ?? 0);
                const next = from + 25 < kept.length ? String(from + 25) : null;
                return { jobs: kept.slice(from, from + 25), next };
              },
            },
          ]);
          const { ids, partial } = await walk(lists, { limit, ...(state && { state }) });
          const stateOf = { submitted: 'queued', ready: 'queued', started: 'running', failed: 'failed' };
          const meant = jobs.filter(({ status }) => {
            const own = Object.entries(stateOf).find(([word]) => word === status)?.[1];
            const is = status === 'paused' ? 'unknown' : own;
            return state === undefined || (is !== undefined && state.split(',').includes(is));
          });
          expect(ids.toSorted()).toEqual(meant.map(({ id }) => `ionq/${id}`).toSorted());
          expect(partial).toBe(false);
        },
      ),
      { numRuns: runs(60, 12) },
    );
  });
});

/** What happens to a list before one of its pages is asked for: a job begins, or one of those there leaves it. */
const change = fc.oneof(
  fc.constant({ kind: 'begins' as const }),
  fc.record({ kind: fc.constant('ends' as const), index: fc.nat() }),
);

describe('a list that changes while it is read', () => {
  it('never leaves out a job that was there all along without saying that it may have', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 90, max: 420 }),
        fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 5 }),
        fc.boolean(),
        async (count, changes, paginated) => {
          let listed = Array.from({ length: count }, (_, index) => `job-${index}`);
          const lists = scriptedLists([
            {
              provider: 'ionworks',
              list: (query, asked) => {
                for (const each of changes[asked] ?? []) {
                  if (each.kind === 'begins') listed = [`new-${asked}-${listed.length}`, ...listed];
                  else listed = listed.toSpliced(each.index % Math.max(1, listed.length), 1);
                }
                const from = Number(query.get('offset') ?? 0);
                const jobs = listed.slice(from, from + 100).map((id) => ionworksJob(id));
                return paginated ? { jobs, total: listed.length } : jobs;
              },
            },
          ]);
          const found = await lists.find({ provider: 'ionworks', limit: 1_000 });
          const given = new Set(found.jobs.map(({ job_id }) => job_id));
          const stayed = listed.filter((id) => id.startsWith('job-'));
          const missed = stayed.filter((id) => !given.has(id));
          if (missed.length > 0) expect(found).toMatchObject({ partial: true });
          expect(given.size).toBe(found.jobs.length);
          if (changes.flat().length === 0) expect(found.partial).toBe(false);
        },
      ),
      { numRuns: runs(150, 20) },
    );
  });

  it('says so where entries come twice, and gives each once', async () => {
    const pages = [['a', 'b', 'c'], ['c', 'd'], ['e']];
    const lists = scriptedLists([
      {
        provider: 'sutro',
        list: (_query, asked) => ({
          jobs: (pages[asked] ?? []).map((id) => sutroJob(id)),
          next_cursor: asked < 2 ? `c${asked}` : null,
        }),
      },
    ]);
    const found = await lists.find();
    expect(found.jobs.map(({ job_id }) => job_id)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(found).toMatchObject({
      partial: true,
      unavailable: [
        {
          code: 'list_inconsistent',
          read: 5,
          seen_until: '2026-01-01T00:00:00.000Z',
          message:
            'The list of Sutro changed while it was read (1 job appeared twice), so some jobs may be missing. Try again.',
        },
      ],
    });
  });
});

describe('a list that cannot be read to its end', () => {
  const many = (page: number, count = 100) =>
    Array.from({ length: count }, (_, index) => sutroJob(`job-${page}-${index}`, { status: 'SUCCEEDED' }));

  it.each([
    ['never ends and has no jobs', () => [], 20],
    ['never ends and has new jobs on each page', (page: number) => many(page), 100],
  ])(
    'because it %s costs a bounded number of requests, for a list and for a selector',
    async (_how, jobsOf, most) => {
      const list = (_query: URLSearchParams, asked: number) => ({
        jobs: jobsOf(asked),
        next_cursor: `c${asked}`,
      });
      for (const ask of ['find', 'cancel'] as const) {
        const lists = scriptedLists([{ provider: 'sutro', list }]);
        const answer =
          ask === 'find'
            ? await lists.find({ state: 'running' })
            : await lists.cancel({ selector: { provider: 'sutro', state: 'running' } });
        expect(lists.asked.get('sutro')).toHaveLength(most);
        expect(answer.unavailable).toMatchObject([{ provider: 'sutro' }]);
        if ('partial' in answer) expect(answer.partial).toBe(true);
      }
    },
  );

  it('because it gives the same page again says so, and how far it saw', async () => {
    const jobs = Array.from({ length: 100 }, (_, index) => ionworksJob(`job-${index}`));
    const lists = scriptedLists([{ provider: 'ionworks', list: () => jobs }]);
    const found = await lists.find({ limit: 1_000 });
    expect(found.jobs).toHaveLength(100);
    expect(found).toMatchObject({
      partial: true,
      next_cursor: null,
      unavailable: [
        { code: 'list_inconsistent', read: 100, message: expect.stringMatching(/repeated a page/) },
      ],
    });
    expect(lists.asked.get('ionworks')).toHaveLength(2);
  });

  it('because its provider counts more than it shows says how many are missing', async () => {
    const lists = scriptedLists([
      {
        provider: 'ionworks',
        list: (query) => ({ jobs: query.has('offset') ? [] : [ionworksJob('a')], total: 4 }),
      },
    ]);
    expect(await lists.find()).toMatchObject({
      jobs: [{ job_id: 'a' }],
      partial: true,
      unavailable: [
        { code: 'list_inconsistent', message: 'Ionworks says that it has 3 jobs more than its list showed.' },
      ],
    });
  });

  it('because the time is up says how far it was read, and goes on from there', async () => {
    const jobs = Array.from({ length: 5_000 }, (_, index) =>
      sutroJob(`job-${index}`, { status: index < 4_990 ? 'SUCCEEDED' : 'RUNNING' }),
    );
    const lists = scriptedLists([{ provider: 'sutro', list: sutroPages(jobs, 100), delayMs: 1_000 }]);
    const first = await lists.find({ state: 'running' });
    expect(first).toMatchObject({
      jobs: [],
      partial: true,
      unavailable: [{ code: 'list_unfinished', read: 2_000, seen_until: '2026-01-01T00:00:00.000Z' }],
    });
    expect(first.unavailable[0]?.message).toBe(
      'The list of Sutro was not read to its end. calloff read 2,000 jobs, back to 2026-01-01T00:00:00.000Z; it did not read the others. Ask for one provider and one state to read further.',
    );
    const { ids } = await walk(lists, { state: 'running' });
    expect(ids).toHaveLength(10);
  });

  it('because its provider breaks in the middle gives what was read, and takes up where it broke', async () => {
    const jobs = Array.from({ length: 300 }, (_, index) => sutroJob(`job-${index}`));
    let broken = true;
    const pages = sutroPages(jobs, 100);
    const lists = scriptedLists([
      {
        provider: 'sutro',
        list: (query, asked) =>
          broken && query.has('cursor') ? new Response('', { status: 503 }) : pages(query, asked),
      },
    ]);
    const first = await lists.find({ limit: 1_000 });
    expect(first.jobs).toHaveLength(100);
    expect(first).toMatchObject({
      partial: true,
      unavailable: [{ code: 'provider_unavailable', read: 100 }],
    });
    broken = false;
    const rest = await lists.find({ limit: 1_000, cursor: first.next_cursor });
    expect(rest.jobs).toHaveLength(200);
    expect(rest).toMatchObject({ partial: false, next_cursor: null });
  });

  it('because its provider does not take a status is read whole', async () => {
    const id = '617a1f8b-59d4-435d-aa33-695433d7155e';
    const lists = scriptedLists([
      {
        provider: 'ionq',
        list: (query) =>
          query.has('status')
            ? Response.json({ error: 'Bad Request', message: 'no filter', statusCode: 400 }, { status: 400 })
            : { jobs: [{ id, status: 'started' }], next: null },
      },
    ]);
    expect(await lists.find({ state: 'running' })).toMatchObject({ jobs: [{ job_id: id }], partial: false });
  });
});

describe('what a filter asks for and a list does not show', () => {
  const undated = sutroJob('undated', { datetime_created: 'Fri, 20 Nov 2025 10:00:00 GMT', name: 'sweep' });
  it.each([
    [
      'ionworks',
      { name: 'sweep' },
      [ionworksJob('a'), ionworksJob('b')],
      2,
      /Ionworks does not show the names of jobs/,
    ],
    [
      'sutro',
      { older_than: '1h' },
      { jobs: [undated] },
      1,
      /^Sutro does not show the creation time of 1 job/,
    ],
    [
      'sutro',
      { newer_than: '1h' },
      { jobs: [undated, sutroJob('old', { datetime_created: '2025-11-01T10:00:00+01:00' })] },
      1,
      /the creation time of 1 job/,
    ],
    [
      'sutro',
      { name: 'sweep' },
      { jobs: [sutroJob('a'), sutroJob('b', { name: null })] },
      1,
      /whether 1 job match/,
    ],
    ['sutro', { name: 'sweep', state: 'queued' }, { jobs: [sutroJob('a')] }, 0, /./],
    ['sutro', { name: 'mesh', older_than: '1h' }, { jobs: [undated] }, 0, /./],
  ] as const)(
    'at %s for %j is counted, on lists and for selectors',
    async (provider, filters, answer, unjudged, message) => {
      const lists = scriptedLists([{ provider, list: () => answer }]);
      const expected =
        unjudged === 0
          ? []
          : [{ code: 'filter_unanswered', unjudged, message: expect.stringMatching(message) }];
      const found = await lists.find({ provider, ...filters });
      expect(found).toMatchObject({
        jobs: [],
        partial: unjudged > 0,
        unavailable: expected,
        next_cursor: null,
      });
      const selected = await lists.cancel({ selector: { provider, ...filters } });
      expect(selected.outcomes).toEqual([]);
      expect(selected.unavailable ?? []).toMatchObject(expected);
    },
  );
});

describe('a limit', () => {
  it('is shared by the connections, so that one busy account does not hide what runs at another', async () => {
    const accounts = [200, 3, 50].map((count, index): ScriptedConnection => {
      const jobs = Array.from({ length: count }, (_, job) => sutroJob(`job-${job}`));
      return { name: `account-${index}`, provider: 'sutro', list: sutroPages(jobs, 100) };
    });
    const found = await scriptedLists(accounts).find({ limit: 45 });
    const counts = accounts.map(({ name }) => found.jobs.filter(({ provider }) => provider === name).length);
    expect(counts).toEqual([21, 3, 21]);
  });

  it('that is less than the connections are gives each its turn', async () => {
    const accounts = ['a', 'b', 'c'].map(
      (name): ScriptedConnection => ({
        name,
        provider: 'sutro',
        list: sutroPages([sutroJob('1'), sutroJob('2')], 100),
      }),
    );
    const { ids } = await walk(scriptedLists(accounts), { limit: 1 });
    expect(new Set(ids.slice(0, 3).map((id) => id[0]))).toEqual(new Set(['a', 'b', 'c']));
    expect(ids).toHaveLength(6);
  });
});

describe('a cursor', () => {
  it('is always taken back; a place that is too long for one is told instead', async () => {
    const noise = (length: number) =>
      Array.from({ length }, () => Math.random().toString(36)[2] ?? '0').join('');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(12_000), { minLength: 1, maxLength: 4 }), async (lengths) => {
        const accounts = lengths.map((length, index): ScriptedConnection => {
          const cursor = noise(length);
          const jobs = Array.from({ length: 4 }, (_, job) => sutroJob(`job-${job}`));
          return {
            name: `account-${index}`,
            provider: 'sutro',
            list: sutroPages(jobs, 2, (page) => `${page}${cursor}`),
          };
        });
        const lists = scriptedLists(accounts);
        const first = await lists.find({ limit: 2 * lengths.length });
        const second =
          first.next_cursor === null
            ? undefined
            : await lists.find({ limit: 100, cursor: first.next_cursor });
        const given = new Set(
          [...first.jobs, ...(second?.jobs ?? [])].map(({ provider, job_id }) => provider + job_id),
        );
        expect(first.next_cursor?.length ?? 0).toBeLessThanOrEqual(6_000);
        const lost = first.unavailable.map(({ provider, code }) => `${code} ${provider}`);
        for (const { name = '' } of accounts) {
          const isWhole = [0, 1, 2, 3].every((job) => given.has(`${name}job-${job}`));
          expect(isWhole || lost.includes(`list_unfinished ${name}`)).toBe(true);
        }
      }),
      { numRuns: runs(40, 15) },
    );
  });

  it('of other filters is refused, because what it passed over may be meant now', async () => {
    const jobs = Array.from({ length: 4 }, (_, job) => sutroJob(`job-${job}`));
    const lists = scriptedLists([{ provider: 'sutro', list: sutroPages(jobs, 2) }]);
    const { next_cursor: cursor } = await lists.find({ state: 'running', limit: 1 });
    for (const filters of [
      {},
      { state: 'queued' },
      { state: 'running', name: 'x' },
      { state: 'running', newer_than: '2h' },
    ]) {
      const answer = await lists.gateway.listJobs({ ...filters, cursor }, context);
      expect(answer).toMatchObject({
        ok: false,
        faults: [{ path: 'cursor', message: 'belongs to the filters of the previous page; repeat them' }],
      });
    }
  });

  it("that is not calloff's is refused", async () => {
    const lists = scriptedLists([{ provider: 'sutro', list: () => ({ jobs: [] }) }]);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: anyCharacter, maxLength: 200 }),
          fc.base64String({ maxLength: 400 }),
          fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString('base64url')),
        ),
        async (cursor) => {
          expect(await lists.gateway.listJobs({ cursor }, context)).toMatchObject({ ok: false });
        },
      ),
    );
    expect(findRequest.safeParse({ cursor: 'x'.repeat(8_001) }).success).toBe(false);
  });
});

it('ages that no job can have are a fault', async () => {
  const lists = scriptedLists([{ provider: 'sutro', list: () => ({ jobs: [] }) }]);
  expect(await lists.gateway.listJobs({ older_than: '2h', newer_than: '90m' }, context)).toMatchObject({
    ok: false,
    faults: [{ path: 'older_than' }],
  });
  const answer = await lists.gateway.cancelJobs(
    { selector: { older_than: '2h', newer_than: '2h' } },
    context,
  );
  expect(answer).toMatchObject({ ok: false, faults: [{ path: 'selector.older_than' }] });
});
