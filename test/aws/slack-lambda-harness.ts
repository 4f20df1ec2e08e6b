import type { Message } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import * as z from 'zod';
import { type SlackTask, taskSchema } from '../../functions/slack/tasks/task.ts';
import { type PretendSlack, startPretendSlack } from '../../sandbox/pretend-slack.ts';
import { variablesOf } from '../../sandbox/providers/index.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { type DynamoDbServer, startDynamoDbServer } from '../support/aws/dynamodb-server.ts';
import { type SecretsServer, startSecretsServer } from '../support/aws/secrets-server.ts';
import { type SqsServer, startSqsServer } from '../support/aws/sqs-server.ts';
import { mayAll, newToken, pepper } from '../support/configuration.ts';
import { usualNames } from '../support/harness.ts';
import { commandPost, pressPost, signatureOf } from '../support/slack/requests.ts';
import { type Built, bundles } from './built.ts';
import { type Asked, httpApiEvent, restApiEvent } from './events.ts';
import { type Answer, type Lambda, startLambda } from './lambda.ts';
import { keyOf } from './lambda-harness.ts';

/** What the Slack app signs with. Like every secret here it holds `canary`, which no output may. */
export const signingSecret = 'canary-signing-secret-7Qd2';

/** What API Gateway makes of a request: both formats, the body as it is and in Base64. */
export const wires = [
  { name: 'an HTTP API, in Base64', makeEvent: httpApiEvent, base64: true },
  { name: 'an HTTP API, plain', makeEvent: httpApiEvent, base64: false },
  { name: 'a REST API, in Base64', makeEvent: restApiEvent, base64: true },
  { name: 'a REST API, plain', makeEvent: restApiEvent, base64: false },
] as const;
/** One way in which a request reaches the function. */
export type Wire = (typeof wires)[number];

/** What Slack posts, and how. */
export interface Post {
  readonly path?: '/slack/commands' | '/slack/interactions';
  readonly body: Uint8Array | string;
  readonly secret?: string;
  /** In seconds since the epoch. */
  readonly timestamp?: number | string;
  readonly signature?: string;
  readonly wire?: Wire;
}

/** A button of a card. */
export interface Button {
  readonly action_id: string;
  readonly value: string;
}

/** What was answered at once, in how many milliseconds, and where what follows goes. */
export interface Exchange extends Answer {
  readonly tookMs: number;
  readonly responseUrl: string;
}

/** What is around the functions: pretend providers, Slack, Secrets Manager, DynamoDB and SQS. */
export interface SlackLambdaStage {
  readonly built: Built;
  readonly sandbox: Sandbox;
  readonly secrets: SecretsServer;
  readonly slack: PretendSlack;
  readonly sqs: SqsServer;
  /** The Slack function, warm, and two workers, which start when they are first asked for. */
  readonly front: Lambda;
  readonly workers: readonly [Lambda, Lambda];
  /** The token of an agent that may cancel, but not confirm for itself. */
  readonly agentToken: string;
  start(bundle: 'api' | 'slack' | 'worker', more?: Readonly<Record<string, string>>): Lambda;
  post(post: Post, lambda?: Lambda): Promise<Answer & { readonly tookMs: number }>;
  command(text: string, fields?: Readonly<Record<string, string>>): Promise<Exchange>;
  press(button: Button, payload?: Readonly<Record<string, unknown>>): Promise<Exchange>;
  /** Takes what waits in the queue, hands it to a worker as Lambda does, and removes what is done. */
  deliver(
    worker?: Lambda,
  ): Promise<{ readonly works: readonly SlackTask[]; readonly again: readonly string[] }>;
  runningJob(provider: (typeof usualNames)[number]): string;
}

