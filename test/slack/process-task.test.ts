import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { actionIds, stopValue } from '../../functions/slack/inbound/actions.ts';
import { Idempotency } from '../../functions/slack/tasks/idempotency.ts';
import { processTask } from '../../functions/slack/tasks/process-task.ts';
import type { SlackTask } from '../../functions/slack/tasks/task.ts';
import { sentences } from '../../functions/slack/wording/sentences.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { Gateway } from '../../shared/gateway.ts';
import { systemClock } from '../../shared/lib/clock.ts';
import { StoreUnavailableError } from '../../shared/store/errors.ts';
import { mayAll, mayaOnSlack } from '../support/configuration.ts';
import { connectionsTo, providerNames } from '../support/harness.ts';
import { openSlackHarness, type SlackHarness } from '../support/slack/harness.ts';
import { brokenLimits, buttonsOf, liveMarkup } from '../support/slack/limits.ts';
import { readMessage, shownIn, toldOfAll } from '../support/slack/read-back.ts';

let sandbox: Sandbox;
const harnesses: SlackHarness[] = [];
beforeAll(async () => {
  sandbox = await startSandbox({ control: false });
});
afterEach(async () => {
  for (const harness of harnesses.splice(0)) {
    const logged = JSON.stringify(harness.logged);
    await harness.close();
    expect(logged).not.toContain('/actions/');
  }
});
afterAll(() => sandbox.close());

async function open(more: Partial<Parameters<typeof openSlackHarness>[0]> = {}): Promise<SlackHarness> {
  const harness = await openSlackHarness({ connections: connectionsTo(sandbox), ...more });
  harnesses.push(harness);
  return harness;
}
const running = () => sandbox.providers.sutro.addJob({ state: 'running', settlesInMs: 0 });
const cancelsOf = (...jobs: readonly string[]) =>
  sandbox.providers.sutro.journal.filter(
    ({ operation, jobIds }) => operation === 'cancel' && jobs.some((job) => jobIds.includes(job)),
  ).length;
const shown = (messages: readonly unknown[]) => messages.map((message) => shownIn(message).join('\n'));

/** Work as the routes hand it on, and a place for what is said of it. */
function workFor({ pretend }: SlackHarness, job: string, more: Partial<SlackTask> = {}): SlackTask {
  const common = {
    ...{ id: randomUUID(), request_id: randomUUID(), issued_at: Date.now() },
    who: { team: 'T111', user: 'W111', channel: 'C111', app: 'A111' },
    response_url: pretend.newResponseUrl(),
  };
  const { kind: _kind, ...rest } = more;
  return { ...common, kind: 'cancel', jobs: [{ provider: 'sutro', job_id: job }], ...rest };
}

