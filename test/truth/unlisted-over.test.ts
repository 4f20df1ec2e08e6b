import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { accepted, context, gatewayTo } from '../support/harness.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
afterAll(() => sandbox.close());

const state = fc.constantFrom('failed', 'running', 'queued', 'completed', 'cancelled');

/** PromptLoop's list does not tell which batches wait, run or have failed: only a look does, and there are few a minute. */
describe('what is over where a list does not tell it', () => {
  it('is sent no cancel, alone or beside others, as far as the looks of a minute reach', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(state, { minLength: 1, maxLength: 10 }), async (states) => {
        const { promptloop } = sandbox.providers;
        promptloop.reset();
        const ids = states.map((each) => promptloop.addJob({ state: each, settlesInMs: 0 }));
        const jobs = ids.map((job_id) => ({ provider: 'promptloop', job_id }));
        const { outcomes } = accepted(
          await gatewayTo(sandbox).cancelJobs({ jobs, wait_seconds: 0 }, context),
        );
        const sent = new Set(
          promptloop.journal.flatMap(({ operation, jobIds }) => (operation === 'cancel' ? jobIds : [])),
        );
        for (const [index, each] of states.entries()) {
          const isLive = each === 'running' || each === 'queued';
          expect([each, sent.has(ids[index] ?? '')]).toEqual([each, isLive]);
          if (!isLive) expect(outcomes[index]?.raced).toBeUndefined();
        }
      }),
      // Half of the twenty looks that its page allows in a minute.
      { numRuns: 8, examples: [[Array(10).fill('failed')]] },
    );
  });

  it('beyond that is cancelled on the word of the list: never as a race, and the sentence says what was not known', async () => {
    const { promptloop } = sandbox.providers;
    promptloop.reset();
    const ids = promptloop.addJobs(30, { state: 'failed' });
    const jobs = ids.map((job_id) => ({ provider: 'promptloop', job_id }));
    const { outcomes } = accepted(await gatewayTo(sandbox).cancelJobs({ jobs, wait_seconds: 0 }, context));
    expect(outcomes.every(({ raced }) => raced === undefined)).toBe(true);
    const blind = outcomes.filter(({ message }) => message.includes('without knowing the state of the job'));
    const over = outcomes.filter(({ message }) => message.includes('Nothing was sent'));
    expect(over.length).toBe(10);
    for (const { outcome, state: shown } of blind)
      expect([outcome, shown]).toEqual(['already_finished', 'failed']);
  }, 60_000);
});
