import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Caller } from '../../shared/access/caller.ts';
import type { BulkResult } from '../../shared/contract/answers/responses.ts';
import type { Result } from '../../shared/contract/result.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';
import { trimInvisible } from '../../shared/lib/names.ts';
import {
  agentWith,
  callerWith,
  callOf,
  type GuardHarness,
  guardHarness,
  named,
  sentTo,
} from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { runs } from '../support/thorough.ts';

const program = callerWith({ confirmAbove: 0 });
const agent = agentWith({ confirmAbove: 0, actions: ['list', 'cancel', 'confirm'] });
const ada = callerWith({}, { id: 'ada', kind: 'person' });

/** A stage with jobs that run, and a confirmation offered for them. */
async function offered(caller: Caller = program, count = 3) {
  const harness = guardHarness();
  const gateway = harness.gateway();
  const ids = harness.providers.sutro.addJobs(count, { state: 'running' });
  const jobs = named('sutro', ids);
  const cancel = (how: object, by = caller, through = gateway) =>
    harness.clock.until(through.cancelJobs({ wait_seconds: 0, ...how }, callOf(by)));
  const { confirmation } = accepted(await cancel({ jobs }));
  if (confirmation === undefined) throw new Error('nothing was offered');
  const asked = harness.providers.sutro.journal.length;
  /** How many requests the provider has had since the offer. */
  const requests = () => harness.providers.sutro.journal.length - asked;
  const approve = (by = ada) => gateway.approveConfirmation({ confirmation_id: confirmation.id }, callOf(by));
  const token = confirmation.confirmation_token ?? '';
  return { harness, gateway, ids, jobs, cancel, requests, approve, id: confirmation.id, token };
}

/** What came of a request, in short: how many were cancelled, or why nothing was. */
function gist(result: Result<BulkResult>): string {
  if (!result.ok) return result.faults.map(({ kind, message }) => `${kind}: ${message}`).join(' ');
  const { outcomes } = result.value;
  const refused = outcomes.find(({ outcome }) => outcome === 'refused');
  return refused ? `${refused.code}: ${refused.message}` : `${outcomes.length} ${outcomes[0]?.outcome}`;
}

const unknown = /^confirmation(_required)?: You have no such confirmation, or its time is over/;
const used = /^confirmation(_required)?: This confirmation has already been used or closed/;
const otherJobs = /^confirmation_required: The confirmation is for different jobs/;
const notConfirmed = /^confirmation(_required)?: This has not been confirmed yet/;

