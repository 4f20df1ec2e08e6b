import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Caller } from '../../shared/access/caller.ts';
import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import { agentWith, callerWith, callOf, guardHarness, named } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { runs } from '../support/thorough.ts';

const minuteMs = 60_000;

/** What somebody does who wants to make calloff get at providers more often than they may. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('cancel' as const, 'cancel' as const, 'dry run' as const, 'looks' as const),
      provider: fc.constantFrom('ionq' as const, 'sutro' as const),
      live: fc.nat(3),
      over: fc.nat(6),
      one: fc.boolean(),
      gateway: fc.nat(1),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(40_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('list' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('step' as const),
      ms: fc.constantFrom(3_600_000, -3_600_000),
    }),
  },
);

/** What was done for a caller, and when on the clock that only goes forward. */
interface Done {
  readonly at: number;
  /** Jobs that were sent a cancel. */
  readonly sent: number;
  /** Jobs that were looked at and not sent, and lists. */
  readonly read: number;
}

const isSent = ({ outcome }: Outcome) => outcome === 'cancelled';
const isLimited = ({ code }: Outcome) => code === 'caller_rate_limited';

function within(done: readonly Done[], now: number, what: 'sent' | 'read'): number {
  return done.filter(({ at }) => at > now - minuteMs).reduce((sum, each) => sum + each[what], 0);
}

function stageFor(caller: Caller) {
  const harness = guardHarness();
  const { clock, providers } = harness;
  const gateways = [harness.gateway(), harness.gateway()] as const;
  const done: Done[] = [];
  const note = (outcomes: readonly Outcome[]) => {
    const sent = outcomes.filter(isSent).length;
    const read = outcomes.filter((outcome) => !isSent(outcome) && !isLimited(outcome)).length;
    done.push({ at: clock.now(), sent, read });
    return outcomes;
  };
  const jobsOf = (provider: 'ionq' | 'sutro', over: number, live: number) =>
    named(provider, [
      ...providers[provider].addJobs(over, { state: 'completed' }),
      ...providers[provider].addJobs(live, { state: 'running', settlesInMs: 0 }),
    ]);
  const cancel = async (
    jobs: ReturnType<typeof named>,
    how: { readonly dry_run?: true; readonly gateway?: 0 | 1 } = {},
  ) => {
    const { gateway = 0, ...more } = how;
    const request = { jobs, wait_seconds: 0, ...more };
    const answer = await clock.until(gateways[gateway].cancelJobs(request, callOf(caller)));
    return answer.ok ? note(answer.value.outcomes) : [];
  };
  const look = async (jobs: ReturnType<typeof named>) => {
    const answer = await clock.until(gateways[0].getJobs({ jobs }, callOf(caller)));
    const seen = answer.ok ? answer.value : [];
    const read = seen.filter((each) => !('outcome' in each && isLimited(each))).length;
    done.push({ at: clock.now(), sent: 0, read });
    return seen;
  };
  const list = async () => {
    const answer = await clock.until(gateways[0].listJobs({}, callOf(caller)));
    done.push({ at: clock.now(), sent: 0, read: answer.ok ? 1 : 0 });
    return answer.ok;
  };
  return { harness, clock, done, jobsOf, cancel, look, list };
}

/** More cancels than any of these limits allows, so that some are refused whatever chance draws besides. */
const exhausting = Array.from({ length: 10 }, () => ({
  ...({ kind: 'cancel', provider: 'sutro', live: 3, over: 0, one: false, gateway: 0 } as const),
}));

describe('whatever is asked for, one after the other, over two processes, while the wall clock is set', () => {
  it.each([
    [2, 2],
    [5, 3],
    [3, 9],
    [30, 6],
  ])(
    'reads_per_minute %i and cancels_per_minute %i: never more is looked at than both allow, and no cancel is refused while its own minute has room',
    async (reads, cancels) => {
      let refused = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 40 }), async (steps) => {
          const caller = callerWith({ readsPerMinute: reads, cancelsPerMinute: cancels });
          const { clock, done, jobsOf, cancel, look, list } = stageFor(caller);
          for (const each of steps) {
            if (each.kind === 'wait') await clock.turn(each.ms);
            else if (each.kind === 'step') clock.step(each.ms);
            else if (each.kind === 'list') await list();
            else {
              const jobs = jobsOf(each.provider, each.over, each.live).slice(0, each.one ? 1 : undefined);
              if (jobs.length === 0) continue;
              const gateway: 0 | 1 = each.gateway === 0 ? 0 : 1;
              const before = [...done];
              if (each.kind === 'looks') await look(jobs);
              else {
                const how = each.kind === 'dry run' ? ({ dry_run: true, gateway } as const) : { gateway };
                const outcomes = await cancel(jobs, how);
                const isRefused = outcomes.length > 0 && outcomes.every(isLimited);
                const now = clock.now();
                if (isRefused) refused += 1;
                // Only what was looked at beyond the reads stays a cancel.
                const lately = within(before, now - minuteMs, 'read');
                const kept = lately > reads ? within(before, now, 'read') : 0;
                if (isRefused && each.kind === 'cancel')
                  expect(within(before, now, 'sent') + kept).toBeGreaterThanOrEqual(cancels);
              }
            }
            const now = clock.now();
            expect(within(done, now, 'sent')).toBeLessThanOrEqual(cancels);
            expect(within(done, now, 'sent') + within(done, now, 'read')).toBeLessThanOrEqual(
              reads + cancels,
            );
          }
        }),
        { numRuns: runs(70, 25), examples: [[exhausting]] },
      );
      expect(refused).toBeGreaterThan(0);
    },
  );
});

