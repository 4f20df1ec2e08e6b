import { randomInt } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Message } from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { actionIds } from '../../functions/slack/inbound/actions.ts';
import { startOrigin } from '../support/network/loopback.ts';
import { buttonsOf } from '../support/slack/limits.ts';
import { shownIn } from '../support/slack/read-back.ts';
import { runs } from '../support/thorough.ts';
import { bytesAtStart, schemasAtStart, textOf } from './built.ts';
import type { Lambda } from './lambda.ts';
import { configurationWith, minute, sentBlindly, useOperations, wake } from './operations-harness.ts';

const harness = useOperations();
/** Two warm processes of the function. */
let workers: readonly [Lambda, Lambda];
/** One that a test has left, whose end is another's. */
let left: Lambda | undefined;
beforeAll(() => {
  workers = [harness.start(), harness.start()];
});

const connectionsIn = (messages: readonly Message[]) =>
  messages.map(({ Body = '' }) => JSON.parse(Body).connection).sort();

/** How often each job was sent a cancel; all of these jobs, and each so often. */
const once = (ids: readonly { readonly job_id: string }[]) => new Map(ids.map(({ job_id }) => [job_id, 1]));

describe('an operation', () => {
  const many = runs(100, 20);

  test('is rung for when it starts, once for each connection, and worked off', async () => {
    const jobs = [...harness.runningJobs('ionq', 2 * many), ...harness.runningJobs('sutro', many)];
    const { id, state } = await harness.begin(jobs);
    expect([state, harness.cancelsOf('ionq').size]).toEqual(['running', 0]);
    const messages = await harness.receive();
    expect(connectionsIn(messages)).toEqual(['ionq', 'sutro']);
    await wake(workers[0], messages);
    expect(await harness.read(id)).toMatchObject({
      state: 'finished',
      counts: { cancelled: 3 * many },
      pending: 0,
    });
    expect([...harness.cancelsOf('ionq').values()].every((count) => count === 1)).toBe(true);
    expect(harness.cancelsOf('sutro')).toEqual(once(jobs.slice(2 * many)));
    expect(await harness.receive()).toEqual([]);
  });

  test('whose call is heard by two at once, and once more later, is worked off once', async () => {
    const jobs = harness.runningJobs('sutro', 40);
    const { id } = await harness.begin(jobs);
    const messages = await harness.receive();
    harness.sandbox.providers.sutro.setFault({ kind: 'delay', ms: 500, operations: ['cancel'] });
    const first = wake(workers[0], messages);
    await vi.waitUntil(() => harness.cancelsOf('sutro').size > 0, { timeout: 20_000, interval: 5 });
    await Promise.all([first, wake(workers[1], messages)]);
    await wake(workers[1], messages);
    expect(await harness.read(id)).toMatchObject({ state: 'finished', counts: { cancelled: 40 } });
    expect(harness.cancelsOf('sutro')).toEqual(once(jobs));
  });

  test('is rung for by the next minute if its start could not ring, and that start succeeds', async () => {
    const lost = harness.startApi({ CALLOFF_OPERATIONS_QUEUE_URL: 'http://127.0.0.1:9/0/calloff' });
    const jobs = harness.runningJobs('sutro', 1);
    const { id } = await harness.begin(jobs, lost);
    expect(lost.logLines().map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ event: 'operation_ring_failed', connection: 'sutro', level: 'ERROR' }),
    );
    expect(await harness.receive()).toEqual([]);
    await minute(workers[0]);
    const messages = await harness.receive();
    expect(connectionsIn(messages)).toEqual(['sutro']);
    await wake(workers[1], messages);
    expect(await harness.read(id)).toMatchObject({ state: 'finished', counts: { cancelled: 1 } });
    await minute(workers[0]);
    expect(await harness.receive()).toEqual([]);
  });

  test('is gone on with by the next run if the time of one ends', async () => {
    const operations = [
      await harness.begin(harness.runningJobs('sutro', 2)),
      await harness.begin(harness.runningJobs('sutro', 2)),
    ];
    await harness.receive();
    harness.sandbox.providers.sutro.setFault({ kind: 'delay', ms: 150 });
    const call = [{ Body: JSON.stringify({ connection: 'sutro' }) }];
    await wake(workers[0], call, 90_300);
    const states = await Promise.all(operations.map(async ({ id }) => (await harness.read(id)).state));
    expect(states.sort()).toEqual(['finished', 'running']);
    const rung = await harness.receive();
    expect(connectionsIn(rung)).toEqual(['sutro']);
    await wake(workers[1], rung);
    for (const { id } of operations)
      expect(await harness.read(id)).toMatchObject({ state: 'finished', counts: { cancelled: 2 } });
    expect(await harness.receive()).toEqual([]);
  });

  test('that is finished is told to the webhook by the next minute, signed', async () => {
    const receiver = await startOrigin((_request, response) => void response.writeHead(204).end());
    harness.secrets.set('calloff/config', configurationWith({ webhook: { url: `${receiver.url}/hook` } }));
    harness.secrets.set(
      'calloff/webhook',
      `whsec_${Buffer.from(`canary${'-'.repeat(26)}`).toString('base64')}`,
    );
    const worker = harness.start();
    await harness.begin(harness.runningJobs('sutro', 1));
    await wake(worker, await harness.receive());
    expect(receiver.received).toEqual([]);
    await minute(worker);
    await receiver.close();
    expect(receiver.received).toMatchObject([
      { url: '/hook', headers: { 'webhook-signature': expect.stringMatching(/^v1,/) } },
    ]);
    left = worker;
  });

  test('whose run dies in the middle is taken over by another, and nothing is sent twice blindly', async () => {
    for (let round = 0; round < runs(20, 1); round += 1) await killedAfter(randomInt(1, mortalJobs));
  });

  const mortalJobs = runs(150, 50);
  /** Kills the run of an operation after so many cancels, lets another take over, and holds what is true of each job. */
  async function killedAfter(cancels: number): Promise<void> {
    const jobs = harness.runningJobs('sutro', mortalJobs);
    const before = harness.cancelsOf('sutro').size;
    const { id } = await harness.begin(jobs);
    const [message] = await harness.receive();
    harness.sandbox.providers.sutro.setFault({ kind: 'delay', ms: 20, jitterMs: 20, operations: ['cancel'] });
    const mortal = left ?? harness.start();
    left = undefined;
    const run = wake(mortal, message === undefined ? [] : [message]).catch(() => 'died');
    const isTime = () => harness.cancelsOf('sutro').size - before >= cancels;
    await vi.waitUntil(isTime, { timeout: 20_000, interval: 2 });
    mortal.stop();
    await run;
    harness.sandbox.providers.sutro.clearFaults();
    const [heir] = workers;
    const takingOver = minute(heir)
      .then(harness.receive)
      .then((messages) => wake(heir, messages));
    // It sees the lease first, and then that it has not changed for fifteen seconds.
    await pause(500);
    heir.forward(15_000);
    await takingOver;
    expect(await harness.read(id)).toMatchObject({
      state: 'finished',
      counts: { cancelled: mortalJobs },
      pending: 0,
    });
    expect(await harness.outcomesOf(id)).toEqual(jobs.map(() => 'cancelled'));
    expect(jobs.map(({ job_id }) => harness.sandbox.providers.sutro.job(job_id)?.state)).toEqual(
      jobs.map(() => 'cancelled'),
    );
    expect(sentBlindly(harness.sandbox.providers.sutro.journal)).toEqual([]);
  }
});

