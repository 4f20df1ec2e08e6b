import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openApiDocument } from '../../functions/http/openapi.ts';
import { cancelInput } from '../../mcp/tools/input.ts';
import type { Caller } from '../../shared/access/caller.ts';
import type { Store } from '../../shared/store/store.ts';
import { agentWith, callerWith, callOf, guardHarness, named, sentTo } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';

/** A stage, and a caller who cancels by selector. */
function selecting(caller: Caller = callerWith({}), terms: { readonly budgetMs?: number } = {}) {
  const harness = guardHarness();
  const gateway = harness.gateway(terms);
  const cancel = (how: object, by = caller) =>
    harness.clock.until(gateway.cancelJobs({ wait_seconds: 0, ...how }, callOf(by)));
  const { ionq, sutro } = harness.providers;
  const sent = () =>
    sentTo(ionq, sutro)
      .map(({ jobId }) => jobId)
      .toSorted();
  return { harness, gateway, cancel, sent, ionq, sutro };
}

describe('a selector', () => {
  it('cancels nothing at first, and then exactly what was shown, whatever came since', async () => {
    const { cancel, sent, ionq, sutro } = selecting();
    const shown = [
      ...ionq.addJobs(3, { state: 'running', name: 'Sweep 1' }),
      ...sutro.addJobs(120, { state: 'queued', name: 'my sweep' }),
    ];
    sutro.addJobs(2, { state: 'running', name: 'production' });
    sutro.addJobs(2, { state: 'completed', name: 'sweep' });
    const { outcomes, confirmation } = accepted(await cancel({ selector: { name: 'SWEEP' } }));
    expect(outcomes.map(({ job_id }) => job_id).toSorted()).toEqual(shown.toSorted());
    expect(new Set(outcomes.map(({ code }) => code))).toEqual(new Set(['confirmation_required']));
    expect(new Set(outcomes.map(({ state }) => state))).toEqual(new Set(['running', 'queued']));
    expect(confirmation?.jobs).toBe(123);
    expect(sent()).toEqual([]);
    sutro.addJobs(5, { state: 'running', name: 'sweep, begun since' });
    const { counts } = accepted(await cancel({ confirmation_token: confirmation?.confirmation_token }));
    expect(counts).toMatchObject({ cancelled: 123 });
    expect(sent()).toEqual(shown.toSorted());
  });

  it('needs a confirmation for one job too, also of a caller who needs none otherwise', async () => {
    const { cancel, sent, sutro } = selecting();
    sutro.addJobs(1, { state: 'running' });
    const { outcomes, confirmation } = accepted(await cancel({ selector: { provider: 'sutro' } }));
    expect(outcomes[0]?.message).toBe(
      'A cancel with a selector needs a confirmation first, even for one job. Nothing was sent.',
    );
    expect(confirmation).toMatchObject({ jobs: 1 });
    expect(sent()).toEqual([]);
  });

  it.each([
    ['running', ['running']],
    ['queued', ['queued']],
    ['queued, running', ['queued', 'running']],
    [undefined, ['queued', 'running']],
  ])('with state %s means jobs that are so', async (state, expected) => {
    const { cancel, sutro } = selecting();
    for (const each of ['queued', 'running', 'cancelling', 'cancelled', 'completed', 'failed'] as const)
      sutro.addJobs(2, { state: each, ...(each === 'cancelling' ? { settlesInMs: 1e9 } : {}) });
    const { outcomes } = accepted(await cancel({ selector: { provider: 'sutro', ...(state && { state }) } }));
    expect([...new Set(outcomes.map((outcome) => outcome.state))].toSorted()).toEqual(expected);
    expect(outcomes).toHaveLength(expected.length * 2);
  });

  it('without a state leaves out what is over or being cancelled, and says so wherever it is described', () => {
    const words = 'jobs that have not ended and are not being cancelled';
    expect(JSON.stringify(openApiDocument())).toContain(words);
    expect(JSON.stringify(z.toJSONSchema(cancelInput.many))).toContain(words);
    expect(readFileSync('docs/http.md', 'utf8').replaceAll(/\s+/g, ' ')).toContain(words);
  });

  it('that picks only ended jobs needs no confirmation', async () => {
    const { cancel, sent, sutro } = selecting();
    sutro.addJobs(3, { state: 'completed' });
    const found = accepted(await cancel({ selector: { provider: 'sutro', state: 'completed' } }));
    expect(found.counts).toMatchObject({ already_finished: 3 });
    expect(found.confirmation).toBeUndefined();
    const none = accepted(await cancel({ selector: { provider: 'sutro', state: 'running' } }));
    expect(none).toMatchObject({ outcomes: [], duplicates: 0 });
    expect(none.confirmation).toBeUndefined();
    expect(sent()).toEqual([]);
  });

  it.each([
    [
      { selector: {} },
      /must name a provider, a state, an age, part of a name, an owner, a target or a label/,
    ],
    [{ selector: { name: '' } }, /name/],
    [{ selector: { all: true } }, /all/],
    [{ selector: { state: 'any' } }, /state/],
    [{ selector: { provider: 'nowhere' } }, /selector.provider must be one of ionq, sutro/],
    [{}, /give either jobs or a selector/],
    [{ selector: { name: 'x' }, jobs: named('sutro', ['job-1']) }, /give either jobs or a selector/],
    [
      { selector: { name: 'x' }, confirmation_token: 'a.b' },
      /selector cannot be combined with a confirmation/,
    ],
  ])('that is none is refused: %j', async (request, expected) => {
    const { cancel, sutro } = selecting();
    sutro.addJobs(2, { state: 'running' });
    const answer = await cancel(request);
    expect(answer.ok ? '' : answer.faults.map(({ path, message }) => `${path} ${message}`).join()).toMatch(
      expected,
    );
    expect(sutro.journal).toEqual([]);
  });

  it('names the providers that it could not ask, and offers the rest', async () => {
    const { cancel, ionq, sutro } = selecting();
    ionq.addJobs(2, { state: 'running' });
    sutro.addJobs(2, { state: 'running' });
    ionq.setFault({ kind: 'status', status: 503, operations: ['list'] });
    const { outcomes, unavailable, confirmation } = accepted(
      await cancel({ selector: { state: 'running' } }),
    );
    expect(outcomes.map(({ provider }) => provider)).toEqual(['sutro', 'sutro']);
    expect(unavailable).toEqual([
      {
        provider: 'ionq',
        code: 'provider_unavailable',
        message: expect.stringContaining('could not all be listed'),
      },
    ]);
    expect(confirmation).toMatchObject({ jobs: 2 });
  });

  it('that finds more than one call may name is refused, and says how many that is', async () => {
    const { cancel, sent, sutro } = selecting(callerWith({ maxJobs: 10 }));
    sutro.addJobs(11, { state: 'running' });
    const answer = await cancel({ selector: { provider: 'sutro' } });
    expect(answer).toMatchObject({
      ok: false,
      faults: [{ path: 'selector', message: 'picks more than 10 jobs, the most for one call; narrow it' }],
    });
    expect(sent()).toEqual([]);
  });

  it('sees no connection that its caller may not list, and asks nothing of one it names', async () => {
    const { cancel, ionq, sutro } = selecting(callerWith({ connections: ['sutro'] }));
    ionq.addJobs(2, { state: 'running' });
    sutro.addJobs(2, { state: 'running' });
    const { outcomes } = accepted(await cancel({ selector: { state: 'running' } }));
    expect(outcomes.map(({ provider }) => provider)).toEqual(['sutro', 'sutro']);
    expect(await cancel({ selector: { provider: 'ionq' } })).toMatchObject({
      ok: false,
      faults: [{ kind: 'denied' }],
    });
    expect(ionq.journal).toEqual([]);
    const blind = callerWith({ actions: ['cancel'] });
    expect(await cancel({ selector: { provider: 'sutro' } }, blind)).toMatchObject({
      ok: false,
      faults: [{ kind: 'denied' }],
    });
  });

  it('answers within its time however slow the lists are, and cancels nothing for it', async () => {
    const { harness, cancel, sent, sutro } = selecting(callerWith({}), { budgetMs: 20_000 });
    sutro.addJobs(3_000, { state: 'running' });
    sutro.setFault({ kind: 'delay', ms: 3_000, operations: ['list'] });
    const began = harness.clock.now();
    const answer = accepted(await cancel({ selector: { provider: 'sutro' } }));
    expect(harness.clock.now() - began).toBeLessThanOrEqual(20_000);
    expect(answer.unavailable).toMatchObject([{ provider: 'sutro' }]);
    expect(sent()).toEqual([]);
  });

  it('of an agent goes through repeated, once a person has approved it, while it finds the same', async () => {
    const { cancel, gateway, sent, sutro } = selecting(agentWith({}));
    const ids = sutro.addJobs(3, { state: 'running' });
    const selector = { provider: 'sutro' };
    const { confirmation } = accepted(await cancel({ selector }));
    await gateway.approveConfirmation(
      { confirmation_id: confirmation?.id },
      callOf(callerWith({}, { id: 'ada' })),
    );
    const [more = ''] = sutro.addJobs(1, { state: 'running' });
    const wider = accepted(await cancel({ selector }));
    expect(wider.confirmation?.id).not.toBe(confirmation?.id);
    expect(sent()).toEqual([]);
    await cancel({ jobs: named('sutro', [more]) });
    expect(accepted(await cancel({ selector })).counts).toMatchObject({ cancelled: 3 });
    expect(sent()).toEqual([...ids, more].toSorted());
  });
});