describe('work that is delivered twice', () => {
  it.each(['one after the other', 'at the same time'])('is done once and told once, %s', async (how) => {
    const harness = await open();
    const job = running();
    const work = workFor(harness, job);
    const deliveries =
      how === 'at the same time'
        ? await Promise.all([harness.deliver(work), harness.deliver(work)])
        : [await harness.deliver(work), await harness.deliver(work)];
    expect(deliveries.toSorted()).toEqual(how === 'at the same time' ? ['again', 'done'] : ['done', 'done']);
    expect(await harness.deliver(work)).toBe('done');
    expect(cancelsOf(job)).toBe(1);
    expect(shown(await harness.pretend.messagesAt(work.response_url))).toEqual([
      expect.stringContaining('*Cancelled*'),
    ]);
  });

  it('is not begun again where the first who had it is gone, and in the end the person is told so', async () => {
    const harness = await open();
    const job = running();
    const work = workFor(harness, job);
    const then = { ...systemClock, wallTime: () => systemClock.wallTime() - 120_000 };
    await new Idempotency(harness.parts.store, then).begin(work);
    expect(await harness.deliver(work)).toBe('again');
    const late = { ...work, issued_at: Date.now() - 120_001 };
    const deliveries = await Promise.all([harness.deliver(late), harness.deliver(late)]);
    expect([...deliveries, await harness.deliver(late)]).toEqual(['done', 'done', 'done']);
    expect(cancelsOf(job)).toBe(0);
    expect(shown(await harness.pretend.messagesAt(work.response_url))).toEqual([
      sentences.unfinished('sends'),
    ]);
  });

  it('is left to its worker while that may be at it, however late it is by then', async () => {
    const harness = await open();
    const work = workFor(harness, running(), { issued_at: Date.now() - 120_001 });
    const then = { ...systemClock, wallTime: () => systemClock.wallTime() - 100_000 };
    await new Idempotency(harness.parts.store, then).begin(work);
    expect(await harness.deliver(work)).toBe('again');
    expect(await harness.pretend.messagesAt(work.response_url)).toEqual([]);
  });

  it('is told once also where it comes late, and twice at the same time', async () => {
    const harness = await open();
    const work = workFor(harness, running(), { issued_at: Date.now() - 120_001 });
    const deliveries = await Promise.all([harness.deliver(work), harness.deliver(work)]);
    expect(deliveries.toSorted()).toEqual(['again', 'done']);
    expect(await harness.deliver(work)).toBe('done');
    expect(shown(await harness.pretend.messagesAt(work.response_url))).toEqual([sentences.tooLate]);
  });
});

describe('work that waited', () => {
  it('for less than two minutes is done', async () => {
    const harness = await open();
    const job = running();
    const work = workFor(harness, job, { issued_at: Date.now() - 110_000 });
    expect(await harness.deliver(work)).toBe('done');
    expect(cancelsOf(job)).toBe(1);
  });

  it('for longer is not, and the person is told, once', async () => {
    const harness = await open();
    const job = running();
    const work = workFor(harness, job, { issued_at: Date.now() - 120_001 });
    expect([await harness.deliver(work), await harness.deliver(work)]).toEqual(['done', 'done']);
    expect(cancelsOf(job)).toBe(0);
    expect(shown(await harness.pretend.messagesAt(work.response_url))).toEqual([sentences.tooLate]);
  });

  it('is given up when the person can no longer be answered', async () => {
    const harness = await open();
    const work = workFor(harness, running(), { issued_at: Date.now() - 1_800_001 });
    expect(await harness.deliver(work)).toBe('done');
    expect(await harness.pretend.messagesAt(work.response_url)).toEqual([]);
    expect(harness.logged.map(({ event }) => event)).toContain('slack_message_expired');
  });
});

describe('a command that is entered twice', () => {
  it('calls the job off once, and says so', async () => {
    const harness = await open();
    const job = running();
    const both = await Promise.all([harness.command(`sutro ${job}`), harness.command(`sutro ${job}`)]);
    const told = (await Promise.all(both.map(({ later }) => later()))).map(shown);
    expect(told.map(({ length }) => length)).toEqual([1, 1]);
    expect(told.flat().filter((text) => text.includes('*Cancelled*'))).toHaveLength(1);
    expect(told.flat()).toContain(sentences.askedAlready);
    expect(cancelsOf(job)).toBe(1);
    const third = await harness.command(`sutro ${job}`);
    expect(shown(await third.later())).toEqual([sentences.askedAlready]);
  });

  it('calls the job off once also where its UUID is in capitals, and counts it once', async () => {
    const harness = await open();
    const job = sandbox.providers.ionq.addJob({ state: 'running', settlesInMs: 0 });
    const texts = [`ionq ${job}`, `ionq ${job.toUpperCase()} ${job}`];
    const both = await Promise.all(texts.map((text) => harness.command(text)));
    const told = (await Promise.all(both.map(({ later }) => later()))).flatMap(shown);
    expect(told.filter((text) => text.includes('*Cancelled*'))).toHaveLength(1);
    expect(told).toContain(sentences.askedAlready);
    const sent = ({ operation }: { readonly operation: string }) => operation.startsWith('cancel');
    expect(sandbox.providers.ionq.journal.filter(sent)).toHaveLength(1);
  });

  it('by two people is two requests, and the second finds it over', async () => {
    const harness = await open();
    const job = running();
    await (await harness.command(`sutro ${job}`)).later();
    const another = await harness.command(`sutro ${job}`, { user_id: 'U222' });
    expect(shown(await another.later())).toEqual([expect.stringContaining('*Already cancelled*')]);
  });

  it('may be, where nothing came of the first', async () => {
    const harness = await open();
    const job = running();
    sandbox.providers.sutro.setFault({ kind: 'status', status: 503, jobIds: [job] });
    const first = await harness.command(`sutro ${job}`);
    expect(shown(await first.later())).toEqual([expect.stringContaining('*Not cancelled*')]);
    sandbox.providers.sutro.clearFaults();
    const second = await harness.command(`sutro ${job}`);
    expect(shown(await second.later())).toEqual([expect.stringContaining('*Cancelled*')]);
  });
});

