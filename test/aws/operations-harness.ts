import type { RequestListener } from 'node:http';
import type { Message } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import * as z from 'zod';
import { variablesOf } from '../../sandbox/providers/index.ts';
import { type ProviderName, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import {
  type OperationView,
  operationOutcomesSchema,
  operationSchema,
} from '../../shared/contract/answers/operation-schema.ts';
import type { Outcome } from '../../shared/contract/answers/outcome-schema.ts';
import type { JobEntry } from '../../shared/contract/job-entries.ts';
import { type SecretsServer, startSecretsServer } from '../support/aws/secrets-server.ts';
import { type SqsServer, startSqsServer } from '../support/aws/sqs-server.ts';
import { startTableServer, type TableServer } from '../support/aws/table-server.ts';
import { mayAll, newToken, pepper } from '../support/configuration.ts';
import { usualNames } from '../support/harness.ts';
import { type Origin, type Received, startOrigin } from '../support/network/loopback.ts';
import { type Built, bundles } from './built.ts';
import { type Asked, httpApiEvent } from './events.ts';
import { type Lambda, startLambda } from './lambda.ts';
import { keyOf } from './lambda-harness.ts';

/** How long a run may take in the template, in milliseconds. */
const limitMs = 900_000;

/** The API and the operations function in processes, between a sandbox, Secrets Manager, DynamoDB and SQS. */
export interface OperationsStage {
  readonly built: Built;
  readonly sandbox: Sandbox;
  readonly secrets: SecretsServer;
  readonly table: TableServer;
  readonly sqs: SqsServer;
  /** What reached the incoming webhook of the Slack app. */
  readonly posted: readonly Received[];
  /** From now on Slack answers so, until the next test. */
  answerInSlack(answer: RequestListener): void;
  /** Cancels jobs as an agent, which must be confirmed, and gives the id of the confirmation. */
  askAsAgent(jobs: readonly JobEntry[]): Promise<string>;
  /** A process of the operations function. */
  start(more?: Readonly<Record<string, string>>): Lambda;
  runningJobs(provider: ProviderName, count: number): JobEntry[];
  /** Starts an operation over HTTP; `environment` is another process of the API than the warm one. */
  begin(jobs: readonly JobEntry[], environment?: Lambda): Promise<OperationView>;
  startApi(more: Readonly<Record<string, string>>): Lambda;
  read(id: string): Promise<OperationView>;
  outcomesOf(id: string): Promise<readonly Outcome['outcome'][]>;
  /** Takes up to ten messages out of the queue. */
  receive(): Promise<readonly Message[]>;
  /** How many requests a provider received that were to cancel a job, by its own record. */
  cancelsOf(provider: ProviderName): ReadonlyMap<string, number>;
}

const ada = newToken();
const agent = newToken();
const agentMay = { connections: ['*'], actions: ['list', 'cancel'], confirm_above: 0 };
const slack = { team_id: 'T111', app_id: 'A111', channels: ['C111'] };

const askedSchema = z.object({ confirmation: z.object({ id: z.string() }) });
const taken: RequestListener = (_request, response) => void response.end('ok');

/** The configuration of the stage, in which ada may do everything and an agent needs a yes, with more sections. */
export function configurationWith(sections: object = {}): string {
  const callers = {
    ada: { kind: 'person', tokens: [ada.entry], may: mayAll },
    agent: { kind: 'agent', tokens: [agent.entry], may: agentMay },
  };
  return JSON.stringify({ callers, slack, ...sections });
}

/** The jobs that a provider was asked to cancel a second time although it was not asked in between how they are. */
export function sentBlindly(journal: Sandbox['providers']['sutro']['journal']): string[] {
  const inAir = new Set<string>();
  const blind: string[] = [];
  for (const { operation, jobIds, served } of journal) {
    for (const id of operation.startsWith('cancel') ? jobIds : []) {
      if (inAir.has(id)) blind.push(id);
      inAir.add(id);
    }
    for (const id of Object.keys(served)) inAir.delete(id);
  }
  return blind;
}

/** Hands messages to a function, one to a run, as Lambda does, and resolves when all runs have ended. */
export async function wake(
  lambda: Lambda,
  messages: readonly Message[],
  runMs: number = limitMs,
): Promise<void> {
  await Promise.all(messages.map(({ Body: body }) => lambda.call({ Records: [{ body }] }, runMs)));
}

/** The minute has come: the rule calls the function. */
export async function minute(lambda: Lambda): Promise<void> {
  await lambda.call({ ring: 'due' }, limitMs);
}

/** Sets the stage for the tests of a file, and holds in the end that no function has written a secret anywhere. */
export function useOperations(): OperationsStage {
  const lambdas: Lambda[] = [];
  let built: Built;
  let sandbox: Sandbox;
  let secrets: SecretsServer;
  let table: TableServer;
  let sqs: SqsServer;
  let hooks: Origin;
  let answer = taken;
  let api: Lambda;
  let environment: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    built = await bundles();
    [sandbox, table, sqs, hooks] = await Promise.all([
      startSandbox({ control: false }),
      startTableServer(),
      startSqsServer(),
      startOrigin((request, response) => answer(request, response)),
    ]);
    const webhook_url = `${hooks.url}/services/T111/B111/canary`;
    secrets = await startSecretsServer({
      ...{ 'calloff/config': configurationWith(), 'calloff/pepper': pepper },
      'calloff/slack': JSON.stringify({ signing_secret: 'canary-signing-secret', webhook_url }),
      ...Object.fromEntries(usualNames.map((provider) => [`calloff/${provider}`, keyOf(provider)])),
    });
    const baseUrls = usualNames.map((provider) => [
      variablesOf[provider].baseUrl,
      sandbox.providers[provider].baseUrl,
    ]);
    environment = {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      AWS_ENDPOINT_URL_DYNAMODB: table.url,
      CALLOFF_TABLE: await table.newTable(),
      CALLOFF_OPERATIONS_QUEUE_URL: sqs.queueUrl,
      ...Object.fromEntries(baseUrls),
    };
    api = startBundle('api');
  }, 60_000);
  beforeEach(async () => {
    table.reset();
    secrets.reset();
    answer = taken;
    for (const provider of usualNames) {
      sandbox.providers[provider].reset();
      sandbox.providers[provider].setKey(keyOf(provider));
    }
    await sqs.remove(await sqs.receive());
  });
  afterAll(async () => {
    for (const lambda of lambdas) lambda.stop();
    await Promise.all(lambdas.map(({ ended }) => ended));
    await Promise.all([sandbox, table, sqs, hooks, secrets].map(({ close }) => close()));
    await built.remove();
    const written = lambdas.map(({ output }) => output()).join('');
    expect(written).not.toMatch(/canary|whsec_|a-secret-access-key|a-session-token/);
  });

  function startBundle(bundle: 'operations' | 'api', more: Readonly<Record<string, string>> = {}): Lambda {
    const lambda = startLambda(built[bundle], { ...environment, ...more });
    lambdas.push(lambda);
    return lambda;
  }

  async function ask(asked: Asked, status: number, lambda = api): Promise<unknown> {
    const headers = { authorization: ada.authorization, ...asked.headers };
    const told = await lambda.invoke(httpApiEvent({ ...asked, headers }));
    expect([told.status, told.text]).toEqual([status, expect.any(String)]);
    return JSON.parse(told.text);
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
    get table() {
      return table;
    },
    get sqs() {
      return sqs;
    },
    get posted() {
      return hooks.received;
    },
    answerInSlack(next) {
      answer = next;
    },
    async askAsAgent(jobs) {
      const { authorization } = agent;
      const body = JSON.stringify({ jobs, reason: 'too dear' });
      const asked = { method: 'POST', path: '/v1/jobs/cancel', body, headers: { authorization } } as const;
      return askedSchema.parse(await ask(asked, 200)).confirmation.id;
    },
    start: (more) => startBundle('operations', more),
    startApi: (more) => startBundle('api', more),
    runningJobs: (provider, count) =>
      sandbox.providers[provider]
        .addJobs(count, { state: 'running' })
        .map((job_id) => ({ provider, job_id })),
    async begin(jobs, lambda) {
      const body = JSON.stringify({ jobs });
      return operationSchema.parse(await ask({ method: 'POST', path: '/v1/operations', body }, 201, lambda));
    },
    read: async (id) => operationSchema.parse(await ask({ path: `/v1/operations/${id}` }, 200)),
    async outcomesOf(id) {
      const found: Outcome['outcome'][] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const query: (readonly [string, string])[] = cursor === '' ? [] : [['cursor', cursor]];
        const read = await ask({ path: `/v1/operations/${id}/outcomes`, query }, 200);
        const page = operationOutcomesSchema.parse(read);
        found.push(...page.outcomes.map(({ outcome }) => outcome));
        cursor = page.next_cursor;
      }
      return found;
    },
    async receive() {
      const messages = await sqs.receive();
      await sqs.remove(messages);
      return messages;
    },
    cancelsOf(provider) {
      const counts = new Map<string, number>();
      for (const { operation, jobIds } of sandbox.providers[provider].journal)
        if (operation.startsWith('cancel'))
          for (const id of jobIds) counts.set(id, (counts.get(id) ?? 0) + 1);
      return counts;
    },
  };
}