describe('a rule about names', () => {
  const long = `${'a'.repeat(115)} production`;
  const protectedNames = [
    ['the name it protects', 'production, nightly', 'protected_job'],
    ['another name', 'test', undefined],
    ['a name that is cut for display before what is protected', long, 'protected_job'],
    ['a name that is cut for display and holds nothing protected', 'b'.repeat(500), undefined],
    ['a name as long as the longest that is not cut', 'b'.repeat(120), undefined],
    ['a name that is too long to be compared', 'b'.repeat(501), 'protected_job'],
    [
      'a name with more marks on a letter than can be compared',
      `${'b'.repeat(120)}${'\u0301\u0323'.repeat(16)}`,
      'protected_job',
    ],
    ['the protected name, with invisible characters', 'p\u200bro\u00adduc\ufe0ftion', 'protected_job'],
    ['no name', undefined, 'protected_job'],
    ['a name of nothing but characters that cannot be seen', '\u200b\u202e', 'protected_job'],
  ] as const;

  it.each(protectedNames)('meets %s', async (_what, name, code) => {
    const { harness, cancel, sent, sutro } = selecting();
    harness.protectedJobs.push({ name: '*production*' });
    const ids = sutro.addJobs(1, { state: 'running', ...(name === undefined ? {} : { name }) });
    for (const how of [{ dry_run: true }, {}]) {
      const { outcomes } = accepted(await cancel({ jobs: named('sutro', ids), ...how }));
      expect(outcomes[0]?.code).toBe(code);
    }
    expect(sent()).toEqual(code === undefined ? ids : []);
  });

  it.each([
    ['the protected owner', { owner: 'Ada' }, { owner: 'ada' }, 'protected_job'],
    ['another owner', { owner: 'bob' }, { owner: 'ada' }, undefined],
    ['an owner that was cut', { owner: 'b'.repeat(300) }, { owner: 'ada' }, 'protected_job'],
    ['the protected target', { target: 'QPU-1' }, { target: 'qpu-*' }, 'protected_job'],
    ['another target', { target: 'simulator' }, { target: 'qpu-*' }, undefined],
    ['the protected label', { labels: { env: 'prod-2' } }, { label: 'env=prod*' }, 'protected_job'],
    ['another value', { labels: { env: 'test' } }, { label: 'env=prod*' }, undefined],
    ['no labels', {}, { label: 'env=prod*' }, undefined],
    [
      'a label whose key looks like the protected one',
      { labels: { env: 'test', 'e\u200bnv': 'prod' } },
      { label: 'env=prod*' },
      'protected_job',
    ],
    [
      'more labels than calloff reads',
      { labels: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`k${at}`, 'v'])) },
      { label: 'env=prod*' },
      'protected_job',
    ],
  ] as const)('by owner, target or label meets %s', async (_what, shown, rule, code) => {
    const { harness, cancel, sent, ionq } = selecting();
    harness.protectedJobs.push(rule);
    const ids = ionq.addJobs(1, { state: 'running', ...shown });
    for (const how of [{ dry_run: true }, {}]) {
      const { outcomes } = accepted(await cancel({ jobs: named('ionq', ids), ...how }));
      expect(outcomes[0]?.code).toBe(code);
    }
    expect(sent()).toEqual(code === undefined ? ids : []);
  });

  it('by owner holds back every job where calloff cannot see owners, and allows none there', async () => {
    const { harness, cancel, sent, ionq, sutro } = selecting(callerWith({ allow: [{ owner: 'ada' }] }));
    const ids = sutro.addJobs(2, { state: 'running', owner: 'ada' });
    expect(accepted(await cancel({ jobs: named('sutro', ids) })).outcomes).toMatchObject([
      { code: 'denied_by_policy' },
      { code: 'denied_by_policy' },
    ]);
    harness.protectedJobs.push({ owner: 'bob' });
    const { outcomes } = accepted(await cancel({ jobs: named('sutro', ids) }, callerWith({})));
    expect(outcomes).toMatchObject([{ code: 'protected_job' }, { code: 'protected_job' }]);
    expect(sent()).toEqual([]);
    const own = ionq.addJobs(1, { state: 'running', owner: 'Ada' });
    const { outcomes: mine } = accepted(await cancel({ jobs: named('ionq', own) }));
    expect(mine).toMatchObject([{ outcome: 'cancelled' }]);
  });

  it('is not got round by allowing a name that begins alike, nor by sending unseen', async () => {
    const caller = callerWith({ allow: [{ name: `${'a'.repeat(100)}*` }] });
    const { harness, cancel, sent, sutro } = selecting(caller);
    const ids = sutro.addJobs(1, { state: 'running', name: `${'a'.repeat(500)} production` });
    expect(accepted(await cancel({ jobs: named('sutro', ids) })).outcomes[0]?.code).toBe('denied_by_policy');
    harness.protectedJobs.push({ name: 'never-this' });
    sutro.setFault({ kind: 'status', status: 503, operations: ['status'] });
    const unseen = accepted(
      await cancel({ jobs: named('sutro', ids), send_if_status_unknown: true }, callerWith({})),
    );
    expect(unseen.outcomes[0]?.code).toBe('protected_job');
    expect(sent()).toEqual([]);
  });

  it('takes its jobs out of what is to be confirmed, and leaves the others', async () => {
    const { harness, cancel, sent, sutro } = selecting();
    harness.protectedJobs.push({ name: 'production*' });
    sutro.addJobs(2, { state: 'running', name: 'production' });
    const others = sutro.addJobs(2, { state: 'running', name: 'test' });
    const { counts, outcomes, confirmation } = accepted(await cancel({ selector: { provider: 'sutro' } }));
    expect(counts).toMatchObject({ refused: 4 });
    expect(outcomes.map(({ code }) => code).toSorted()).toEqual([
      'confirmation_required',
      'confirmation_required',
      'protected_job',
      'protected_job',
    ]);
    await cancel({ confirmation_token: confirmation?.confirmation_token });
    expect(sent()).toEqual(others.toSorted());
  });
});