describe('the age of a job', () => {
  const createdAt = new Date(Date.now() - 2.5 * 3_600_000);
  const addOld = (provider: (typeof providerNames)[number]) =>
    sandbox.providers[provider].addJob({ state: 'running', settlesInMs: 0, createdAt });

  it.each(providerNames)('is in its line, whatever became of it: %s', async (provider) => {
    const harness = await open();
    const job = addOld(provider);
    const first = await harness.command(`${provider} ${job}`);
    expect(shown(await first.later())[0]).toMatch(/^■ \*Cancelled\* · .* · 2 h old\n/);
    const other = await harness.command(`${provider} ${job}`, { user_id: 'U222' });
    expect(shown(await other.later())[0]).toMatch(/^□ \*Already cancelled\* · .* · 2 h old\n/);
  });

  it('is in the question whether to call it off', async () => {
    const harness = await open({ configuration: mayaOnSlack() });
    const ids = providerNames.map((provider) => `${provider} ${addOld(provider)}`);
    const [card] = await (await harness.command(ids.join(' '))).later();
    for (const id of ids)
      expect(shownIn(card).join('\n')).toMatch(
        new RegExp(`${id.split(' ')[1]}.* · ●\u00a0running · 2 h old`),
      );
  });
});

describe('several jobs', () => {
  const configuration = mayaOnSlack();

  /** Asks for two jobs, and gives the buttons of the question. */
  async function ask(harness: SlackHarness, jobs: readonly string[], reason = '') {
    const { later } = await harness.command(`sutro ${jobs.join(' ')}${reason}`);
    const [card] = await later();
    const [confirm, keep] = buttonsOf(card);
    if (confirm === undefined || keep === undefined) throw new Error('no question');
    return { card, confirm, keep };
  }

  it('are looked at, named, and called off by the button, once', async () => {
    const harness = await open({ configuration });
    const jobs = [running(), running(), sandbox.providers.sutro.addJob({ state: 'completed' })];
    const { card, confirm } = await ask(harness, jobs, ' because wrong prompt');
    expect(cancelsOf(...jobs)).toBe(0);
    const text = shownIn(card).join('\n');
    for (const job of jobs.slice(0, 2)) expect(text).toContain(`\`${job}\` · ●\u00a0running`);
    expect(text).toContain('*Call off 2 jobs?*');
    expect(text).toContain(`*Already finished* · sutro · \`${jobs[2]}\` · ✓\u00a0completed`);
    const presses = await Promise.all([
      harness.press(confirm),
      harness.press(confirm),
      harness.press(confirm),
    ]);
    const told = (await Promise.all(presses.map(({ later }) => later()))).toSorted(
      (a, b) => b.length - a.length,
    );
    expect(told.map(({ length }) => length)).toEqual([2, 1, 1]);
    const [[interim, final] = []] = told;
    expect([interim, final]).toMatchObject([{ replace_original: true }, { replace_original: true }]);
    expect(shownIn(interim)).toEqual([sentences.answered]);
    expect(toldOfAll(final).map(({ outcome }) => outcome)).toEqual([
      'cancelled',
      'cancelled',
      'already_finished',
    ]);
    expect(shownIn(final).at(-1)).toBe('Because: `wrong prompt`');
    expect(told.slice(1).flat()).toMatchObject([{ replace_original: false }, { replace_original: false }]);
    expect(shown(told.slice(1).flat())).toEqual([sentences.pressedAlready, sentences.pressedAlready]);
    expect(cancelsOf(...jobs)).toBe(2);
  });

  it('are told of last, however slow the word before it is', async () => {
    const order: string[] = [];
    const slow: typeof fetch = async (_url, { body } = {}) => {
      const text = String(body);
      if (text.includes(sentences.answered)) await new Promise((resolve) => setTimeout(resolve, 300));
      order.push(text.includes(sentences.answered) ? 'interim' : 'other');
      return new Response('ok');
    };
    const harness = await open({ configuration, held: true });
    await harness.command(`sutro ${running()} ${running()}`);
    const [asked] = harness.handed;
    if (asked === undefined) throw new Error('nothing was handed on');
    await harness.deliver(asked);
    const [card] = await harness.pretend.messagesAt(asked.response_url);
    const [confirm] = buttonsOf(card);
    if (confirm === undefined) throw new Error('no question');
    await harness.press(confirm);
    const pressed = harness.handed.at(-1) ?? asked;
    await processTask(pressed, { ...harness.parts, fetch: slow });
    expect(order).toEqual(['interim', 'other']);
  });

  it('have their reason and who confirmed them in the audit', async () => {
    const harness = await open({ configuration });
    const jobs = [running(), running()];
    const { confirm } = await ask(harness, jobs, ' because wrong prompt');
    await (await harness.press(confirm)).later();
    const records = await harness.parts.store.scan({ from: 0, to: Date.now(), limit: 100 });
    const intents = records.map(({ body }) => JSON.parse(body)).filter(({ is }) => is === 'intent');
    expect(intents.map(({ request }) => request)).toEqual([
      {
        caller: 'maya',
        kind: 'person',
        surface: 'slack',
        action: 'cancel',
        reason: 'wrong prompt',
        confirmed_by: 'maya',
        confirmation: expect.stringMatching(/^[a-z2-9]{10}$/),
      },
    ]);
  });

  it('are left alone where the person, the channel or the workspace is another', async () => {
    const people = [{ team_id: 'T111', user_id: 'W111' }];
    const bob = [{ team_id: 'T111', user_id: 'U222' }];
    const harness = await open({
      configuration: {
        callers: {
          maya: { kind: 'person', slack: [...people, { team_id: 'T111', user_id: 'U333' }], may: mayAll },
          bob: { kind: 'person', slack: bob, may: mayAll },
        },
        slack: { team_id: 'T111', app_id: 'A111', channels: ['C111', 'C222'] },
      },
    });
    const jobs = [running(), running()];
    const { confirm, keep } = await ask(harness, jobs);
    for (const from of [
      { user: { id: 'U222', team_id: 'T111' } },
      { user: { id: 'U333', team_id: 'T111' } },
      { channel: { id: 'C222' } },
    ])
      for (const button of [confirm, keep])
        expect(shown(await (await harness.press(button, from)).later()).at(-1)).toBe(sentences.expired);
    const elsewhere = await harness.press(confirm, { team: { id: 'T999' } });
    expect(shown(await elsewhere.later()).join()).toContain('another workspace');
    expect(cancelsOf(...jobs)).toBe(0);
    const own = await harness.press(confirm);
    expect(shown(await own.later()).at(-1)).toContain('2 jobs: 2 cancelled.');
  });

  it('run on after “Keep running”, and the question is closed', async () => {
    const harness = await open({ configuration });
    const jobs = [running(), running()];
    const { confirm, keep } = await ask(harness, jobs);
    const kept = await harness.press(keep);
    expect(await kept.later()).toMatchObject([{ replace_original: true }]);
    expect(shown(await kept.later())).toEqual(['<@W111> chose to keep the jobs running. Nothing was sent.']);
    expect(shown(await (await harness.press(confirm)).later())).toEqual([sentences.pressedAlready]);
    expect(cancelsOf(...jobs)).toBe(0);
    const again = await ask(harness, jobs);
    expect(shown(await (await harness.press(again.confirm)).later()).at(-1)).toContain('2 cancelled');
  });

  it('need another person if this one may not confirm for themselves', async () => {
    const may = { ...mayAll, self_confirm: false };
    const harness = await open({ configuration: mayaOnSlack({}, may) });
    const { later } = await harness.command(`sutro ${running()} ${running()}`);
    const [card] = await later();
    expect(buttonsOf(card)).toEqual([]);
    expect(shownIn(card).join('\n')).toMatch(
      /Ask someone with the right to confirm to run `\/calloff confirm [a-z2-9]{10}`/,
    );
  });

  it('without a confirmation are answered at once', async () => {
    const harness = await open({ configuration });
    const [one = '', two = ''] = sandbox.providers.sutro.addJobs(2, { state: 'completed' });
    const { later } = await harness.command(`sutro ${one} ${two}`);
    expect(shown(await later())).toEqual([expect.stringContaining('2 jobs: 2 already finished.')]);
  });

  it('are too many beyond what the policy says', async () => {
    const harness = await open({ configuration: mayaOnSlack({}, { ...mayAll, max_jobs: 2 }) });
    const { answer, later } = await harness.command(`sutro ${running()} ${running()} ${running()}`);
    expect(shownIn(answer).join()).toContain('You may call off at most 2 jobs at a time, and you named 3.');
    expect(await later()).toEqual([]);
  });
});

