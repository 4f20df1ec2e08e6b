import type { Message } from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { actionIds } from '../../functions/slack/inbound/actions.ts';
import { frontSentences } from '../../functions/slack/wording/front-sentences.ts';
import { sentences } from '../../functions/slack/wording/sentences.ts';
import { cardText } from '../../scripts/slack-try/card-text.ts';
import { casesAt } from '../support/thorough.ts';
import { textOf } from './built.ts';
import { httpApiEvent } from './events.ts';
import { type Exchange, handOver, useSlackLambdas } from './slack-lambda-harness.ts';

const harness = useSlackLambdas();
const quickMs = 500;

/** The messages that followed, each as its lines. */
async function told({ responseUrl }: Pick<Exchange, 'responseUrl'>): Promise<string[]> {
  return (await harness.slack.messagesAt(responseUrl)).map((message) => cardText(message).lines.join('\n'));
}

/** The button of the last message that means this. */
async function buttonOf({ responseUrl }: Exchange, action: string) {
  const last = (await harness.slack.messagesAt(responseUrl)).at(-1);
  const button = cardText(last).buttons.find(({ action_id }) => action_id === action);
  if (button === undefined) throw new Error(`there is no button ${action}: ${JSON.stringify(last)}`);
  return button;
}

/** How many requests a provider got that were to cancel. */
function cancels(provider: 'sutro' | 'ionq' = 'sutro'): number {
  return harness.sandbox.providers[provider].journal.filter(({ operation }) => operation.startsWith('cancel'))
    .length;
}

const stateOf = (id: string) => harness.sandbox.providers.sutro.job(id)?.state;

describe('one job', () => {
  test('is answered at once, handed on, cancelled once and told once', async () => {
    const id = harness.runningJob('sutro');
    const exchange = await harness.command(`sutro ${id} because wrong input`);
    expect([exchange.status, exchange.text]).toEqual([
      200,
      expect.stringContaining(frontSentences.working(1)),
    ]);
    expect(exchange.tookMs).toBeLessThan(quickMs);
    expect([cancels(), await told(exchange)]).toEqual([0, []]);
    const { works, again } = await harness.deliver();
    expect([works.map(({ kind }) => kind), again]).toEqual([['cancel'], []]);
    expect([cancels(), stateOf(id)]).toEqual([1, 'cancelled']);
    expect(await told(exchange)).toEqual([expect.stringContaining(`*Cancelled* · sutro · \`${id}\``)]);
    expect(await harness.sqs.receive()).toEqual([]);
  });

  test('of a queue that delivers twice is cancelled once and told once', async () => {
    const id = harness.runningJob('sutro');
    const exchange = await harness.command(`sutro ${id}`);
    const messages = await harness.sqs.receive();
    for (const worker of [...harness.workers, ...harness.workers])
      expect(await handOver(worker, messages)).toEqual([]);
    expect([cancels(), (await told(exchange)).length]).toEqual([1, 1]);
  });

  test('of a replayed command is cancelled once and told once', async () => {
    const id = harness.runningJob('sutro');
    const first = await harness.command(`sutro ${id}`);
    const [message] = await harness.sqs.receive();
    const replayed = { ...message, MessageId: 'another' };
    expect(await handOver(harness.workers[0], [message ?? {}])).toEqual([]);
    expect(await handOver(harness.workers[1], [replayed])).toEqual([]);
    expect([cancels(), (await told(first)).length]).toEqual([1, 1]);
  });

  test('asked for twice within a minute is cancelled once, and the second answer says so', async () => {
    const id = harness.runningJob('sutro');
    const exchanges = [await harness.command(`sutro ${id}`), await harness.command(`sutro ${id}`)];
    expect((await harness.deliver()).again).toEqual([]);
    const answers = (await Promise.all(exchanges.map(told))).flat();
    expect(answers).toHaveLength(2);
    expect(answers.filter((answer) => answer.includes(sentences.askedAlready))).toHaveLength(1);
    expect(cancels()).toBe(1);
  });

  test('at a provider that takes ten seconds, given to two workers at once, is cancelled once and told once', async () => {
    const id = harness.runningJob('sutro');
    harness.sandbox.providers.sutro.setFault({ kind: 'delay', ms: 10_000, operations: ['cancel'] });
    const slow = await harness.command(`sutro ${id}`);
    expect(slow.tookMs).toBeLessThan(quickMs);
    const slowMessages = await harness.sqs.receive();
    const first = handOver(harness.workers[0], slowMessages);
    const meanwhile = await harness.command('list ionq');
    expect(meanwhile.tookMs).toBeLessThan(quickMs);
    const both = [...slowMessages, ...(await harness.sqs.receive())];
    // The second worker names what is under way elsewhere, and nothing else.
    expect(await handOver(harness.workers[1], both)).toEqual(slowMessages.map(({ MessageId }) => MessageId));
    expect([await told(slow), await told(meanwhile)]).toEqual([[], [expect.any(String)]]);
    expect(await first).toEqual([]);
    expect([cancels(), stateOf(id)]).toEqual([1, 'cancelled']);
    expect(await told(slow)).toEqual([expect.stringContaining(`*Cancelled* · sutro · \`${id}\``)]);
    expect(await handOver(harness.workers[1], slowMessages)).toEqual([]);
    expect(await told(slow)).toHaveLength(1);
  });

  test('at a provider that is down is told as not cancelled, once', async () => {
    const id = harness.runningJob('sutro');
    harness.sandbox.providers.sutro.setFault({ kind: 'reset' });
    const exchange = await harness.command(`sutro ${id}`);
    expect([exchange.status, exchange.tookMs < quickMs]).toEqual([200, true]);
    expect((await harness.deliver()).again).toEqual([]);
    expect([cancels(), stateOf(id)]).toEqual([0, 'running']);
    expect(await told(exchange)).toEqual([expect.stringContaining(`*Not cancelled* · sutro · \`${id}\``)]);
  });

  test('that waited for more than two minutes is left alone, and the person is told', async () => {
    const id = harness.runningJob('sutro');
    const exchange = await harness.command(`sutro ${id}`);
    const old = (await harness.sqs.receive()).map((message) => aged(message, 121_000));
    expect(await handOver(harness.workers[0], old)).toEqual([]);
    expect([cancels(), await told(exchange)]).toEqual([0, [sentences.tooLate]]);
  });
});

