import { expect, test, vi } from 'vitest';
import { oneResultSchema } from '../../shared/contract/answers/responses.ts';
import { connectionsTo, providerLogsOf, settingsFor } from '../support/harness.ts';
import { serverFor } from '../support/surfaces/server.ts';
import { casesAt, runs } from '../support/thorough.ts';
import { expectNoWaiting, pause, withSandbox } from '../support/time/cancels-beside-readers.ts';
import { checkOutcomes } from '../support/truth/check-outcomes.ts';

vi.setConfig({ testTimeout: 60_000, maxConcurrency: 6 });

const paces = [
  ['at once', 0],
  ['within three seconds', 90],
] as const;
test.concurrent.for(casesAt(paces, 0))(
  '33 single cancels at PromptLoop %s are all answered truly within 15 s',
  async ([, everyMs]) => {
    await withSandbox(async (sandbox) => {
      const { promptloop } = sandbox.providers;
      const ids = promptloop.addJobs(33, { state: 'running' });
      const settings = settingsFor(connectionsTo(sandbox));
      const server = await serverFor(settings);
      try {
        const answers = await Promise.all(
          ids.map(async (id, index) => {
            await pause(index * everyMs);
            const began = performance.now();
            const response = await fetch(`${server.url}/v1/providers/promptloop/jobs/${id}/cancel`, {
              method: 'POST',
              headers: { authorization: `Bearer ${settings.token}` },
            });
            return { outcome: oneResultSchema.parse(await response.json()), ms: performance.now() - began };
          }),
        );
        const outcomes = answers.map(({ outcome }) => outcome);
        const longest = Math.max(...answers.map(({ ms }) => ms));
        const asked = outcomes.map(({ provider, job_id }) => ({ provider, job_id }));
        const count = (operation: string) =>
          promptloop.journal.filter((each) => each.operation === operation).length;
        console.info(`${longest.toFixed(0)} ms, ${count('status')} looks, ${count('list')} lists`);
        expect(outcomes.map(({ outcome }) => outcome)).toEqual(ids.map(() => 'cancelled'));
        expect(checkOutcomes({ asked, outcomes, witnesses: providerLogsOf(sandbox) })).toEqual([]);
        expect(promptloop.journal.filter(({ status }) => status === 429)).toEqual([]);
        expect(longest).toBeLessThan(15_000);
      } finally {
        await server.stop();
      }
    });
  },
);

// One provider whose limits are documented and one whose are not. test/soak/turns.test.ts does the same at all of them, for a minute and a half.
test.concurrent.for([
  ['promptloop', 6_000],
  // Its readers read all the time, which keeps the machine busy.
  ['sutro', runs(1_000, 200)],
] as const)('a single cancel waits for no reader at %s, nor does one after %i ms', ([provider, everyMs]) =>
  expectNoWaiting(provider, 2, everyMs),
);
