import { describe, expect, it } from 'vitest';
import { actionIds } from '../../functions/slack/inbound/actions.ts';
import { readCommandText } from '../../functions/slack/inbound/command-text.ts';
import type { SlackTask } from '../../functions/slack/tasks/task.ts';
import { watchLater } from '../../functions/slack/tasks/watch-operation.ts';
import { silentLog } from '../../shared/lib/log.ts';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
import { mayAll } from '../support/configuration.ts';
import { callerWith, callOf } from '../support/guard-harness.ts';
import { accepted } from '../support/harness.ts';
import { operationsHarness } from '../support/operations.ts';
import { slackInMemory } from '../support/slack/in-memory.ts';
import { ManualClock } from '../support/time/manual-clock.ts';

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
        `● *Running* · 2 jobs · 2 without an outcome · 0 s old · \`${running}\``,
        'Pause',
        `‖ *Paused* · 1 job · 1 without an outcome · 5 s old · \`${paused}\``,
        'Resume',
        `■ *Finished* · 3 jobs · 3 cancelled · 2 min old · \`${done}\``,
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

describe('a command with many jobs', () => {
  it('makes an operation, which asks first, once if it is delivered twice', async () => {
    const { harness, told } = await opened();
    const jobs = harness.addJobs({ sutro: 101 });
    const command = { kind: 'cancel', id: 'a', jobs, reason: 'a sweep' } as const;
    const asked = await told(command);
    expect(asked.texts[0]).toContain('*Call off 101 jobs?*');
    expect(asked.texts[0]).toContain(
      'This is an operation with 101 jobs. calloff has not checked their status',
    );
    expect((await told(command)).texts).toEqual([]);
    harness.serve();
    expect(harness.cancels()).toEqual([]);
    const begun = await told(asked.press(actionIds.confirm));
    expect(begun.texts.at(-1)).toContain('*Finished* · 101 jobs · 101 cancelled');
    expect(begun.texts.at(-1)).toContain('Because: `a sweep`');
    const { texts } = await told({ kind: 'operations' });
    expect(texts[0]?.match(/Finished/g)).toHaveLength(1);
  });

  it('is refused by the same rules as any cancel, and leaves no operation behind', async () => {
    const { harness, told } = await opened({ ...mayAll, max_jobs: 100 });
    const jobs = harness.addJobs({ sutro: 101 });
    const { texts } = await told({ kind: 'cancel', jobs });
    expect(texts[0]).toContain('calloff did nothing.');
    expect((await told({ kind: 'operations' })).texts).toEqual(['You have no operations.']);
    expect((await told({ kind: 'cancel', jobs: jobs.slice(1) })).texts[0]).toContain('*Call off 100 jobs?*');
  });
});

