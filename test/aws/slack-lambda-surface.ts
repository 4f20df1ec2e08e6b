import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';
import { actionIds, stopValue } from '../../functions/slack/inbound/actions.ts';
import { type PretendSlack, startPretendSlack } from '../../sandbox/pretend-slack.ts';
import type { ConnectionSettings } from '../../shared/config/connection-settings.ts';
import { statusOf } from '../../shared/contract/outcome.ts';
import { omitUndefined } from '../../shared/lib/collections.ts';
import { startDynamoDbServer } from '../support/aws/dynamodb-server.ts';
import { startSecretsServer } from '../support/aws/secrets-server.ts';
import { startSqsServer } from '../support/aws/sqs-server.ts';
import { mayaOnSlack, pepper } from '../support/configuration.ts';
import { toldOfOne } from '../support/slack/read-back.ts';
import { commandPost, pressPost, signatureOf } from '../support/slack/requests.ts';
import type { CancelOne, Ground, OpenSurface, Surface } from '../support/surfaces/surfaces.ts';
import { bundles } from './built.ts';
import { type Lambda, startLambda } from './lambda.ts';
import { handOver, signingSecret, type Wire, wires } from './slack-lambda-harness.ts';

/** A form post that names one job, and where the answer to it goes. */
type Ask = (request: CancelOne, response_url: string) => { readonly path: string; readonly body: Uint8Array };

const command: Ask = ({ provider, job_id }, response_url) => ({
  path: '/slack/commands',
  body: commandPost({ text: `${provider} ${job_id}`, response_url, trigger_id: randomUUID() }),
});
const press: Ask = ({ provider, job_id }, response_url) => {
  const action = { type: 'button', action_id: actionIds.stop, value: stopValue({ provider, job_id }) };
  const payload = { actions: [action], response_url, trigger_id: randomUUID() };
  return { path: '/slack/interactions', body: pressPost(payload) };
};

const [v2, , , v1] = wires;

/**
 * Slack on AWS: the bundle behind API Gateway, SQS, the bundle of the worker. What is judged is the final message, of
 * which there must be one although the queue delivers everything twice.
 */
export const slackLambdaSurfaces: readonly Surface[] = [
  { name: 'a command in Slack, API Gateway v2', open: (ground) => opened(ground, command, v2) },
  { name: 'a button in Slack, API Gateway v1', open: (ground) => opened(ground, press, v1) },
];

async function opened(ground: Ground, ask: Ask, wire: Wire): Promise<OpenSurface> {
  const functions = await startFunctions(ground);
  const { slack, front, deliver } = functions;
  const asked: string[] = [];
  // A cold start, of the way to the queue, too, may take longer on a busy machine than Slack waits, and is not what is judged.
  const asking = () => {
    const fields = { text: 'operations', response_url: slack.newResponseUrl(), trigger_id: randomUUID() };
    return wire.makeEvent(signed('/slack/commands', commandPost(fields), wire));
  };
  await vi.waitUntil(async () => (await front.invoke(asking())).status === 200, {
    timeout: 30_000,
    interval: 500,
  });
  await deliver();
  return {
    omits: ['dry_run', 'send_if_status_unknown'],
    async cancel(request) {
      const responseUrl = slack.newResponseUrl();
      asked.push(responseUrl);
      const { path, body } = ask(request, responseUrl);
      const { status } = await front.invoke(wire.makeEvent(signed(path, body, wire)));
      expect(status).toBe(200);
      const [[message]] = await Promise.all([slack.messagesAt(responseUrl, 1), deliver()]);
      const outcome = toldOfOne(message);
      return { status: statusOf(outcome), outcome };
    },
    async close() {
      const told = await Promise.all(asked.map((responseUrl) => slack.messagesAt(responseUrl)));
      await functions.close();
      expect(told.filter(({ length }) => length !== 1)).toEqual([]);
    },
  };
}

function signed(path: string, body: Uint8Array, { base64 }: Wire) {
  const timestamp = Math.floor(Date.now() / 1_000);
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': String(timestamp),
    'x-slack-signature': signatureOf(body, signingSecret, timestamp),
  };
  return { method: 'POST', path, headers, body, base64, requestId: randomUUID() } as const;
}

/** The functions, and what is around them. */
interface Functions {
  readonly slack: PretendSlack;
  readonly front: Lambda;
  /** Hands what waits in the queue to a worker, and all of it to another once that is done. */
  deliver(): Promise<void>;
  close(): Promise<void>;
}

async function startFunctions({ connections, budgetMs }: Ground): Promise<Functions> {
  const built = await bundles();
  const [slack, table, sqs, secrets] = await Promise.all([
    startPretendSlack(),
    startDynamoDbServer(),
    startSqsServer(),
    startSecretsServer(secretsFor(connections)),
  ]);
  await table.createTable('calloff');
  const start = (bundle: 'slack' | 'worker') =>
    startLambda(built[bundle], {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      AWS_ENDPOINT_URL_DYNAMODB: table.url,
      CALLOFF_QUEUE_URL: sqs.queueUrl,
      CALLOFF_TABLE: 'calloff',
      CALLOFF_BUDGET_SECONDS: String(budgetMs / 1_000),
      CALLOFF_SLACK_RESPONSE_ORIGIN: slack.origin,
    });
  const front = oneAtATime(start('slack'));
  const workers = [start('worker'), start('worker')];
  return {
    ...{ slack, front },
    async deliver() {
      const messages = await sqs.receive();
      for (const worker of messages.length === 0 ? [] : workers)
        expect(await handOver(worker, messages)).toEqual([]);
      await sqs.remove(messages);
    },
    async close() {
      for (const lambda of [front, ...workers]) lambda.stop();
      await Promise.all([front, ...workers].map(({ ended }) => ended));
      await Promise.all([slack, table, sqs, secrets].map(({ close }) => close()));
      await built.remove();
      const written = [front, ...workers].map(({ output }) => output()).join('');
      const keys = connections.map(({ apiKey = signingSecret }) => apiKey);
      for (const secret of [signingSecret, pepper, '/actions/', ...keys])
        expect(written).not.toContain(secret);
    },
  };
}

/** As Lambda does: an instance has one event at a time, and as long as Slack waits for each. */
function oneAtATime(lambda: Lambda): Lambda {
  let last: Promise<unknown> = Promise.resolve();
  return {
    ...lambda,
    invoke(event) {
      const answer = last.then(() => lambda.invoke(event));
      last = answer.catch(() => undefined);
      return answer;
    },
  };
}

/** Every connection with its address in the configuration, and its key, where it has one, in a secret. */
function secretsFor(connections: readonly ConnectionSettings[]): Record<string, string | undefined> {
  const named = connections.map(({ name, provider, baseUrl, options }) => [
    name,
    { provider, base_url: baseUrl, ...options },
  ]);
  const configuration = { ...mayaOnSlack(), connections: Object.fromEntries(named) };
  return {
    'calloff/slack': signingSecret,
    'calloff/pepper': pepper,
    'calloff/config': JSON.stringify(configuration),
    ...omitUndefined(Object.fromEntries(connections.map(({ name, apiKey }) => [`calloff/${name}`, apiKey]))),
  };
}