describe('the channel', () => {
  const configuration = mayaOnSlack({ announce: true });

  it('sees what was called off, and by whom, where that is wanted', async () => {
    const harness = await open({ configuration });
    const { later } = await harness.command(`sutro ${running()} because wrong prompt`);
    const [told] = await later();
    expect(told).toMatchObject({ response_type: 'in_channel', replace_original: false });
    expect(shownIn(told).at(-1)).toBe('Called off by <@W111> · Because: `wrong prompt`');
  });

  it.each(['cancelling', 'running'] as const)(
    'does not say that a person called off a job that has not ended: %s',
    async (state) => {
      const harness = await open({ configuration });
      const job = sandbox.providers.sutro.addJob({ state, settlesInMs: 60_000 });
      const [told] = await (await harness.command(`sutro ${job}`)).later();
      expect(cancelsOf(job)).toBe(state === 'cancelling' ? 0 : 1);
      expect(shownIn(told)[0]).toContain('*Stopping*');
      expect(told).toMatchObject({ response_type: 'in_channel' });
      expect(shownIn(told).at(-1)).toBe('Asked for by <@W111>');
    },
  );

  it('sees nothing where nothing was called off', async () => {
    const harness = await open({ configuration });
    const { later } = await harness.command(
      `sutro ${sandbox.providers.sutro.addJob({ state: 'completed' })}`,
    );
    const [told] = await later();
    expect(told).toMatchObject({ response_type: 'ephemeral' });
    expect(JSON.stringify(told)).not.toContain('Called off by');
  });
});