/** A message with work that was asked for so long ago. */
function aged({ Body = '', ...message }: Message, ms: number): Message {
  const work = z.looseObject({ issued_at: z.number() }).parse(JSON.parse(Body));
  return { ...message, Body: JSON.stringify({ ...work, issued_at: work.issued_at - ms }) };
}

describe('several jobs', () => {
  test('are asked about, and called off by the button: once, however often it is pressed', async () => {
    const ids = [harness.runningJob('sutro'), harness.runningJob('sutro')];
    const asked = await harness.command(`sutro ${ids.join(' ')}`);
    await harness.deliver();
    expect(cancels()).toBe(0);
    expect(await told(asked)).toEqual([expect.stringContaining(sentences.confirmTitle(2))]);
    const button = await buttonOf(asked, actionIds.confirm);
    const presses = [await harness.press(button), await harness.press(button)];
    for (const { status, text, tookMs } of presses)
      expect([status, text, tookMs < quickMs]).toEqual([200, '', true]);
    expect((await harness.deliver()).again).toEqual([]);
    expect([cancels(), ids.map(stateOf)]).toEqual([2, ['cancelled', 'cancelled']]);
    const finals = (await Promise.all(presses.map(told))).map((messages) => messages.at(-1));
    expect(
      finals.filter((final) => ids.every((id) => final?.includes(`*Cancelled* · sutro · \`${id}\``))),
    ).toHaveLength(1);
    expect(finals).toContain(sentences.pressedAlready);
  });

  test('keep running if that is pressed, or if another person presses', async () => {
    const ids = [harness.runningJob('sutro'), harness.runningJob('sutro')];
    const asked = await harness.command(`sutro ${ids.join(' ')}`);
    await harness.deliver();
    const stranger = await harness.press(await buttonOf(asked, actionIds.confirm), {
      user: { id: 'W222', team_id: 'T111' },
    });
    const kept = await harness.press(await buttonOf(asked, actionIds.keep));
    await harness.deliver();
    expect([cancels(), ids.map(stateOf)]).toEqual([0, ['running', 'running']]);
    expect(await told(kept)).toEqual([expect.stringContaining('chose to keep the jobs running')]);
    expect((await told(stranger)).at(-1)).toContain('calloff does not know you yet');
  });
});

const asking = z.object({
  confirmation: z.object({ id: z.string(), confirmation_token: z.string().optional() }),
});