describe('a confirmation', () => {
  it('does exactly its jobs, whether they are named again, in another order and twice, or left out', async () => {
    for (const how of ['as they were', 'another order', 'twice', 'left out'] as const) {
      const { cancel, jobs, token, ids, harness } = await offered();
      const other = harness.providers.sutro.addJobs(2, { state: 'running' });
      const again = {
        'as they were': { jobs },
        'another order': { jobs: jobs.toReversed() },
        twice: { jobs: [...jobs, ...jobs] },
        'left out': {},
      }[how];
      expect(gist(await cancel({ ...again, confirmation_token: token }))).toBe('3 cancelled');
      const sent = sentTo(harness.providers.sutro).map(({ jobId }) => jobId);
      expect(sent.toSorted()).toEqual(ids.toSorted());
      expect(sent).not.toEqual(expect.arrayContaining(other));
    }
  });

  it('of one job does that job, by its token and by its id after a yes, and serves no other job', async () => {
    for (const by of ['token', 'id'] as const) {
      const harness = guardHarness();
      const gateway = harness.gateway();
      const [job_id = '', other = ''] = harness.providers.sutro.addJobs(2, { state: 'running' });
      const cancel = (how: object) =>
        harness.clock.until(
          gateway.cancelJob({ provider: 'sutro', job_id, wait_seconds: 0, ...how }, callOf(program)),
        );
      const { confirmation, outcome } = accepted(await cancel({}));
      expect(outcome).toBe('refused');
      const { id = '', confirmation_token = '' } = confirmation ?? {};
      const claim = by === 'token' ? { confirmation_token } : { confirmation_id: id };
      if (by === 'id') await gateway.approveConfirmation({ confirmation_id: id }, callOf(ada));
      expect(accepted(await cancel({ ...claim, job_id: other })).message).toMatch(/different jobs/);
      expect(accepted(await cancel(claim)).outcome, by).toBe('cancelled');
      expect(sentTo(harness.providers.sutro).map(({ jobId }) => jobId)).toEqual([job_id]);
      expect(accepted(await cancel({ ...claim, job_id })).outcome).not.toBe('cancelled');
    }
  });

  it('is refused with any character of its token changed, left out or inserted, and no provider is asked', async () => {
    const { cancel, jobs, token, requests } = await offered();
    const index = fc.nat(token.length);
    const character = fc.oneof(
      fc.string({ minLength: 1, maxLength: 1, unit: anyCharacter }),
      fc.constantFrom('.', '/', '\0', '=', ' '),
    );
    const altered = fc
      .tuple(index, character, fc.constantFrom(0, 1))
      .map(([at, put, cut]) => token.slice(0, at) + put + token.slice(at + cut))
      .filter((text) => trimInvisible(text) !== token && text.length <= 200);
    const shortened = index
      .map((at) => token.slice(0, at) + token.slice(at + 1))
      .filter((text) => text !== token);
    await fc.assert(
      fc.asyncProperty(fc.oneof(altered, shortened), fc.boolean(), async (wrong, isNamed) => {
        const answer = gist(await cancel({ ...(isNamed ? { jobs } : {}), confirmation_token: wrong }));
        expect(answer).toMatch(/^confirmation(_required)?: /);
      }),
      { numRuns: runs(400, 30) },
    );
    for (let at = 0; at < token.length; at += 1) {
      const wrong = `${token.slice(0, at)}${token[at] === 'a' ? 'b' : 'a'}${token.slice(at + 1)}`;
      expect(gist(await cancel({ confirmation_token: wrong }))).toMatch(/^confirmation: /);
    }
    expect(requests()).toBe(0);
    expect(gist(await cancel({ confirmation_token: token }))).toBe('3 cancelled');
  });

  it('is refused for any other caller, also with the jobs', async () => {
    const { cancel, jobs, token, requests } = await offered();
    const eve = callerWith({ confirmAbove: 0 }, { id: 'eve' });
    for (const how of [{}, { jobs }])
      expect(gist(await cancel({ ...how, confirmation_token: token }, eve))).toMatch(unknown);
    expect(requests()).toBe(0);
  });

  it('is refused for another set, a part and more than its jobs, and then still serves for its own', async () => {
    const { cancel, jobs, token, requests, harness } = await offered();
    const more = named('sutro', harness.providers.sutro.addJobs(3, { state: 'running' }));
    for (const other of [more, jobs.slice(1), [...jobs, ...more.slice(1)]])
      expect(gist(await cancel({ jobs: other, confirmation_token: token }))).toMatch(otherJobs);
    expect(requests()).toBe(0);
    expect(gist(await cancel({ jobs, confirmation_token: token }))).toBe('3 cancelled');
  });

  it('for a part of the jobs says so if the request names all, and works without names', async () => {
    const hasty = callerWith({ confirmAbove: 0, cancelsPerMinute: 2 });
    const { cancel, jobs, token, requests } = await offered(hasty);
    expect(gist(await cancel({ jobs, confirmation_token: token }))).toMatch(otherJobs);
    expect(requests()).toBe(0);
    expect(gist(await cancel({ confirmation_token: token }))).toBe('2 cancelled');
  });

  it('looks at a job once before it asks, however often it must judge', async () => {
    const hasty = callerWith({ confirmAbove: 0, cancelsPerMinute: 2 });
    const { harness } = await offered(hasty);
    expect(harness.providers.sutro.journal.map(({ operation }) => operation)).toEqual([
      'status',
      'status',
      'status',
    ]);
  });

  it('serves once', async () => {
    const { cancel, jobs, token, requests } = await offered();
    await cancel({ confirmation_token: token });
    const asked = requests();
    for (const how of [{}, { jobs }])
      expect(gist(await cancel({ ...how, confirmation_token: token }))).toMatch(used);
    expect(requests()).toBe(asked);
  });

  it.each([
    [-1, '3 cancelled'],
    [0, unknown],
    [1, unknown],
  ])('five minutes and %i ms after the offer: %s', async (ms, expected) => {
    for (const isNamed of [false, true]) {
      const { cancel, jobs, token, harness } = await offered();
      await harness.clock.turn(300_000 + ms);
      const answer = gist(await cancel({ ...(isNamed ? { jobs } : {}), confirmation_token: token }));
      expect(answer).toMatch(expected);
    }
  });

  it('is refused once it is closed, and the same request is then offered a new one, for which the old token is nothing', async () => {
    const { cancel, jobs, token, id, gateway, requests } = await offered();
    await gateway.closeConfirmation({ confirmation_id: id }, callOf(ada));
    expect(gist(await cancel({ confirmation_token: token }))).toMatch(used);
    expect(requests()).toBe(0);
    const { confirmation } = accepted(await cancel({ jobs }));
    const asked = requests();
    expect(confirmation?.id).toBe(id);
    expect(gist(await cancel({ confirmation_token: token }))).toMatch(unknown);
    expect(requests()).toBe(asked);
    expect(gist(await cancel({ confirmation_token: confirmation?.confirmation_token }))).toBe('3 cancelled');
  });

  it('is nothing under another pepper, its token as little as its approval', async () => {
    const { cancel, token, requests, harness } = await offered();
    const other = harness.gateway({ pepper: 'another-pepper-of-more-than-32-characters' });
    expect(gist(await cancel({ confirmation_token: token }, program, other))).toMatch(unknown);
    expect(requests()).toBe(0);
    const approved = await offered(agent);
    await approved.approve();
    const elsewhere = approved.harness.gateway({ pepper: 'another-pepper-of-more-than-32-characters' });
    expect(gist(await approved.cancel({ confirmation_id: approved.id }, agent, elsewhere))).toMatch(unknown);
    expect(approved.requests()).toBe(0);
  });

  it('is nothing where what is kept of its jobs was changed', async () => {
    const { cancel, harness, token, requests } = await offered();
    const [chunk = ''] = harness.keys(/^confirmation\/.+\/0$/);
    const entry = await harness.store.get(chunk);
    const value = (entry?.value ?? '').replace(/job-[0-9a-f]/, 'job-x');
    await harness.store.put(chunk, value, {
      version: entry?.version ?? 0,
      expiresAt: harness.clock.wallTime() + 1e6,
    });
    expect(gist(await cancel({ confirmation_token: token }))).toMatch(unknown);
    expect(requests()).toBe(0);
  });

  it('does not cancel what is over by now, and does what has started since', async () => {
    const { harness, gateway } = await offered();
    const { sutro } = harness.providers;
    const over = sutro.addJobs(2, { state: 'running', finishesInMs: 60_000 });
    const begun = sutro.addJobs(2, { state: 'queued', startsInMs: 60_000 });
    const jobs = named('sutro', [...over, ...begun]);
    const cancel = async (how: object) =>
      accepted(await harness.clock.until(gateway.cancelJobs({ wait_seconds: 0, ...how }, callOf(program))));
    const { confirmation } = await cancel({ jobs });
    await harness.clock.turn(90_000);
    const { outcomes } = await cancel({ confirmation_token: confirmation?.confirmation_token });
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      'already_finished',
      'already_finished',
      'cancelled',
      'cancelled',
    ]);
    expect(
      sentTo(sutro)
        .map(({ jobId }) => jobId)
        .toSorted(),
    ).toEqual(begun.toSorted());
  });

  it('holds 5,000 jobs with ids of 200 characters', async () => {
    const harness = guardHarness();
    const gateway = harness.gateway();
    const ids = Array.from({ length: 5_000 }, (_, index) => `job-${index}-`.padEnd(200, 'x'));
    const keep = async (how: object) =>
      accepted(await harness.clock.until(gateway.cancelJobs({ wait_seconds: 0, ...how }, callOf(program))));
    for (const id of ids.slice(0, 4_999)) harness.providers.sutro.addJobs(1, { id, state: 'completed' });
    harness.providers.sutro.addJobs(1, { id: ids.at(-1) ?? '', state: 'running' });
    const { confirmation } = await keep({ jobs: named('sutro', ids) });
    expect(confirmation?.jobs).toBe(5_000);
    const { counts } = await keep({ confirmation_token: confirmation?.confirmation_token });
    expect(counts).toMatchObject({ already_finished: 4_999, cancelled: 1 });
    expect(sentTo(harness.providers.sutro)).toHaveLength(1);
  });

  it('ends as unknown, not as an internal error, if its jobs expire an instant before it does', async () => {
    const { cancel, gateway, harness, token, id } = await offered();
    const [chunk = ''] = harness.keys(/^confirmation\/.+\/0$/);
    const { version = 0 } = (await harness.store.get(chunk)) ?? {};
    await harness.store.put(chunk, 'gone', { version, expiresAt: harness.clock.wallTime() });
    expect(gist(await cancel({ confirmation_token: token }))).toMatch(unknown);
    expect(await gateway.showConfirmation({ confirmation_id: id }, callOf(ada))).toMatchObject({ ok: false });
    expect(await gateway.approveConfirmation({ confirmation_id: id }, callOf(ada))).toMatchObject({
      ok: false,
    });
  });
});

