import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { attributeField, labelsField } from '../../shared/adapter/attributes.ts';
import { findRequest } from '../../shared/contract/requests.ts';
import { matchFilter } from '../../shared/engine/list/filter.ts';
import { context } from '../support/harness.ts';
import { scriptedLists, sutroJob, sutroPages } from '../support/truth/scripted-lists.ts';

interface Shown {
  readonly owner?: unknown;
  readonly target?: unknown;
  readonly metadata?: unknown;
}

/** What a filter says of a job whose provider shows this of it. */
function judged(filter: object, { owner, target, metadata }: Shown) {
  const { limit: _, ...asked } = findRequest.parse(filter);
  const job = { jobId: 'job-1', state: 'running' as const, providerStatus: 'RUNNING' };
  const shown = { owner: attributeField.parse(owner), target: attributeField.parse(target) };
  return matchFilter({ ...job, ...shown, ...labelsField.parse(metadata) }, { ...asked, now: 0 });
}

describe('a filter by owner, target or label', () => {
  test.each<[object, Shown, string]>([
    [{ owner: 'ada' }, { owner: 'Ada' }, 'yes'],
    [{ owner: 'ａｄａ' }, { owner: 'a\u200bDA' }, 'yes'],
    [{ owner: ' ada ' }, { owner: ' ada ' }, 'yes'],
    [{ owner: 'ada' }, { owner: 'ada lovelace' }, 'no'],
    [{ owner: 'ada*' }, { owner: 'ada lovelace' }, 'yes'],
    [{ owner: '*' }, { owner: 'anybody' }, 'yes'],
    [{ owner: '*' }, { owner: null }, 'no'],
    [{ owner: 'ada' }, { owner: '' }, 'no'],
    [{ owner: 'ada' }, {}, 'owner'],
    [{ owner: 'ada' }, { owner: 7 }, 'owner'],
    [{ owner: 'ada' }, { owner: '\u200b' }, 'owner'],
    [{ owner: 'a*' }, { owner: 'a'.repeat(201) }, 'owner'],
    [{ owner: 'b' }, { owner: 'a'.repeat(201) }, 'owner'],
    [{ target: 'qpu.*' }, { target: 'qpu.forte-1' }, 'yes'],
    [{ target: 'qpu' }, { target: 'qpu.forte-1' }, 'no'],
    [{ target: 'qpu.*' }, { owner: 'qpu.1' }, 'target'],
    [{ label: 'team=ml' }, { metadata: { Team: 'ML' } }, 'yes'],
    [{ label: 'team=m*' }, { metadata: { team: 'ml' } }, 'yes'],
    [{ label: 'team=' }, { metadata: { team: '' } }, 'yes'],
    [{ label: 'team=a=b' }, { metadata: { team: 'a=b' } }, 'yes'],
    [{ label: '*=ml' }, { metadata: { env: 'x', team: 'ml' } }, 'yes'],
    [{ label: 'team=ml' }, { metadata: { team: 'web' } }, 'no'],
    [{ label: 'team=ml' }, { metadata: {} }, 'no'],
    [{ label: 'team=ml' }, { metadata: null }, 'no'],
    [{ label: 'team=ml' }, {}, 'label'],
    [{ label: 'team=ml' }, { metadata: { team: 'web', size: 7 } }, 'label'],
    [{ label: 'team=ml' }, { metadata: { team: 'm'.repeat(201) } }, 'label'],
    [{ label: 'env=x' }, { metadata: { env: 'y', team: 'm'.repeat(201) } }, 'no'],
    [{ owner: 'ada', label: 'team=ml' }, { owner: 'bob' }, 'no'],
    [{ owner: 'ada', name: 'x' }, { owner: 'ada' }, 'name'],
  ])('%j says of %j: %s', (filter, shown, said) => {
    expect(judged(filter, shown)).toBe(said);
  });

  test.each([
    { owner: '' },
    { owner: '\u200b' },
    { label: 'team' },
    { label: '=ml' },
    { target: 'x'.repeat(201) },
  ])('is refused if it can be no filter: %j', (filter) => {
    expect(findRequest.safeParse(filter).success).toBe(false);
  });

  test('never decides by what was cut or left out', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 3 });
    const long = text.map((end) => `${'a'.repeat(250)}${end}`);
    const filler = fc.uniqueArray(fc.stringMatching(/^k[0-9]{1,3}$/), { minLength: 17, maxLength: 30 });
    fc.assert(
      fc.property(text, fc.boolean(), long, filler, (word, hasStar, whole, keys) => {
        const pattern = hasStar ? `${word}*` : word;
        expect(judged({ owner: pattern }, { owner: whole })).toBe('owner');
        const many = { metadata: Object.fromEntries(keys.map((key) => [key, 'v'])) };
        expect(judged({ label: `${pattern}=v` }, many)).toBe('label');
      }),
    );
  });
});

const ids = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'] as const;
/** Two jobs at IonQ of two people, and two at Sutro, which shows no owner. */
function lists() {
  const [one, other] = ids;
  const jobs = [
    {
      ...{ id: one, status: 'started', submitter_id: 'ada', backend: 'qpu.1', metadata: { team: 'ml' } },
      ...{ submitted_at: '2026-01-01T00:00:00Z', started_at: '2026-01-01T00:01:00Z' },
    },
    { id: other, status: 'started', submitter_id: 'adam', backend: 'qpu.2', metadata: null },
  ];
  return scriptedLists([
    {
      provider: 'ionq',
      list: (query) => ({ jobs: query.get('status') === 'ready' ? [] : jobs, next: null }),
    },
    { provider: 'sutro', list: sutroPages([sutroJob('job-1'), sutroJob('job-2', { model: 'qpu.1' })], 10) },
  ]);
}