test('what an agent asks for over HTTP is approved in Slack, and may then be done once', async () => {
  const api = harness.start('api');
  const jobs = [{ provider: 'sutro', job_id: harness.runningJob('sutro') }];
  const headers = { authorization: harness.agentToken };
  const ask = async () =>
    api.invoke(
      httpApiEvent({ method: 'POST', path: '/v1/jobs/cancel', headers, body: JSON.stringify({ jobs }) }),
    );
  const first = await ask();
  const { id } = asking.parse(JSON.parse(first.text)).confirmation;
  expect(first.text).toContain('confirmation_required');
  const shown = await harness.command(`confirm ${id}`);
  await harness.deliver();
  expect(await told(shown)).toEqual([expect.stringContaining(sentences.agentTitle(1))]);
  const pressed = await harness.press(await buttonOf(shown, actionIds.approve));
  await harness.deliver();
  expect(await told(pressed)).toEqual([expect.stringContaining('agreed')]);
  expect(cancels()).toBe(0);
  expect(JSON.parse((await ask()).text)).toMatchObject({ counts: { cancelled: 1 } });
  expect((await ask()).text).toContain('already_cancelled');
});

describe('a batch', () => {
  test('with records that are no work loses those, and nothing else', async () => {
    const id = harness.runningJob('sutro');
    const exchange = await harness.command(`sutro ${id}`);
    const junk = ['', 'junk', '{}', '[]', 'null', '{"kind":"cancel"}'].map((Body, index) => ({
      MessageId: `${index}`,
      Body,
    }));
    const before = harness.workers[0].logLines().length;
    expect(await handOver(harness.workers[0], [...junk, ...(await harness.sqs.receive())])).toEqual([]);
    expect([cancels(), (await told(exchange)).length]).toEqual([1, 1]);
    const logged = harness.workers[0].logLines().slice(before);
    expect(logged.filter((line) => line.includes('slack_task_malformed'))).toHaveLength(junk.length);
  });

  test("with a response URL that is not Slack's is not answered, and nothing is done", async () => {
    const id = harness.runningJob('sutro');
    await harness.command(`sutro ${id}`);
    const elsewhere = (await harness.sqs.receive()).map(({ Body = '', ...message }) => {
      const response_url = 'http://127.0.0.1:9/actions/1';
      return { ...message, Body: JSON.stringify({ ...JSON.parse(Body), response_url }) };
    });
    expect(await handOver(harness.workers[0], elsewhere)).toEqual([]);
    expect(cancels()).toBe(0);
  });
});

// That it needs a table only the worker checks. In npm test, the API stands for a time that is too long.
test.each(
  casesAt(
    [
      [{ CALLOFF_TABLE: 'none' }, 'CALLOFF_TABLE must name a table'],
      [{ CALLOFF_BUDGET_SECONDS: '91' }, 'CALLOFF_BUDGET_SECONDS must be at most 90'],
    ],
    0,
  ),
)('the worker does not start with %j', async (more, reason) => {
  const worker = harness.start('worker', more);
  expect(await worker.ended).toBe(1);
  await expect.poll(() => worker.output()).toContain(reason);
});

test('the bundle of the worker has no client of SQS: Lambda receives and removes for it', async () => {
  const text = await textOf(harness.built.worker);
  expect(text).toContain('DynamoDB_2012');
  expect(text).not.toMatch(/@aws-sdk\/client-(?!secrets-manager)|aws-xray|modelcontextprotocol/);
  expect(text).not.toMatch(/sandbox|pretend|commander|node:sqlite/i);
});

describe('an operation', () => {
  test('is made of many jobs, and looked at again in a minute while it is not finished', async () => {
    const ids = harness.sandbox.providers.sutro.addJobs(101, { state: 'running' });
    const asked = await harness.command(`sutro ${ids.join(' ')}`);
    expect(asked.text).toContain('Making an operation of 101 jobs');
    const [message] = await harness.sqs.receive();
    expect(await handOver(harness.workers[0], [message ?? {}])).toEqual([]);
    expect(await told(asked)).toEqual([expect.stringContaining('*Call off 101 jobs?*')]);
    const listed = await harness.command('operations');
    await harness.deliver();
    const [operation = ''] = /op_\w+/.exec((await told(listed)).join()) ?? [];
    const { jobs: _, ...common } = z.looseObject({}).parse(JSON.parse(message?.Body ?? ''));
    const look = { ...common, id: 'a.1', kind: 'watch', operation, step: 1, used: 1 };
    const before = await harness.sqs.delayed();
    expect(await handOver(harness.workers[1], [{ ...message, Body: JSON.stringify(look) }])).toEqual([]);
    expect(await harness.sqs.delayed()).toBe(before + 1);
    expect(cancels()).toBe(0);
  });
});