describe('a request of an agent', () => {
  const toldOf = (id: string): unknown[] =>
    harness.posted.flatMap(({ body }) => (body.includes(id) ? [JSON.parse(body)] : []));

  test('is told to Slack by the next minute, once, with the two buttons', async () => {
    const jobs = harness.runningJobs('sutro', 1);
    const id = await harness.askAsAgent(jobs);
    expect(toldOf(id)).toEqual([]);
    await Promise.all(workers.map(minute));
    await minute(workers[0]);
    const [card, ...others] = toldOf(id);
    expect([others, harness.posted.at(-1)?.url]).toEqual([[], '/services/T111/B111/canary']);
    expect(buttonsOf(card)).toEqual([
      { action_id: actionIds.approve, value: id },
      { action_id: actionIds.decline, value: id },
    ]);
    const texts = shownIn(card).join('\n');
    for (const part of ['Asked for by `agent`.', `\`${jobs[0]?.job_id}\``, 'Because: `too dear`'])
      expect(texts).toContain(part);
    expect(harness.cancelsOf('sutro')).toEqual(new Map());
  });

  test('is answered while Slack is slow, and told again, once, if Slack fails', async () => {
    const held = Promise.withResolvers<ServerResponse>();
    harness.answerInSlack((_request, response) => held.resolve(response));
    const first = await harness.askAsAgent(harness.runningJobs('sutro', 1));
    const pass = minute(workers[0]);
    const response = await held.promise;
    const second = await harness.askAsAgent(harness.runningJobs('sutro', 1));
    harness.answerInSlack((_request, other) => void other.end('ok'));
    await minute(workers[1]);
    expect([toldOf(first), toldOf(second)].map(({ length }) => length)).toEqual([1, 1]);
    response.writeHead(503).end();
    await pass;
    workers[0].forward(31_000);
    await minute(workers[0]);
    await minute(workers[0]);
    expect([toldOf(first), toldOf(second)].map(({ length }) => length)).toEqual([2, 1]);
    expect(buttonsOf(toldOf(first)[1])).toEqual(buttonsOf(toldOf(first)[0]));
  });
});

