import '../../shared/use-cases/operations/use-cases.ts';
import { describe, expect, it } from 'vitest';
import type { Caller } from '../../shared/access/caller.ts';
import type { ConfirmationAsked } from '../../shared/access/confirmation/types.ts';
import type { ConsentAnswer } from '../../shared/cancellation/request-context.ts';
import { agentWith, callerWith, callOf, guardHarness, named } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';

const agent = agentWith({ confirmAbove: 0 });
const program = callerWith({ confirmAbove: 0 });

function stage(tell: (asked: ConfirmationAsked) => Promise<unknown> = async () => undefined) {
  const harness = guardHarness();
  const { clock, providers } = harness;
  const told: ConfirmationAsked[] = [];
  const gateway = harness.gateway({
    tellWaiting(asked) {
      told.push(asked);
      return tell(asked);
    },
  });
  const jobs = [
    ...named('sutro', providers.sutro.addJobs(2, { state: 'running', settlesInMs: 0 })),
    ...named('ionq', providers.ionq.addJobs(1, { state: 'running', settlesInMs: 0 })),
  ];
  const cancel = async (by: Caller = agent, more = {}) =>
    accepted(await clock.until(gateway.cancelJobs({ jobs, wait_seconds: 0 }, callOf(by, more)))).confirmation;
  return { ...harness, gateway, jobs, cancel, told };
}

describe('that a confirmation waits', () => {
  it('is told once, with its caller, its counts and its end, though the request is repeated', async () => {
    const { cancel, told, clock } = stage();
    const requestedAt = clock.wallTime();
    const confirmation = await cancel();
    await cancel();
    await cancel();
    expect(told).toEqual([
      {
        confirmation: confirmation?.id,
        caller: 'robin',
        counts: { sutro: 2, ionq: 1 },
        requestedAt: expect.any(Number),
        expiresAt: Date.parse(confirmation?.expires_at ?? ''),
      },
    ]);
    expect(told[0]?.requestedAt).toBeGreaterThanOrEqual(requestedAt);
  });

  it('is not told if the caller may give it itself', async () => {
    const { cancel, told } = stage();
    expect((await cancel(program))?.confirmation_token).toBeDefined();
    expect(told).toEqual([]);
  });

  it.each<[ConsentAnswer, number]>([
    ['agreed', 0],
    ['declined', 0],
    ['cooldown', 0],
    ['no_answer', 1],
    ['failed', 1],
    ['unavailable', 1],
  ])('after the answer "%s" at the client is told %d times', async (answer, times) => {
    const { cancel, told } = stage();
    await cancel(agent, { askPerson: async () => answer });
    expect(told).toHaveLength(times);
  });

  it('is told again if it was closed and is asked for once more', async () => {
    const { gateway, cancel, told, clock } = stage();
    const confirmation_id = (await cancel())?.id;
    const ada = callOf(callerWith({}, { id: 'ada', kind: 'person' }));
    await clock.until(gateway.closeConfirmation({ confirmation_id }, ada));
    await cancel();
    expect(told).toHaveLength(2);
  });

  it('delays the answer by at most half a second, and breaks nothing', async () => {
    const never = stage(() => new Promise(() => undefined));
    const began = never.clock.now();
    expect(await never.cancel()).toBeDefined();
    const withoutTelling = stage();
    const start = withoutTelling.clock.now();
    await withoutTelling.cancel();
    const usualMs = withoutTelling.clock.now() - start;
    expect(never.clock.now() - began - usualMs).toBeLessThanOrEqual(500);
    const broken = stage(() => Promise.reject(new Error('the table is gone')));
    expect(await broken.cancel()).toBeDefined();
  });

  it('is told of an operation with its id and the counts of its round', async () => {
    const { gateway, jobs, told, clock } = stage();
    const created = accepted(await clock.until(gateway.createOperation({ jobs }, callOf(agent))));
    if (created.state === 'draft')
      await clock.until(gateway.startOperation({ operation_id: created.id }, callOf(agent)));
    await clock.until(gateway.startOperation({ operation_id: created.id }, callOf(agent)));
    expect(told).toMatchObject([{ operation: created.id, caller: 'robin', counts: { sutro: 2, ionq: 1 } }]);
  });
});
