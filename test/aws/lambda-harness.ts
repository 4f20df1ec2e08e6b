import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { variablesOf } from '../../sandbox/providers/index.ts';
import { type ProviderName, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { type SecretsServer, startSecretsServer } from '../support/aws/secrets-server.ts';
import { startTableServer, type TableServer } from '../support/aws/table-server.ts';
import { usualNames } from '../support/harness.ts';
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
 * A function of a bundle in a process, between a sandbox, a Secrets Manager and an empty table. The process and the table
 * are new for every test, or for every `describe` that calls {@link LambdaStage.keepWarm}; all else is as at first.
 */
export interface LambdaStage {
  readonly built: Built;
  readonly sandbox: Sandbox;
  readonly secrets: SecretsServer;
  readonly table: TableServer;
  readonly lambda: Lambda;
  /**
   * Called in a `describe`: its tests share a table and processes, which stay warm. So much time passes before each test
   * that no count, no limit and no secret is left of the one before.
   */
  keepWarm(): void;
  /** Starts the function anew, with more variables. */
  restart(more?: Readonly<Record<string, string>>): Promise<void>;
  /** From here on the test calls one with more variables: a new one, or one that an earlier test has left warm. */
  configure(more: Readonly<Record<string, string>>): void;
  /** One more environment, of this function or the other, on the same secrets and the same table. It may be warm. */
  another(name: FunctionName, more?: Readonly<Record<string, string>>): Lambda;
  /** Lets time pass for all environments. */
  forward(ms: number): void;
  /** A secret that is not ours to show: no environment may have written it by the end of the test. */
  hide(secret: string): void;
  /** Calls it, or another environment, and holds that the answer gives no secret away. */
  invoke(event: GatewayEvent, environment?: Lambda): Promise<Answer>;
  /** A new running job at a provider. */
  runningJob(provider: ProviderName): string;
}

/** Longer than a secret is kept and than the cancels of an agent are counted. */
const betweenTestsMs = 11 * 60_000;

/** A process, and whether this test has a use for it. */
interface Environment {
  readonly kind: string;
  readonly lambda: Lambda;
  isTaken: boolean;
}

/** Sets the stage for the tests of a file, and holds after each that the function has written no secret anywhere. */
export function useLambda(bundle: FunctionName): LambdaStage {
  let built: Built;
  let sandbox: Sandbox;
  let secrets: SecretsServer;
  let table: TableServer;
  let tableName: string | undefined;
  let environments: Environment[] = [];
  let lambda: Lambda | undefined;
  let aheadMs = 0;
  let isWarm = false;
  const hidden: string[] = [];

  function start(name: FunctionName, more: Readonly<Record<string, string>>): Lambda {
    const baseUrls = usualNames.map((provider) => [
      variablesOf[provider].baseUrl,
      sandbox.providers[provider].baseUrl,
    ]);
    const started = startLambda(built[name], {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      AWS_ENDPOINT_URL_DYNAMODB: table.url,
      CALLOFF_TABLE: tableName ?? '',
      ...Object.fromEntries(baseUrls),
      ...more,
    });
    started.forward(aheadMs);
    environments.push({ kind: kindOf(name, more), lambda: started, isTaken: true });
    return started;
  }

  /** One that an earlier test has left warm, or a new one. */
  function take(name: FunctionName, more: Readonly<Record<string, string>> = {}): Lambda {
    const left = environments.find(({ kind, isTaken }) => !isTaken && kind === kindOf(name, more));
    if (left === undefined) return start(name, more);
    left.isTaken = true;
    return left.lambda;
  }

  function current(): Lambda {
    lambda ??= take(bundle);
    return lambda;
  }

  beforeAll(async () => {
    built = await bundles();
    sandbox = await startSandbox({ control: false });
    table = await startTableServer();
    const keys = usualNames.map((provider) => [`calloff/${provider}`, keyOf(provider)]);
    secrets = await startSecretsServer({ 'calloff/token': token, ...Object.fromEntries(keys) });
  }, 60_000);
  afterAll(async () => {
    await Promise.all([sandbox, table, secrets].map(({ close }) => close()));
    await built.remove();
  });
  beforeEach(async () => {
    tableName ??= await table.newTable();
    table.reset();
    secrets.reset();
    for (const provider of usualNames) {
      sandbox.providers[provider].reset();
      sandbox.providers[provider].setKey(keyOf(provider));
    }
    if (isWarm) beginAnew();
  });
  afterEach(async () => {
    lambda = undefined;
    if (isWarm) expectNoSecret();
    else await stopAll();
  });

  function forward(ms: number): void {
    aheadMs += ms;
    for (const environment of environments) environment.lambda.forward(ms);
  }

  function beginAnew(): void {
    if (environments.length > 0) forward(betweenTestsMs);
    for (const environment of environments) {
      environment.isTaken = false;
      environment.lambda.forgetOutput();
    }
  }

  async function stopAll(): Promise<void> {
    for (const environment of environments) {
      environment.lambda.stop();
      await environment.lambda.ended;
    }
    expectNoSecret();
    environments = [];
    tableName = undefined;
    aheadMs = 0;
  }

  function expectNoSecret(): void {
    for (const environment of environments) {
      const written = environment.lambda.output();
      expect(written).not.toMatch(/canary|a-secret-access-key|a-session-token/);
      for (const secret of hidden) expect(written).not.toContain(secret);
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
      return current();
    },
    keepWarm() {
      beforeAll(() => {
        isWarm = true;
      });
      afterAll(async () => {
        isWarm = false;
        await stopAll();
      });
    },
    async restart(more = {}) {
      const before = lambda;
      before?.stop();
      await before?.ended;
      expectNoSecret();
      environments = environments.filter((each) => each.lambda !== before);
      lambda = start(bundle, more);
    },
    configure(more) {
      lambda = take(bundle, more);
    },
    another: take,
    forward,
    hide: (secret) => void hidden.push(secret),
    async invoke(event, environment = current()) {
      const answer = await environment.invoke(event);
      expect(JSON.stringify(answer)).not.toContain('canary');
      return answer;
    },
    runningJob: (provider) => sandbox.providers[provider].addJob({ state: 'running' }),
  };
}

function kindOf(name: FunctionName, more: Readonly<Record<string, string>>): string {
  return JSON.stringify([name, more]);
}
