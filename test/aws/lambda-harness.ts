import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { variablesOf } from '../../sandbox/providers/index.ts';
import { type ProviderName, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { type SecretsServer, startSecretsServer } from '../support/aws/secrets-server.ts';
import { startTableServer, type TableServer } from '../support/aws/table-server.ts';
import { providerNames } from '../support/harness.ts';
import { type Built, bundles } from './built.ts';
import type { GatewayEvent } from './events.ts';
import { type Answer, type Lambda, startLambda } from './lambda.ts';

/** The token of the installation. Like every secret here it holds `canary`, which no output may. */
export const token = 'canary-token-9rTz4kWq';

/** The key that a provider accepts and its secret holds. */
export const keyOf = (provider: ProviderName) => `canary-key-${provider}-Xv7`;

/** The functions that there are. */
type FunctionName = 'api' | 'mcp';

/**
 * A function of a bundle in a process, between a sandbox, a Secrets Manager and an empty table. All but the sandbox, which
 * is emptied, is new for every test, or for every `describe` that calls {@link LambdaStage.keepWarm}.
 */
export interface LambdaStage {
  readonly built: Built;
  readonly sandbox: Sandbox;
  readonly secrets: SecretsServer;
  readonly table: TableServer;
  readonly lambda: Lambda;
  /** Called in a `describe`: its tests share one process, which stays warm, its secrets and its table. */
  keepWarm(): void;
  /** Starts the function anew, with more variables. */
  restart(more?: Readonly<Record<string, string>>): Promise<void>;
  /** One more environment, of this function or the other, on the same secrets and the same table. */
  another(name: FunctionName, more?: Readonly<Record<string, string>>): Lambda;
  /** A secret that is not ours to show: no environment may have written it by the end of the test. */
  hide(secret: string): void;
  /** Calls it, or another environment, and holds that the answer gives no secret away. */
  invoke(event: GatewayEvent, environment?: Lambda): Promise<Answer>;
  /** A new running job at a provider. */
  runningJob(provider: ProviderName): string;
}

/** Sets the stage for the tests of a file, and holds after each that the function has written no secret anywhere. */
export function useLambda(bundle: FunctionName): LambdaStage {
  let built: Built;
  let sandbox: Sandbox;
  let secrets: SecretsServer;
  let table: TableServer;
  let tableName: string;
  let lambda: Lambda;
  let others: Lambda[];
  let hidden: string[];
  let isWarm = false;

  function start(more: Readonly<Record<string, string>> = {}, name = bundle): Lambda {
    const baseUrls = providerNames.map((provider) => [
      variablesOf[provider].baseUrl,
      sandbox.providers[provider].baseUrl,
    ]);
    return startLambda(built[name], {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      AWS_ENDPOINT_URL_DYNAMODB: table.url,
      CALLOFF_TABLE: tableName,
      ...Object.fromEntries(baseUrls),
      ...more,
    });
  }

  beforeAll(async () => {
    built = await bundles();
    sandbox = await startSandbox({ control: false });
    table = await startTableServer();
  }, 60_000);
  afterAll(async () => {
    await sandbox.close();
    await table.close();
    await built.remove();
  });
  beforeEach(async () => {
    if (!isWarm) await open();
    for (const provider of providerNames) {
      sandbox.providers[provider].reset();
      sandbox.providers[provider].setKey(keyOf(provider));
    }
  });
  afterEach(async () => {
    expectNoSecret();
    if (!isWarm) await close();
  });

  async function open(): Promise<void> {
    secrets = await startSecretsServer({ 'calloff/token': token });
    tableName = await table.newTable();
    others = [];
    hidden = [];
    for (const provider of providerNames) secrets.set(`calloff/${provider}`, keyOf(provider));
    lambda = start();
  }

  async function close(): Promise<void> {
    for (const environment of [lambda, ...others]) {
      environment.stop();
      await environment.ended;
    }
    expectNoSecret();
    await secrets.close();
  }

  function expectNoSecret(): void {
    for (const environment of [lambda, ...others]) {
      expect(environment.output()).not.toMatch(/canary|a-secret-access-key|a-session-token/);
      for (const secret of hidden) expect(environment.output()).not.toContain(secret);
    }
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
    get lambda() {
      return lambda;
    },
    keepWarm() {
      beforeAll(async () => {
        await open();
        isWarm = true;
      });
      afterAll(async () => {
        isWarm = false;
        await close();
      });
    },
    async restart(more) {
      lambda.stop();
      await lambda.ended;
      lambda = start(more);
    },
    another(name, more) {
      const environment = start(more, name);
      others.push(environment);
      return environment;
    },
    hide: (secret) => void hidden.push(secret),
    async invoke(event, environment = lambda) {
      const answer = await environment.invoke(event);
      expect(JSON.stringify(answer)).not.toContain('canary');
      return answer;
    },
    runningJob: (provider) => sandbox.providers[provider].addJob({ state: 'running' }),
  };
}