describe('an agent', () => {
  it('is given no token, and its id does nothing until a person approves it', async () => {
    const { cancel, jobs, id, token, requests, approve } = await offered(agent);
    expect(token).toBe('');
    for (const how of [{}, { jobs }])
      for (const claim of [{ confirmation_id: id }, { confirmation_token: id }])
        expect(gist(await cancel({ ...how, ...claim }))).toMatch(notConfirmed);
    expect(requests()).toBe(0);
    expect(await approve()).toMatchObject({ ok: true });
    expect(gist(await cancel({ confirmation_id: id }))).toBe('3 cancelled');
  });

  it('goes through with the request repeated as it was, once a person approved it', async () => {
    const { cancel, jobs, approve } = await offered(agent);
    await approve();
    expect(gist(await cancel({ jobs }))).toBe('3 cancelled');
  });

  it.each([
    ['the agent that asked', agent],
    ['another agent', agentWith({ actions: ['confirm'], selfConfirm: true }, 'nightly')],
    [
      'a person without the right',
      callerWith({ actions: ['list', 'cancel', 'audit'] }, { id: 'bob', kind: 'person' }),
    ],
    [
      'a person with the right elsewhere',
      callerWith({ connections: ['ionq'] }, { id: 'bob', kind: 'person' }),
    ],
  ])('cannot be helped by %s', async (_who, approver) => {
    const { cancel, id, jobs, approve, requests } = await offered(agent);
    const answer = await approve(approver);
    expect(answer.ok ? '' : answer.faults[0]?.kind).toBe('denied');
    expect(gist(await cancel({ confirmation_id: id }))).toMatch(notConfirmed);
    expect(requests()).toBe(0);
    expect(gist(await cancel({ jobs }))).toMatch(/^confirmation_required/);
  });

  it('cannot be helped by a person with the right at only one of the connections', async () => {
    const { harness, gateway } = await offered(agent);
    const jobs = (['sutro', 'ionq'] as const).flatMap((name) =>
      named(name, harness.providers[name].addJobs(2, { state: 'running' })),
    );
    const cancel = async (how: object) =>
      harness.clock.until(gateway.cancelJobs({ wait_seconds: 0, ...how }, callOf(agent)));
    const { confirmation } = accepted(await cancel({ jobs }));
    const half = callerWith({ connections: ['sutro'] }, { id: 'bob', kind: 'person' });
    const request = { confirmation_id: confirmation?.id };
    for (const act of [gateway.showConfirmation, gateway.approveConfirmation, gateway.closeConfirmation])
      expect(await act(request, callOf(half))).toMatchObject({ ok: false, faults: [{ kind: 'denied' }] });
    expect(gist(await cancel(request))).toMatch(notConfirmed);
    expect(sentTo(harness.providers.sutro, harness.providers.ionq)).toEqual([]);
  });

  it('cannot use what was given to the person whose token it has', async () => {
    const robin = callerWith({ confirmAbove: 0 }, { kind: 'person' });
    const { cancel, token, jobs, requests } = await offered(robin);
    const assistant = agentWith({ confirmAbove: 0 });
    for (const how of [{}, { jobs }])
      expect(gist(await cancel({ ...how, confirmation_token: token }, assistant))).toMatch(notConfirmed);
    expect(requests()).toBe(0);
  });
});

