import { describe, expect, it } from 'vitest';
import { actionIds } from '../../functions/slack/inbound/actions.ts';
import { readCommandText } from '../../functions/slack/inbound/command-text.ts';
import { mayAll } from '../support/configuration.ts';
import { callerWith, callOf } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';
import { slackInMemory } from '../support/slack/in-memory.ts';

const maya = callerWith({}, { id: 'maya', kind: 'person' });

/** Maya in Slack, with providers, a store and a worker in memory. */
async function opened(may: object = mayAll) {
  const harness = await operationsHarness({ callerInForce: async () => maya });
  const { gateway, worker } = harness.newProcess();
  const told = slackInMemory({ ...harness, gateway }, may);
  const create = async (jobs: number, more: object = {}) => {
    const named = harness.addJobs({ sutro: jobs });
    return accepted(await gateway.createOperation({ jobs: named, ...more }, callOf(maya))).id;
  };
  return { harness, gateway, worker, told, create, workOff: () => harness.workOff(worker) };
}

describe('/calloff operations', () => {
  it('is a command of one word', () => {
    expect(readCommandText('operations', [])).toEqual({ kind: 'operations' });
    expect(readCommandText('Operations now', [])).toMatchObject({ faults: [{ word: 'now' }] });
  });

  it('shows the latest ten, each in one line with a button where something can be done', async () => {
    const { harness, told, create, workOff } = await opened();
    expect((await told({ kind: 'operations' })).texts).toEqual(['You have no operations.']);
    const done = await create(3);
    await workOff();
    await harness.clock.turn(120_000);
    const paused = await create(1, { reason: 'sweep' });
    await harness.pause(paused);
    await harness.clock.turn(5_000);
    const running = await create(2);
    const { texts, buttons } = await told({ kind: 'operations' });
    expect(texts).toEqual([
      [
        'Your latest operations',
        `*Running* · 2 jobs · 2 without an outcome · 0 s old · \`${running}\``,
        'Pause',
        `*Paused* · 1 job · 1 without an outcome · 5 s old · \`${paused}\``,
        'Resume',
        `*Finished* · 3 jobs · 3 cancelled · 2 min old · \`${done}\``,
      ].join('\n'),
    ]);
    expect(buttons.map(({ action_id, value }) => [action_id, value])).toEqual([
      [actionIds.pause, running],
      [actionIds.resume, paused],
    ]);
  });

  it('offers no resume to a person who may not cancel at its connections', async () => {
    const { gateway, told, harness } = await opened({ connections: ['ionq'], actions: ['list', 'cancel'] });
    const jobs = harness.addJobs({ sutro: 1 });
    const { id } = accepted(await gateway.createOperation({ jobs }, callOf(maya)));
    await harness.pause(id);
    const { texts, buttons } = await told({ kind: 'operations' });
    expect(texts[0]).toContain('*Paused*');
    expect(buttons).toEqual([]);
  });
});

describe('an operation in Slack', () => {
  it('is paused by its button, and resumed by another, which asks first', async () => {
    const { harness, told, create, workOff } = await opened();
    const id = await create(30);
    const list = await told({ kind: 'operations' });
    const paused = await told(list.press(actionIds.pause));
    expect(paused.texts[0]).toContain('Until it is resumed, no cancel is sent; 30 jobs have no outcome yet.');
    await workOff();
    expect(harness.cancels()).toEqual([]);
    const asked = await told(paused.press(actionIds.resume));
    const [question = ''] = asked.texts;
    expect(question).toContain('*Call off 30 jobs?*');
    expect(question).toContain('This is an operation with 30 jobs. calloff has not checked their status');
    expect(question).toContain('… and 10 more.');
    const kept = await told(asked.press(actionIds.keep));
    expect(kept.texts).toEqual([
      '<@W111> left the operation as it is. Nothing was sent because of this question.',
    ]);
    await workOff();
    expect(harness.cancels()).toEqual([]);
    const again = await told({ kind: 'resume', operation: id });
    harness.serve();
    const begun = await told(again.press(actionIds.confirm));
    expect(begun.texts[0]).toContain('*Running* · 30 jobs');
    expect(begun.texts.at(-1)).toContain('*Finished* · 30 jobs · 30 cancelled');
    expect(begun.messages).toEqual(begun.messages.map((each) => ({ ...each, replace_original: true })));
    expect(await harness.countsOf(id)).toEqual({ cancelled: 30 });
  });

  it('is told three times at most while it takes longer than the task, with the way to see the rest', async () => {
    const { told, create, harness } = await opened();
    const id = await create(1);
    await harness.pause(id);
    const { texts } = await told({ kind: 'resume', operation: id });
    expect(texts).toHaveLength(3);
    for (const text of texts) expect(text).toContain('`/calloff operations` shows how far it is.');
  });

  it('is told with its fault if it cannot be resumed', async () => {
    const { told, create, workOff } = await opened();
    const id = await create(1);
    await workOff();
    const { texts } = await told({ kind: 'resume', operation: id });
    expect(texts[0]).toContain('nothing to resume');
    expect((await told({ kind: 'pause', operation: 'op_x' })).texts[0]).toContain('must be the id');
  });
});