describe('a rule about ids', () => {
  it.each([
    'JOB-617A1F8B-59D4-435D-AA33-695433D7155E',
    'job617a1f8b59d4435daa33695433d7155e',
    'job-617a1f8b-59d4-435d-aa33-695433d7155e',
  ])(
    'is not got round by sending unseen under %s, which a provider may take for the same',
    async (job_id) => {
      const { harness, cancel, sent, sutro } = selecting();
      harness.protectedJobs.push({ id: 'job-617a1f8b-59d4-435d-aa33-695433d7155e' });
      sutro.setFault({ kind: 'status', status: 503, operations: ['status'] });
      const { outcomes } = accepted(
        await cancel({ jobs: named('sutro', [job_id]), send_if_status_unknown: true }),
      );
      expect(outcomes[0]?.code).toBe('protected_job');
      expect(sent()).toEqual([]);
    },
  );

  it('leaves alone what was seen under an id that differs only in its writing', async () => {
    const { harness, cancel, sent, sutro } = selecting();
    const [id = ''] = sutro.addJobs(1, { state: 'running' });
    harness.protectedJobs.push({ id: id.toUpperCase() });
    await cancel({ jobs: named('sutro', [id]), send_if_status_unknown: true });
    expect(sent()).toEqual([id]);
  });
});

