import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { type ProviderName, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { type SecretsServer, startSecretsServer } from '../support/secrets-server.ts';
import { providerNames } from '../support/stage.ts';
import { type Built, bundles } from './built.ts';
import type { GatewayEvent } from './events.ts';
import { type Answer, type Lambda, startLambda } from './lambda.ts';

/** The token of the installation. Like every secret here it holds `canary`, which no output may. */
export const token = 'canary-token-9rTz4kWq';

/** The key that a provider accepts and its secret holds. */
export const keyOf = (provider: ProviderName) => `canary-key-${provider}-Xv7`;

/** A function of a bundle in a process, between a sandbox and a Secrets Manager; new for every test. */
export interface LambdaStage {
  readonly built: Built;
  readonly sandbox: Sandbox;
  readonly secrets: SecretsServer;
  readonly lambda: Lambda;
  /** Starts the function anew, with more variables. */
  restart(more: Readonly<Record<string, string>>): Promise<void>;
  /** Calls it, and holds that the answer gives no secret away. */
  invoke(event: GatewayEvent): Promise<Answer>;
  /** A new running job at a provider. */
  runningJob(provider: ProviderName): string;
}

/** Sets the stage for the tests of a file, and holds after each that the function has written no secret anywhere. */
export function useLambda(bundle: 'api' | 'mcp'): LambdaStage {
  let built: Built;
  let sandbox: Sandbox;
  let secrets: SecretsServer;
  let lambda: Lambda;

  function start(more: Readonly<Record<string, string>> = {}): Lambda {
    const baseUrls = providerNames.map((provider) => [
      `${provider.toUpperCase()}_BASE_URL`,
      sandbox.providers[provider].baseUrl,
    ]);
    return startLambda(built[bundle], {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      ...Object.fromEntries(baseUrls),
      ...more,
    });
  }

  beforeAll(async () => {
    built = await bundles();
    sandbox = await startSandbox({ control: false });
  }, 60_000);
  afterAll(async () => {
    await sandbox.close();
    await built.remove();
  });
  beforeEach(async () => {
    secrets = await startSecretsServer({ 'calloff/token': token });
    for (const provider of providerNames) {
      sandbox.providers[provider].reset();
      sandbox.providers[provider].setKey(keyOf(provider));
      secrets.set(`calloff/${provider}`, keyOf(provider));
    }
    lambda = start();
  });
  afterEach(async () => {
    lambda.stop();
    await lambda.ended;
    await secrets.close();
    expect(lambda.output()).not.toMatch(/canary|a-secret-access-key|a-session-token/);
  });

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
    get lambda() {
      return lambda;
    },
    async restart(more) {
      lambda.stop();
      await lambda.ended;
      lambda = start(more);
    },
    async invoke(event) {
      const answer = await lambda.invoke(event);
      expect(JSON.stringify(answer)).not.toContain('canary');
      return answer;
    },
    runningJob: (provider) => sandbox.providers[provider].addJob({ state: 'running' }),
  };
}