describe('a caller with 3 reads and 2 cancels a minute', () => {
  const caller = callerWith({ readsPerMinute: 3, cancelsPerMinute: 2 });

  it('is stopped where it asks again and again to cancel what is over, once both are used up', async () => {
    const { clock, jobsOf, cancel } = stageFor(caller);
    const jobs = jobsOf('sutro', 1, 0);
    const told: (string | undefined)[] = [];
    for (let time = 0; time < 7; time += 1) {
      const [outcome] = await cancel(jobs);
      told.push(outcome?.code ?? outcome?.outcome);
    }
    const over = 'already_finished';
    expect(told).toEqual([over, over, over, over, over, 'caller_rate_limited', 'caller_rate_limited']);
    await clock.turn(minuteMs);
    expect(await cancel(jobs)).toMatchObject([{ outcome: over }]);
  });

  it('has a job called off that is to be sent, though no read is left', async () => {
    const { jobsOf, cancel, look, list } = stageFor(caller);
    await look(jobsOf('sutro', 0, 3));
    expect(await list()).toBe(false);
    expect(await cancel(jobsOf('sutro', 0, 1))).toMatchObject([{ outcome: 'cancelled' }]);
    expect(await cancel(jobsOf('ionq', 0, 1))).toMatchObject([{ outcome: 'cancelled' }]);
    expect(await cancel(jobsOf('ionq', 0, 1))).toMatchObject([{ code: 'caller_rate_limited' }]);
  });

  it('tries out as many jobs as it has reads, and is told of the others that they were not looked at', async () => {
    const { harness, jobsOf, cancel } = stageFor(caller);
    const outcomes = await cancel(jobsOf('sutro', 0, 5), { dry_run: true });
    expect(outcomes.map(({ code, outcome }) => code ?? outcome)).toEqual([
      ...['would_cancel', 'would_cancel', 'would_cancel'],
      ...['caller_rate_limited', 'caller_rate_limited'],
    ]);
    expect(outcomes.at(-1)?.message).toContain('did not read the status of this job');
    const asked = harness.providers.sutro.journal.length;
    expect(await cancel(jobsOf('sutro', 0, 5), { dry_run: true })).toEqual([]);
    expect(harness.providers.sutro.journal).toHaveLength(asked);
  });

  it('looks at as many of many jobs as it has reads, each counted once however often it is named', async () => {
    const { jobsOf, look, list } = stageFor(caller);
    const jobs = jobsOf('sutro', 0, 4);
    const seen = await look([...jobs.slice(0, 2), ...jobs]);
    const told = seen.map((each) => ('outcome' in each ? each.code : each.state));
    expect(told).toEqual(['running', 'running', 'running', 'running', 'running', 'caller_rate_limited']);
    expect(await list()).toBe(false);
  });
});

it('an offer of a confirmation is a read for each of its jobs, and what was confirmed goes', async () => {
  const caller = agentWith({ readsPerMinute: 4, cancelsPerMinute: 4, confirmAbove: 1 });
  const { harness, clock, jobsOf, cancel, list } = stageFor(caller);
  const jobs = jobsOf('ionq', 0, 4);
  expect((await cancel(jobs)).map(({ code }) => code)).toEqual(Array(4).fill('confirmation_required'));
  expect(await list()).toBe(false);
  const judge = callerWith({}, { id: 'judge', kind: 'person' });
  const { confirmation } = accepted(
    await clock.until(harness.gateway().cancelJobs({ jobs, wait_seconds: 0 }, callOf(caller))),
  );
  const approved = await clock.until(
    harness.gateway().approveConfirmation({ confirmation_id: confirmation?.id }, callOf(judge)),
  );
  expect(approved.ok).toBe(true);
  expect((await cancel(jobs)).map(({ code }) => code)).toEqual(Array(4).fill('caller_rate_limited'));
  await clock.turn(minuteMs);
  expect((await cancel(jobs)).map(({ outcome }) => outcome)).toEqual(Array(4).fill('cancelled'));
});
