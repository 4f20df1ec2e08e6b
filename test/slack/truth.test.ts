import { describe, test, vi } from 'vitest';
import { actionIds } from '../../functions/slack/inbound/actions.ts';
import { type Fault, startSandbox } from '../../sandbox/sandbox.ts';
import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import { mayaOnSlack } from '../support/configuration.ts';
import { connectionsTo, providerLogsOf, providerNames } from '../support/harness.ts';
import { openSlackHarness } from '../support/slack/harness.ts';
import { brokenLimits, buttonsOf, liveMarkup } from '../support/slack/limits.ts';
import { readMessage, toldOfAll } from '../support/slack/read-back.ts';
import { cases } from '../support/thorough.ts';
import { canary, checkOutcomes } from '../support/truth/check-outcomes.ts';

vi.setConfig({ maxConcurrency: 12 });

/** Something that goes wrong at a provider, and what is told of a job that meets it. */
interface Case {
  readonly name: string;
  readonly faults: readonly Fault[];
  readonly told: Outcome['outcome'];
  /** Whether requests are given up, so that the provider may not know of all. */
  readonly hasty?: true;
}

const onCancel = { operations: ['cancel', 'cancelMany'] } as const;
const all: readonly Case[] = [
  { name: 'nothing', faults: [], told: 'cancelled' },
  { name: 'a 401', faults: [{ kind: 'status', status: 401 }], told: 'failed' },
  { name: 'a 500', faults: [{ kind: 'status', status: 500 }], told: 'failed' },
  { name: 'a page of another site', faults: [{ kind: 'html', status: 200 }], told: 'failed' },
  {
    name: 'a cancel that is never answered',
    faults: [{ kind: 'hang', ...onCancel }],
    told: 'unknown',
    hasty: true,
  },
  {
    name: 'a reset after the cancel',
    faults: [{ kind: 'reset_after_effect', ...onCancel }],
    told: 'cancelled',
  },
  {
    name: 'a yes, and a job that keeps running',
    faults: [{ kind: 'says_yes_keeps_running' }],
    told: 'cancelling',
  },
];
const pairs = cases(
  all.flatMap((each) => providerNames.map((provider) => ({ ...each, provider }))),
  ({ provider }) => provider === 'sutro',
);

describe.concurrent('in Slack, delivered twice', () => {
  test.for(pairs)('$name at $provider is told once, as it is', async (each, { expect }) => {
    const { provider, faults, told, hasty } = each;
    const sandbox = await startSandbox({ control: false });
    const harness = await openSlackHarness({
      ...{ connections: connectionsTo(sandbox), configuration: mayaOnSlack(), held: true },
      budgetMs: hasty ? 2_500 : 8_000,
    });
    const there = sandbox.providers[provider];
    const seed = { state: 'running', name: canary, settlesInMs: 20, rowsFinishInMs: 20 } as const;
    const [one = '', ...many] = there.addJobs(3, seed);

    /** Delivers what was handed on last, twice at once and once more, and gives every message. */
    const delivered = async () => {
      const work = harness.handed.at(-1);
      if (work === undefined) throw new Error('nothing was handed on');
      await Promise.all([harness.deliver(work), harness.deliver(work)]);
      await harness.deliver(work);
      const messages = await harness.pretend.messagesAt(work.response_url);
      expect(messages.flatMap((message) => brokenLimits(readMessage(message)))).toEqual([]);
      expect(messages.flatMap((message) => liveMarkup(readMessage(message)))).toEqual([]);
      return messages;
    };
    const judge = (asked: readonly string[], message: unknown) => {
      const outcomes = toldOfAll(message);
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(asked.map(() => told));
      const jobs = asked.map((job_id) => ({ provider, job_id }));
      const left = hasty ? { left: new Set<string>() } : {};
      expect(checkOutcomes({ asked: jobs, outcomes, witnesses: providerLogsOf(sandbox), ...left })).toEqual(
        [],
      );
      expect(JSON.stringify(message)).not.toContain(canary);
    };

    for (const fault of faults) there.setFault({ ...fault, jobIds: [one] });
    await harness.command(`${provider} ${one}`);
    const single = await delivered();
    expect(single).toHaveLength(1);
    judge([one], single[0]);

    await harness.command(`${provider} ${many.join(' ')}`);
    const [card, ...more] = await delivered();
    expect(more).toEqual([]);
    for (const fault of faults) there.setFault({ ...fault, jobIds: many });
    const button = buttonsOf(card).find(({ action_id }) => action_id === actionIds.confirm);
    if (button === undefined) throw new Error('no question');
    await harness.press(button);
    const answered = await delivered();
    expect(answered).toHaveLength(2);
    judge(many, answered[1]);

    await harness.close();
    await sandbox.close();
  });
});