describe('what an assistant asked for', () => {
  const may = { connections: ['*'], actions: ['list', 'cancel'], confirm_above: 1 };
  const configuration = {
    ...mayaOnSlack(),
    callers: {
      maya: { kind: 'person', slack: [{ team_id: 'T111', user_id: 'W111' }], may: mayAll },
      bob: { kind: 'person', slack: [{ team_id: 'T111', user_id: 'U222' }], may },
      agent: { kind: 'agent', may },
    },
  };

  it.each(['approve', 'decline'] as const)(
    'can be settled here by a person with the right to: %s',
    async (kind) => {
      const harness = await open({ configuration });
      const current = await harness.parts.configuration.current();
      const caller = current === 'unreadable' ? undefined : current.callers.get('agent');
      if (caller === undefined) throw new Error('no agent');
      const ids = [running(), running()];
      const jobs = ids.map((job_id) => ({ provider: 'sutro', job_id }));
      const agent = { requestId: 'agent', caller, surface: 'mcp' as const };
      const asked = await harness.parts.gateway.cancelJobs({ jobs, reason: '<!here> too slow' }, agent);
      const id = asked.ok ? (asked.value.confirmation?.id ?? '') : '';
      const [card] = await (await harness.command(`confirm ${id}`)).later();
      expect(shownIn(card)[0]).toContain('*Agree to call off 2 jobs?*\nAsked for by `agent`.');
      for (const job of ids) expect(shownIn(card).join('\n')).toContain(`\`${job}\` · ●\u00a0running`);
      expect(liveMarkup(readMessage(card))).toEqual([]);
      const button = buttonsOf(card).find(({ action_id }) => action_id === actionIds[kind]);
      if (button === undefined) throw new Error('no button');
      const stranger = await harness.press(button, { user: { id: 'U222', team_id: 'T111' } });
      expect(shown(await stranger.later())).toEqual([
        expect.stringContaining('does not allow you to confirm'),
      ]);
      const [told] = await (await harness.press(button)).later();
      expect(told).toMatchObject({ replace_original: true });
      expect(shownIn(told)[0]).toContain(kind === 'approve' ? '<@W111> agreed.' : '<@W111> did not agree.');
      expect(cancelsOf(...ids)).toBe(0);
      const again = await harness.parts.gateway.cancelJobs({ jobs }, agent);
      expect(again).toMatchObject({
        value: { counts: kind === 'approve' ? { cancelled: 2 } : { refused: 2 } },
      });
      const [shownAgain] = await (await harness.command(`show ${id}`)).later();
      expect(shownIn(shownAgain)[0]).toContain(
        kind === 'approve' ? sentences.notPending.used : 'Agree to call off',
      );
    },
  );

  it.each(['aaaaaaaaaa', 'x'])('is not there under %s', async (id) => {
    const harness = await open({ configuration });
    expect(shown(await (await harness.command(`confirm ${id}`)).later())).toEqual([
      expect.stringMatching(/There is no such confirmation|must be the id of a confirmation/),
    ]);
  });
});