/** Sets the stage for the tests of a file, and holds in the end that no function has written a secret anywhere. */
export function useSlackLambdas(): SlackLambdaStage {
  const lambdas: Lambda[] = [];
  const agent = newToken();
  let built: Built;
  let sandbox: Sandbox;
  let secrets: SecretsServer;
  let slack: PretendSlack;
  let table: DynamoDbServer;
  let sqs: SqsServer;
  let front: Lambda;
  let workers: readonly [Lambda, Lambda] | undefined;

  function start(bundle: 'api' | 'slack' | 'worker', more: Readonly<Record<string, string>> = {}): Lambda {
    const baseUrls = usualNames.map((provider) => [
      variablesOf[provider].baseUrl,
      sandbox.providers[provider].baseUrl,
    ]);
    const lambda = startLambda(built[bundle], {
      ...Object.fromEntries(bundle === 'slack' ? [] : baseUrls),
      ...(bundle === 'api' ? {} : { CALLOFF_QUEUE_URL: sqs.queueUrl }),
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      AWS_ENDPOINT_URL_DYNAMODB: table.url,
      CALLOFF_TABLE: 'calloff',
      CALLOFF_SLACK_RESPONSE_ORIGIN: slack.origin,
      ...more,
    });
    lambdas.push(lambda);
    return lambda;
  }

  async function post(asked: Post, lambda = front) {
    const { path = '/slack/commands', body, secret = signingSecret, wire = wires[0] } = asked;
    const timestamp = asked.timestamp ?? Math.floor(Date.now() / 1_000);
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(timestamp),
      'x-slack-signature': asked.signature ?? signatureOf(body, secret, timestamp),
    };
    const request: Asked = { method: 'POST', path, headers, body, base64: wire.base64 };
    const startedAt = performance.now();
    const answer = await lambda.invoke(wire.makeEvent(request));
    return { ...answer, tookMs: performance.now() - startedAt };
  }

  beforeAll(async () => {
    built = await bundles();
    [sandbox, slack, table, sqs] = await Promise.all([
      startSandbox({ control: false }),
      startPretendSlack(),
      startDynamoDbServer(),
      startSqsServer(),
    ]);
    await table.createTable('calloff');
    secrets = await startSecretsServer({
      'calloff/slack': signingSecret,
      'calloff/pepper': pepper,
      'calloff/config': configurationFor(agent),
      ...Object.fromEntries(usualNames.map((provider) => [`calloff/${provider}`, keyOf(provider)])),
    });
    front = start('slack');
    await post({ body: commandPost({ text: 'help' }) });
  }, 60_000);
  beforeEach(async () => {
    for (const provider of usualNames) {
      sandbox.providers[provider].reset();
      sandbox.providers[provider].setKey(keyOf(provider));
    }
    await sqs.remove(await sqs.receive());
  });
  afterAll(async () => {
    for (const lambda of lambdas) lambda.stop();
    await Promise.all(lambdas.map(({ ended }) => ended));
    await Promise.all([sandbox, slack, table, sqs, secrets].map(({ close }) => close()));
    await built.remove();
    const written = lambdas.map(({ output }) => output()).join('');
    expect(written).not.toMatch(/canary|a-secret-access-key|a-session-token|\/actions\//);
  });

  function bothWorkers(): readonly [Lambda, Lambda] {
    workers ??= [start('worker'), start('worker')];
    return workers;
  }

  async function exchange(path: Post['path'], responseUrl: string, body: Uint8Array): Promise<Exchange> {
    return { ...(await post({ ...(path && { path }), body })), responseUrl };
  }

  return {
    get built() {
      return built;
    },
    get sandbox() {
      return sandbox;
    },
    get secrets() {
      return secrets;
    },
    get slack() {
      return slack;
    },
    get sqs() {
      return sqs;
    },
    get front() {
      return front;
    },
    get workers() {
      return bothWorkers();
    },
    agentToken: agent.authorization,
    start,
    post,
    command(text, fields = {}) {
      const response_url = slack.newResponseUrl();
      return exchange('/slack/commands', response_url, commandPost({ text, response_url, ...fields }));
    },
    press(button, payload = {}) {
      const response_url = slack.newResponseUrl();
      const actions = [{ type: 'button', ...button }];
      return exchange('/slack/interactions', response_url, pressPost({ actions, response_url, ...payload }));
    },
    async deliver(worker = bothWorkers()[0]) {
      const messages = await sqs.receive();
      const again = await handOver(worker, messages);
      await sqs.remove(messages.filter(({ MessageId = '' }) => !again.includes(MessageId)));
      return { works: messages.map(({ Body = '' }) => taskSchema.parse(JSON.parse(Body))), again };
    },
    runningJob: (provider) => sandbox.providers[provider].addJob({ state: 'running' }),
  };
}

const failuresSchema = z.strictObject({
  batchItemFailures: z.array(z.strictObject({ itemIdentifier: z.string() })),
});

/** Calls a worker with messages as Lambda does, and gives the ids of those that are to be delivered again. */
export async function handOver(worker: Lambda, messages: readonly Message[]): Promise<string[]> {
  const returned = failuresSchema.parse(await worker.call({ Records: messages.map(recordOf) }));
  return returned.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
function recordOf({ MessageId, ReceiptHandle, Body, MD5OfBody, Attributes }: Message) {
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes,
    messageAttributes: {},
    md5OfBody: MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:calloff-dev',
    awsRegion: 'eu-central-1',
  };
}

/** `maya`, the person of Slack's samples, may do everything, and an agent must ask before it cancels anything. */
function configurationFor(agent: ReturnType<typeof newToken>): string {
  const may = { ...mayAll, confirm_above: 0 };
  return JSON.stringify({
    callers: {
      maya: { kind: 'person', slack: [{ team_id: 'T111', user_id: 'W111' }], may: mayAll },
      robot: { kind: 'agent', tokens: [agent.entry], may: { ...may, actions: ['list', 'cancel'] } },
    },
    slack: { team_id: 'T111', app_id: 'A111', channels: ['C111'] },
  });
}