describe('a list by owner, target or label', () => {
  it('has the jobs that match, and says of how many it could not tell', async () => {
    expect(await lists().find({ owner: 'ada' })).toMatchObject({
      jobs: [{ provider: 'ionq', job_id: ids[0], owner: 'ada', target: 'qpu.1', labels: { team: 'ml' } }],
      partial: true,
      unavailable: [{ provider: 'sutro', code: 'filter_unanswered', unjudged: 2 }],
    });
    expect(await lists().find({ label: 'team=*' })).toMatchObject({
      jobs: [{ job_id: ids[0] }],
      unavailable: [{ provider: 'sutro', code: 'filter_unanswered', unjudged: 2 }],
    });
    const { jobs, unavailable } = await lists().find({ target: 'qpu.1' });
    expect(jobs.map(({ job_id }) => job_id)).toEqual([ids[0], 'job-2']);
    expect(unavailable).toMatchObject([{ provider: 'sutro', unjudged: 1, message: expect.any(String) }]);
  });

  it('says which filter has no answer', async () => {
    const why = async (filter: object) =>
      (await lists().find(filter)).unavailable.map((each) => each.message);
    const end = 'They are left out. Remove that filter to see them.';
    expect(await why({ owner: 'ada' })).toEqual([
      `The list of Sutro does not show who owns 2 jobs, so calloff cannot tell whether they match the filter by owner. ${end}`,
    ]);
    expect(await why({ label: 'team=ml' })).toEqual([
      `The list of Sutro does not show all labels of 2 jobs, so calloff cannot tell whether they match the filter by label. ${end}`,
    ]);
    expect(await why({ target: 'x' })).toEqual([
      `The list of Sutro does not show what 1 job run on, so calloff cannot tell whether they match the filter by target. ${end}`,
    ]);
  });

  it('goes on only with the same filters', async () => {
    const here = lists();
    const { next_cursor: cursor } = await here.find({ owner: 'ada*', limit: 1 });
    expect(cursor).not.toBeNull();
    for (const filter of [{ owner: 'ada' }, { target: 'ada*' }, { label: 'ada=*' }, {}]) {
      const answer = await here.gateway.listJobs({ ...filter, cursor }, context);
      expect(answer).toMatchObject({ ok: false, faults: [{ path: 'cursor' }] });
    }
    expect(await here.find({ owner: 'ada*', cursor })).toMatchObject({ jobs: [{ job_id: ids[1] }] });
  });

  it('says beside the creation of a job when it began, and in an outcome among its details', async () => {
    const began = '2026-01-01T00:01:00.000Z';
    const { jobs } = await lists().find({ owner: 'ada' });
    expect(jobs).toMatchObject([{ created_at: '2026-01-01T00:00:00.000Z', started_at: began }]);
    expect(jobs[0]?.details ?? {}).not.toHaveProperty('started_at');
    const { outcomes } = await lists().cancel({ selector: { owner: 'ada' }, dry_run: true });
    expect(outcomes).toMatchObject([{ owner: 'ada', details: { started_at: began } }]);
  });

  it('leaves out what a job does not have, and labels if the jobs are many', async () => {
    const { jobs } = await lists().find({ provider: 'sutro' });
    expect(Object.keys(jobs[0] ?? {})).not.toContain('owner');
    const many = Array.from({ length: 201 }, (_, index) => ({
      id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      ...{ status: 'started', submitter_id: null, metadata: { team: 'ml' } },
    }));
    const page = (from: number) => ({
      jobs: many.slice(from, from + 25),
      next: from + 25 < many.length ? String(from + 25) : null,
    });
    const here = scriptedLists([{ provider: 'ionq', list: (query) => page(Number(query.get('next') ?? 0)) }]);
    const some = await here.find({ limit: 200 });
    expect(some.jobs.filter(({ labels }) => labels !== undefined)).toHaveLength(200);
    const all = await here.find({ limit: 201 });
    expect(all.jobs.filter(({ labels }) => labels === undefined)).toHaveLength(201);
  });
});

describe('a page of a list', () => {
  const long = '"'.repeat(200);
  const labels = Object.fromEntries(
    Array.from({ length: 16 }, (_, index) => [String(index).padEnd(199, '"'), long]),
  );
  const jobs = Array.from({ length: 1_000 }, (_, index) => ({
    id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    ...{ status: 'started', name: long, submitter_id: long, backend: long, metadata: labels },
  }));
  const page = (from: number) => ({
    jobs: jobs.slice(from, from + 25),
    next: from + 25 < jobs.length ? String(from + 25) : null,
  });

  it.each([200, 1_000])(
    'of %d jobs with the longest of everything fits what Lambda returns',
    async (limit) => {
      const here = scriptedLists([
        { provider: 'ionq', list: (query) => page(Number(query.get('next') ?? 0)) },
      ]);
      const found = await here.find({ limit });
      expect(found.jobs).toHaveLength(limit);
      // An answer of a function is JSON in JSON.
      expect(Buffer.byteLength(JSON.stringify(JSON.stringify(found)))).toBeLessThan(6_200_000);
    },
  );
});

describe('a selector by owner', () => {
  it('picks only jobs whose owner can be seen, and says what it left out', async () => {
    const { outcomes, unavailable } = await lists().cancel({ selector: { owner: 'ada' }, dry_run: true });
    expect(outcomes.map(({ job_id }) => job_id)).toEqual([ids[0]]);
    expect(unavailable).toMatchObject([{ provider: 'sutro', code: 'filter_unanswered', unjudged: 2 }]);
  });
});