test('1,000 jobs cost one message, and about 340 write units: a third of a unit for each', async () => {
  const { id } = await harness.begin(harness.runningJobs('ionq', 1_000));
  const messages = await harness.receive();
  await wake(workers[0], messages);
  const costs = new Map<string, number>();
  for (const { operation, units, partition } of harness.table.requests) {
    const kind = operation === 'PutItem' ? kindOf(partition) : 'reads';
    costs.set(kind, (costs.get(kind) ?? 0) + units);
  }
  expect(await harness.read(id)).toMatchObject({ counts: { cancelled: 1_000 } });
  expect([messages.length, costs.get('ids'), costs.get('mark')]).toEqual([1, 40, 2]);
  // 26 bytes for each job's intent, 245 for its outcome. Of the log's partitions each has an index item the first time.
  expect(costs.get('log')).toBeLessThanOrEqual(280);
  expect(costs.get('result')).toBeLessThanOrEqual(16);
  expect(costs.get('other')).toBeLessThanOrEqual(30);
  expect(costs.get('reads')).toBeLessThanOrEqual(100);
});

/** What an item is for, by its partition. */
function kindOf(partition: string): string {
  if (partition.startsWith('log#')) return 'log';
  return /^value#operation\/[^/]+\/[^/]+\/(ids|mark|result)\//.exec(partition)?.[1] ?? 'other';
}

describe('the bundle', () => {
  test.each([
    [{ CALLOFF_TABLE: 'none' }, 'CALLOFF_TABLE must name a table: operations are kept in it'],
    [{ CALLOFF_OPERATIONS_QUEUE_URL: '' }, 'CALLOFF_OPERATIONS_QUEUE_URL must be the URL of the SQS queue'],
  ])('does not start with %j', async (more, reason) => {
    const worker = harness.start(more);
    expect(await worker.ended).toBe(1);
    await expect.poll(() => worker.output()).toContain(reason);
  });

  test('is below 545 KB, makes fewer than 450 schemas, and holds one AWS client, nothing of the sandbox and nothing of the command', async () => {
    expect(await bytesAtStart(harness.built.operations)).toBeLessThan(545_000);
    expect(await schemasAtStart(harness.built.operations)).toBeLessThan(450);
    const text = await textOf(harness.built.operations);
    expect(text).toContain('AmazonSQS');
    expect(text).not.toMatch(/@aws-sdk\/client-(?!secrets-manager)|aws-xray|modelcontextprotocol|hono/);
    expect(text).not.toMatch(/sandbox|pretend|commander|node:sqlite/i);
  });
});