describe('the end of an operation', () => {
  const minuteMs = 60_000;

  it('is told once where it was resumed, if that is within half an hour, and so is a job that comes back', async () => {
    const { harness, told, gateway } = await opened();
    const [back] = harness.addJobs({ sutro: 1 }, { settlesInMs: 4 * minuteMs, comesBackInMs: 3 * minuteMs });
    const jobs = [...harness.addJobs({ sutro: 2 }, { settlesInMs: 4 * minuteMs }), ...(back ? [back] : [])];
    const { id } = accepted(await gateway.createOperation({ jobs, draft: true }, callOf(maya)));
    harness.serve();
    const asked = await told({ kind: 'resume', operation: id });
    const begun = await told(asked.press(actionIds.confirm));
    expect(begun.texts.at(-1)).toContain('◐ *Following* · 3 jobs · 3 stopping');
    expect(begun.texts.at(-1)).toContain(
      'calloff goes on, and tells you here how it ended if that is within 25 minutes. `/calloff operations` shows how far it is.',
    );
    expect(await told.later(3 * minuteMs)).toEqual([]);
    const ended = await told.later(4 * minuteMs);
    expect(ended).toHaveLength(1);
    expect(ended[0]).toContain('*Finished* · 3 jobs · 3 cancelled');
    const again = await told.later(10 * minuteMs);
    expect(again).toHaveLength(1);
    expect(again[0]).toContain('1 job that was cancelled has come back to life.');
    expect(await told.later(60 * minuteMs)).toEqual([]);
  });

  it('is not told after the response URL is too old', async () => {
    const { harness, told } = await opened();
    const [job] = harness.addJobs({ sutro: 1 }, { settlesInMs: 40 * minuteMs });
    harness.serve();
    const { texts } = await told({ kind: 'cancel', jobs: [job] });
    expect(texts.at(-1)).toContain(
      'calloff keeps checking the jobs that have not ended, and tells you here how they ended if that is within 25 minutes.',
    );
    expect(await told.later(120 * minuteMs)).toEqual([]);
    const { texts: shown } = await told({ kind: 'operations' });
    expect(shown[0]).toContain('*Finished* · 1 job · 1 cancelled');
  });

  it('is told once if the queue delivers twice, and only to a person whom calloff still knows', async () => {
    const { told, create, workOff } = await opened();
    const operation = await create(2);
    await workOff();
    const look = { kind: 'watch', operation, step: 1, used: 2 } as const;
    const stranger = { team: 'T111', user: 'W999', channel: 'C111', app: 'A111' };
    expect((await told({ ...look, id: 'a.1', who: stranger })).texts).toEqual([]);
    expect((await told({ ...look, id: 'b.1' })).texts).toHaveLength(1);
    expect((await told({ ...look, id: 'b.1' })).texts).toEqual([]);
  });

  it('is told even if the store could not be read at one look', async () => {
    const { harness, gateway, create, workOff } = await opened();
    const operation = await create(2);
    await workOff();
    let isBroken = true;
    const getOperation: typeof gateway.getOperation = async (...asked) => {
      if (isBroken) throw new StoreUnavailableError('The store is locked.', 'SQLITE_BUSY');
      return gateway.getOperation(...asked);
    };
    const told = slackInMemory({ ...harness, gateway: { ...gateway, getOperation } });
    const look = { kind: 'watch', id: 'a.1', operation, step: 1, used: 2 } as const;
    expect((await told(look)).texts).toEqual([]);
    isBroken = false;
    expect(await told.later(2 * minuteMs)).toEqual([expect.stringContaining('*Finished* · 2 jobs')]);
  });

  it('is looked for every minute, until the response URL is used up or too old', async () => {
    const clock = new ManualClock();
    const kept: [SlackTask, number | undefined][] = [];
    const queue = { enqueue: async (work: SlackTask, delayMs?: number) => void kept.push([work, delayMs]) };
    const work: SlackTask = {
      ...{ id: 'a', request_id: 'r', who: { team: 'T1', user: 'U1', channel: 'C1' }, kind: 'operations' },
      ...{ response_url: 'https://hooks.slack.com/x', issued_at: clock.wallTime() },
    };
    const later = (asked: SlackTask, used: number) =>
      watchLater(asked, { operation: 'op_x', used, ended: undefined }, { queue, clock, log: silentLog });
    expect(await later(work, 5)).toBe(false);
    expect(await later(work, 4)).toBe(true);
    const [[first, delayMs] = [work, 0]] = kept;
    expect([first.id, first.kind, delayMs]).toEqual(['a.1', 'watch', minuteMs]);
    await clock.turn(27 * minuteMs);
    expect(await later(first, 4)).toBe(true);
    expect(kept[1]?.[0].id).toBe('a.2');
    await clock.turn(minuteMs);
    expect(await later(first, 4)).toBe(false);
    expect(kept).toHaveLength(2);
  });

  it('is told of the jobs of a cancel that took longer', async () => {
    const { harness, told } = await opened();
    const [job] = harness.addJobs({ sutro: 1 }, { settlesInMs: 4 * minuteMs });
    harness.serve();
    await told({ kind: 'cancel', jobs: [job] });
    const ended = await told.later(8 * minuteMs);
    expect(ended).toHaveLength(1);
    expect(ended[0]).toContain('*Finished* · 1 job · 1 cancelled');
  });
});