describe('a person who may confirm the requests of others, and not their own', () => {
  const eve = callerWith({ confirmAbove: 0, selfConfirm: false }, { id: 'eve', kind: 'person' });

  it('gets no token, and cannot approve it by its id either, but another person can', async () => {
    const { cancel, id, token, approve, requests } = await offered(eve);
    expect(token).toBe('');
    const answer = await approve(eve);
    expect(answer.ok ? '' : answer.faults[0]?.kind).toBe('denied');
    expect(gist(await cancel({ confirmation_id: id }))).toMatch(notConfirmed);
    expect(requests()).toBe(0);
    await approve(ada);
    expect(gist(await cancel({ confirmation_id: id }))).toBe('3 cancelled');
  });

  it('approves what another asks for', async () => {
    const { cancel, jobs, approve } = await offered(agent);
    expect(await approve(eve)).toMatchObject({ ok: true });
    expect(gist(await cancel({ jobs }))).toBe('3 cancelled');
  });
});

describe('a policy that changed between the offer and the use', () => {
  const cases: readonly (readonly [
    string,
    Caller,
    (harness: GuardHarness, ids: readonly string[]) => void,
    RegExp,
  ])[] = [
    ['takes the right to cancel', callerWith({ actions: ['list'] }), () => undefined, /^denied_by_policy/],
    ['takes the connection', callerWith({ connections: ['ionq'] }), () => undefined, /^denied_by_policy/],
    [
      'allows fewer jobs in a call',
      callerWith({ maxJobs: 2 }),
      () => undefined,
      /^denied_by_policy: You may cancel at most 2/,
    ],
    ['denies the jobs', callerWith({ deny: [{ id: 'job-*' }] }), () => undefined, /^denied_by_policy/],
    [
      'protects them',
      program,
      ({ protectedJobs }) => protectedJobs.push({ connection: 'sutro' }),
      /^protected_job/,
    ],
    ['no longer lets one confirm for oneself', agentWith({}), () => undefined, notConfirmed],
    [
      'allows fewer in a minute',
      callerWith({ cancelsPerMinute: 2 }),
      () => undefined,
      /^caller_rate_limited/,
    ],
  ];

  it.each(cases)('%s: nothing is sent', async (_what, caller, change, expected) => {
    for (const isNamed of [true, false]) {
      const { cancel, jobs, token, ids, harness, requests } = await offered();
      change(harness, ids);
      const answer = gist(await cancel({ ...(isNamed ? { jobs } : {}), confirmation_token: token }, caller));
      expect(answer).toMatch(expected);
      expect(requests()).toBe(0);
    }
  });

  it('protects a job while the person at the client is being asked: their yes does not reach it', async () => {
    const { harness, gateway, ids, jobs } = await offered(agent);
    const askPerson = async () => {
      harness.protectedJobs.push({ id: ids[0] });
      return 'agreed' as const;
    };
    const call = gateway.cancelJobs({ jobs, wait_seconds: 0 }, callOf(agent, { askPerson }));
    const { outcomes } = accepted(await harness.clock.until(call));
    expect(outcomes.map(({ code, outcome }) => code ?? outcome)).toEqual([
      'protected_job',
      'cancelled',
      'cancelled',
    ]);
    expect(sentTo(harness.providers.sutro)).toHaveLength(2);
  });

  it.each([
    ['takes the right to cancel', { actions: ['list'] }, 'denied_by_policy', 0],
    ['denies the jobs', { deny: [{ id: 'job-*' }] }, 'denied_by_policy', 0],
    ['allows fewer in a minute', { cancelsPerMinute: 2 }, 'caller_rate_limited', 2],
  ] as const)('%s while the person at the client is being asked: their yes does not help', async (...row) => {
    const [_what, rights, code, most] = row;
    const { harness, gateway, jobs } = await offered(agent);
    let now = agent;
    const askPerson = async () => {
      now = agentWith({ confirmAbove: 0, ...rights });
      return 'agreed' as const;
    };
    const context = callOf(agent, { askPerson, callerNow: async () => now });
    const call = gateway.cancelJobs({ jobs, wait_seconds: 0 }, context);
    const { outcomes } = accepted(await harness.clock.until(call));
    expect(outcomes.at(-1)?.code).toBe(code);
    expect(sentTo(harness.providers.sutro)).toHaveLength(most);
  });

  it('denies a part: the others go on, and what is denied does not', async () => {
    const { cancel, token, ids, harness } = await offered();
    const [first = '', ...others] = ids;
    const caller = callerWith({ deny: [{ id: first }] });
    const { counts } = accepted(await cancel({ confirmation_token: token }, caller));
    expect(counts).toMatchObject({ refused: 1, cancelled: 2 });
    expect(
      sentTo(harness.providers.sutro)
        .map(({ jobId }) => jobId)
        .toSorted(),
    ).toEqual(others.toSorted());
  });
});