describe('a list', () => {
  it('has a button to call off each job, and shows names as names', async () => {
    const harness = await open();
    const name = '<!channel> *<https://example.com|free>* `x`';
    const job = sandbox.providers.sutro.addJob({ state: 'running', name, settlesInMs: 0 });
    const [card] = await (await harness.command('list sutro running')).later();
    expect(brokenLimits(readMessage(card))).toEqual([]);
    expect(liveMarkup(readMessage(card))).toEqual([]);
    expect(shownIn(card).join('\n')).toContain("`<!channel> *<https://example.com|free>* 'x'`");
    const button = buttonsOf(card).find(
      ({ value }) => value === stopValue({ provider: 'sutro', job_id: job }),
    );
    if (button === undefined) throw new Error('no button');
    const [told, ...more] = await (await harness.press(button)).later();
    expect(told).toMatchObject({ replace_original: false });
    expect(shownIn(told)[0]).toContain('*Cancelled*');
    expect(liveMarkup(readMessage(told))).toEqual([]);
    expect(more).toEqual([]);
  });

  it('names whom it could not ask, and is of one message however long', async () => {
    const harness = await open();
    sandbox.providers.ionq.setFault({ kind: 'status', status: 503 });
    sandbox.providers.sutro.addJobs(200, { state: 'running' });
    const messages = await (await harness.command('list')).later();
    sandbox.providers.ionq.clearFaults();
    expect(messages).toHaveLength(1);
    expect(brokenLimits(readMessage(messages[0]))).toEqual([]);
    expect(shown(messages)[0]).toMatch(/The jobs at IonQ could not all be listed/);
  });

  it('names a command with the same filters for the jobs that have ended', async () => {
    const harness = await open();
    sandbox.providers.sutro.addJob({ state: 'completed' });
    const card = (await (await harness.command('list sutro newer than 1h')).later()).at(-1);
    expect(shown(card === undefined ? [] : [card]).join('\n')).toContain(
      '`/calloff list sutro completed failed cancelled newer than 1h`',
    );
  });
});