describe('a store that breaks', () => {
  it.each(['allowance', 'confirmation'])(
    'where %ss are kept, before anything is sent: nothing is, and that is said',
    async (what) => {
      const { harness, sutro } = selecting();
      const store: Store = {
        ...harness.store,
        put: async (key, ...rest) => {
          if (key.startsWith(what)) throw new Error('the disk is full');
          return harness.store.put(key, ...rest);
        },
      };
      const over = sutro.addJobs(1, { state: 'completed' });
      const jobs = named('sutro', [...over, ...sutro.addJobs(2, { state: 'running' })]);
      const caller = agentWith({ cancelsPerMinute: 100, confirmAbove: 1 });
      const call = harness.gateway({ store }).cancelJobs({ jobs, wait_seconds: 0 }, callOf(caller));
      const { outcomes } = accepted(await harness.clock.until(call));
      expect(outcomes.map(({ code }) => code)).toEqual([
        what === 'allowance' ? 'internal' : undefined,
        'internal',
        'internal',
      ]);
      expect(sentTo(sutro)).toEqual([]);
    },
  );
});

describe('protected jobs', () => {
  it('are protected where nothing is counted or written down, too', async () => {
    const { harness, sutro } = selecting();
    harness.protectedJobs.push({ id: 'job-*' });
    const [job_id] = sutro.addJobs(1, { state: 'running' });
    const bare = harness.gateway({ access: false });
    const request = { provider: 'sutro', job_id, wait_seconds: 0 };
    const outcome = accepted(await harness.clock.until(bare.cancelJob(request, callOf(callerWith({})))));
    expect(outcome.code).toBe('protected_job');
    expect(sutro.journal).toEqual([]);
  });
});

describe("a list that is not the caller's", () => {
  it('is not named to a caller without a right there', async () => {
    const { gateway, cancel } = selecting();
    const caller = callerWith({ connections: ['sutro'] });
    const context = callOf(caller);
    const unknown = { provider: 'nowhere', job_id: 'x' };
    const answers = [
      await gateway.getJob(unknown, context),
      await gateway.getJobs({ jobs: [unknown] }, context),
      await gateway.listJobs({ provider: 'nowhere' }, context),
      await gateway.cancelJob(unknown, context),
      await cancel({ jobs: [unknown] }, caller),
      await cancel({ selector: { provider: 'nowhere' } }, caller),
    ];
    for (const answer of answers)
      expect(answer.ok ? '' : answer.faults.map(({ message }) => message)).toEqual(['must be one of sutro']);
    const { providers } = accepted(await gateway.listProviders({}, context));
    expect(providers.map(({ provider }) => provider)).toEqual(['sutro']);
  });
});

describe('a caller who may read so often a minute', () => {
  const caller = callerWith({ readsPerMinute: 5 });
  const tooOften = { ok: false, faults: [{ kind: 'rate_limited', retryAfterSeconds: expect.any(Number) }] };

  it('looks, lists, tries out and selects so often, and is told when to come again', async () => {
    const { harness, gateway, cancel, sutro } = selecting(caller);
    const [job_id = ''] = sutro.addJobs(1, { state: 'running' });
    const job = { provider: 'sutro', job_id };
    const wait = <T>(work: Promise<T>) => harness.clock.until(work);
    const reads: (() => Promise<{ readonly ok: boolean }>)[] = [
      () => wait(gateway.getJob(job, callOf(caller))),
      () => wait(gateway.listJobs({}, callOf(caller))),
      () => cancel({ jobs: [job], dry_run: true }),
      () => wait(gateway.cancelJob({ ...job, dry_run: true }, callOf(caller))),
      () => cancel({ selector: { provider: 'sutro' } }),
    ];
    for (const read of reads) {
      expect(await read()).toMatchObject({ ok: true });
      await harness.clock.turn(10_000);
    }
    const asked = sutro.journal.length;
    for (const read of reads) expect(await read()).toMatchObject(tooOften);
    expect(sutro.journal).toHaveLength(asked);
    const late = await gateway.listJobs({}, callOf(caller));
    expect(late.ok ? 0 : late.faults[0]?.retryAfterSeconds).toBe(10);
    await harness.clock.turn(10_000);
    expect(await reads[0]?.()).toMatchObject({ ok: true });
    expect(await reads[0]?.()).toMatchObject(tooOften);
  });

  it('confirms as often as needed, which is no read, and cancels', async () => {
    const caller = callerWith({ readsPerMinute: 1 });
    const { gateway, cancel, sutro } = selecting(caller);
    for (let time = 0; time < 3; time += 1)
      expect(await gateway.showConfirmation({ confirmation_id: 'abcdefghij' }, callOf(caller))).toMatchObject(
        {
          faults: [{ kind: 'confirmation' }],
        },
      );
    for (let time = 0; time < 3; time += 1)
      expect(
        accepted(await cancel({ jobs: named('sutro', sutro.addJobs(1, { state: 'running' })) })).counts,
      ).toMatchObject({
        cancelled: 1,
      });
  });
});