describe('a button with a job that is none', () => {
  it.each(['..', 'a/../b', 'x?y', '%2e%2e', '\r\nx: y', '\ud800', '<!channel>', 'x'.repeat(1_001)])(
    'sends nothing for %j',
    async (job_id) => {
      const harness = await open();
      const before = sandbox.providers.sutro.journal.length;
      const { later } = await harness.press({
        action_id: actionIds.stop,
        value: stopValue({ provider: 'sutro', job_id }),
      });
      const [told, ...more] = await later();
      expect(shownIn(told)[0]).toContain('calloff did nothing.');
      expect(liveMarkup(readMessage(told))).toEqual([]);
      expect(more).toEqual([]);
      expect(sandbox.providers.sutro.journal.length).toBe(before);
    },
  );
});

describe('if something in calloff breaks', () => {
  const broken = async () => {
    throw new StoreUnavailableError('the disk is full', 'SQLITE_FULL');
  };

  it('the store: nothing is begun, and the last delivery answers the person', async () => {
    const harness = await open();
    const job = running();
    const work = workFor(harness, job);
    const store = { ...harness.parts.store, get: broken, put: broken };
    const parts = { ...harness.parts, store };
    expect(await processTask(work, parts)).toBe('again');
    expect(await harness.pretend.messagesAt(work.response_url)).toEqual([]);
    expect(await processTask(work, parts, { last: true })).toBe('done');
    expect(shown(await harness.pretend.messagesAt(work.response_url))).toEqual([
      sentences.storeBroke('store_full'),
    ]);
    expect(cancelsOf(job)).toBe(0);
  });

  it('the store, by the time it is late: no message says that anything was begun', async () => {
    const harness = await open();
    const work = workFor(harness, running(), { issued_at: Date.now() - 120_001 });
    const store = { ...harness.parts.store, get: broken, put: broken };
    expect(await processTask(work, { ...harness.parts, store })).toBe('done');
    expect(shown(await harness.pretend.messagesAt(work.response_url))).toEqual([
      sentences.storeLost('store_full', 'sends'),
    ]);
  });

  it('the store, of a list that is late, or the gateway: no message says that a cancel may have been sent', async () => {
    const harness = await open();
    const { parts, pretend } = harness;
    const list = (more: Partial<SlackTask>): SlackTask => {
      const { id, request_id, who, response_url, issued_at } = workFor(harness, running(), more);
      return { id, request_id, who, response_url, issued_at, kind: 'list' } as const;
    };
    const [late, work] = [list({ issued_at: Date.now() - 120_001 }), list({})];
    const store = { ...parts.store, get: broken, put: broken };
    expect(await processTask(late, { ...parts, store })).toBe('done');
    expect(await processTask(work, { ...parts, gateway: { ...parts.gateway, listJobs: broken } })).toBe(
      'done',
    );
    const told = [late, work].map(({ response_url }) => pretend.messagesAt(response_url));
    expect((await Promise.all(told)).map(shown)).toEqual([
      [expect.stringMatching(/^The disk .* is full.*nothing was sent/)],
      [expect.stringMatching(/^An internal error .*nothing was sent/)],
    ]);
  });

  it('the gateway: the person is told, once, and may ask again', async () => {
    const harness = await open();
    const work = workFor(harness, running());
    const gateway: Gateway = { ...harness.parts.gateway, cancelJobs: broken };
    expect(await processTask(work, { ...harness.parts, gateway })).toBe('done');
    expect(await harness.deliver(work)).toBe('done');
    expect(shown(await harness.pretend.messagesAt(work.response_url))).toEqual([sentences.broke('sends')]);
    const again = { ...work, id: 'another', response_url: harness.pretend.newResponseUrl() };
    expect(await harness.deliver(again)).toBe('done');
    expect(shown(await harness.pretend.messagesAt(again.response_url))).toEqual([
      expect.stringContaining('*Cancelled*'),
    ]);
  });

  it('the way back: the job is called off, and not again for the sake of the message', async () => {
    const harness = await open();
    const job = running();
    const work = workFor(harness, job);
    const refusing: typeof fetch = async () => new Response('no_service', { status: 404 });
    expect(await processTask(work, { ...harness.parts, fetch: refusing })).toBe('done');
    expect(await harness.deliver(work)).toBe('done');
    expect(cancelsOf(job)).toBe(1);
    expect(harness.logged.map(({ event }) => event)).toContain('slack_message_rejected');
  });

  it('the claim, of which the store did not say that it was taken: it is given back', async () => {
    const harness = await open();
    const job = running();
    const work = workFor(harness, job);
    const { store } = harness.parts;
    const put: typeof store.put = async (key, value, terms) => {
      const taken = await store.put(key, value, terms);
      return key.startsWith('slack/asked/') && terms.version === 0 ? broken() : taken;
    };
    const forgetful = { ...store, get: store.get.bind(store), put };
    expect(await processTask(work, { ...harness.parts, store: forgetful })).toBe('done');
    expect(shown(await harness.pretend.messagesAt(work.response_url))).toEqual([
      sentences.storeBroke('store_full'),
    ]);
    expect(cancelsOf(job)).toBe(0);
    const again = workFor(harness, job);
    expect(await harness.deliver(again)).toBe('done');
    expect(shown(await harness.pretend.messagesAt(again.response_url))).toEqual([
      expect.stringContaining('*Cancelled*'),
    ]);
  });

  it('the card, where Slack dislikes a block of it: the count is told in plain text, once', async () => {
    const harness = await open();
    const job = running();
    const work = workFor(harness, job);
    const sent: Record<string, unknown>[] = [];
    const picky: typeof fetch = async (_url, { body } = {}) => {
      const message = JSON.parse(String(body));
      sent.push(message);
      return message.blocks === undefined
        ? new Response('ok')
        : new Response('{"ok":false,"error":"invalid_blocks"}', { status: 400 });
    };
    expect(await processTask(work, { ...harness.parts, fetch: picky })).toBe('done');
    expect(await harness.deliver(work)).toBe('done');
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual({
      response_type: 'ephemeral',
      replace_original: false,
      text: sentences.textAlone('calloff: 1 job: 1 cancelled.', work.request_id),
    });
    expect(JSON.stringify(sent[1])).not.toContain(job);
    expect(await harness.pretend.messagesAt(work.response_url)).toEqual([]);
    const events = harness.logged.map(({ event }) => event);
    expect(events).toEqual(expect.arrayContaining(['slack_message_rejected', 'slack_message_delivered']));
  });

  it('the response URL, for every message: there is no third attempt', async () => {
    const harness = await open();
    const work = workFor(harness, running());
    let sent = 0;
    const refusing: typeof fetch = async () => {
      sent += 1;
      return new Response('no_service', { status: 404 });
    };
    expect(await processTask(work, { ...harness.parts, fetch: refusing })).toBe('done');
    expect(await processTask(work, { ...harness.parts, fetch: refusing })).toBe('done');
    expect(sent).toBe(2);
  });

  it('the address: nothing is done, and nothing is sent there', async () => {
    const harness = await open();
    const job = running();
    const work = { ...workFor(harness, job), response_url: 'http://169.254.169.254/latest' };
    expect(await harness.deliver(work)).toBe('done');
    expect(cancelsOf(job)).toBe(0);
    expect(harness.logged.map(({ event }) => event)).toEqual(['slack_response_url_foreign']);
  });
});
