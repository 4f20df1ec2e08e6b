import { tokenIdOf } from '../../shared/access/api-token.ts';
import type { Authenticator } from '../../shared/access/authenticator.ts';
import { bearerOf } from '../../shared/access/bearer-token.ts';
import type { Configuration } from '../../shared/config/configuration.ts';
import { ConfigurationError } from '../../shared/config/configuration-error.ts';
import { type CallerParts, configuredCallers } from '../../shared/config/configured-callers.ts';
import { hasOwnKey } from '../../shared/config/connection-settings.ts';
import { type ConfigurationSource, configurationFromSecret } from '../../shared/config/file/reload.ts';
import { SecretCache } from '../../shared/config/secrets/cache.ts';
import { credentialFromSecret, tokenFromSecret } from '../../shared/config/secrets/credentials.ts';
import { mayHavePepper, pepperFromSecret } from '../../shared/config/secrets/pepper.ts';
import { secretsManager } from '../../shared/config/secrets/secrets-manager.ts';
import { readSettings, type Settings } from '../../shared/config/settings.ts';
import { createGateway, type Gateway } from '../../shared/gateway.ts';
import { useProxy } from '../../shared/http/proxy.ts';
import { systemClock as clock } from '../../shared/lib/clock.ts';
import type { Log } from '../../shared/lib/log.ts';
import type { Meter } from '../../shared/lib/telemetry/meter.ts';
import type { Store } from '../../shared/store/store.ts';
import { tellOfConfirmation } from '../../shared/webhooks/tell-of-confirmation.ts';
import { countedLog } from './counted-log.ts';
import { logToLambda } from './log.ts';
import type { Ring } from './ring.ts';
import { openTable, withoutTable } from './table.ts';

/** API Gateway stops waiting after 29 s. Reading the secrets, in parallel, may take 3 s before a call, and its final writes 250 ms after. */
const budgetBehindApiMs = 25_000;

/** The parts of a function that calls providers. */
export interface LambdaParts {
  readonly settings: Settings;
  readonly gateway: Gateway;
  readonly callers: Authenticator;
  /** What callers, and the sessions of the console, are identified by. */
  readonly callerParts: CallerParts;
  readonly configuration: ConfigurationSource;
  readonly secrets: SecretCache;
  /** Absent if the installation has no queue for operations, or if this function does not ring. */
  readonly ring: Ring | undefined;
  /** Absent if the installation is set up without one. */
  readonly store: Store | undefined;
  readonly log: Log;
  /** Counts what happens; absent if the installation does not count. */
  readonly meter: Meter | undefined;
  /** Hands on what was counted and no line of the log has carried yet. */
  flush(): void;
}

/** How the parts of functions differ. */
interface LambdaTerms {
  /** The longest budget of a call. Default: 25 s, which is as long as API Gateway waits. */
  readonly longestBudgetMs?: number;
  /** How to ring through a queue; only a function that starts operations, or works them off, needs to. */
  ringThrough?(queueUrl: string, log: Log): Ring;
}

/**
 * Joins the parts of a function: keys, callers and policy from Secrets Manager, the store in DynamoDB.
 * @throws {ConfigurationError} if the environment cannot be used.
 */
export function lambdaParts(terms: LambdaTerms = {}): LambdaParts {
  const { longestBudgetMs = budgetBehindApiMs, ringThrough } = terms;
  const settings = readSettings(undefined, { inLambda: true });
  const { log, meter, flush } = settings.metrics ? countedLog(settings.table) : uncounted;
  const { connections, secretMaxAgeMs: maxAgeMs, budgetMs = longestBudgetMs } = settings;
  if (budgetMs > longestBudgetMs) {
    throw new ConfigurationError([
      `CALLOFF_BUDGET_SECONDS must be at most ${longestBudgetMs / 1_000} in Lambda`,
    ]);
  }
  for (const { name } of connections.filter(hasOwnKey))
    log({ level: 'warn', event: 'key_in_environment_ignored', connection: name });
  const use = useProxy(settings.proxy);
  if (use !== 'none' && use !== 'used') log({ level: 'warn', event: `proxy_${use}` });
  const cache = new SecretCache({ fetchSecret: secretsManager(log), clock, maxAgeMs });
  const store = openTable(settings);
  const isAbsentIfDenied = async () => !(await mayHavePepper(cache, settings));
  const kept = configurationFromSecret({ cache, settings, log, isAbsentIfDenied });
  const configuration = store === undefined ? withoutTable(kept) : kept;
  const pepper = pepperFromSecret(cache, settings, log);
  const oneToken = tokenFromSecret(cache, settings, log);
  const configured = async (): Promise<Configuration> => {
    const latest = await configuration.current();
    // A caller who comes this far was admitted by a configuration that could be read.
    if (latest === 'unreadable') throw new Error('the configuration cannot be read');
    return latest;
  };
  const { operationsQueueUrl } = settings;
  const ring = operationsQueueUrl === undefined ? undefined : ringThrough?.(operationsQueueUrl, log);
  const hasSlack = async () => typeof (await configured()).slack === 'object';
  // The operations function sends what is stored; only that one has the keys of the webhook.
  const target = async () => (await configured()).webhook;
  const outbox = { clock, log, target, hasSlack, publicUrl: settings.publicUrl };
  const gateway = createGateway({
    connections: async () => (await configured()).connections,
    credentials: (connection) => credentialFromSecret(connection, cache, settings),
    budgetMs,
    access: store && {
      ...{ store, pepper },
      confirmationMinutes: async () => (await configured()).confirmationMinutes,
    },
    protectedJobs: async () => (await configured()).protectedJobs,
    waysToConfirm: async () => ({ slack: await hasSlack(), page: settings.publicUrl }),
    ...(ring && { ring }),
    ...(store && { tellWaiting: (asked) => tellOfConfirmation({ ...outbox, store }, asked) }),
    ...{ log, meter },
  });
  const callerParts: CallerParts = { configuration, oneToken, pepper, clock };
  return {
    settings,
    gateway,
    callers: readingAhead(configuredCallers(callerParts), callerParts),
    callerParts,
    configuration,
    secrets: cache,
    ring,
    store,
    ...{ log, meter, flush },
  };
}

const uncounted = { log: logToLambda, meter: undefined, flush: () => undefined };

/** Reads the secret that tokens are checked with in parallel with the configuration, so that both take as long as one. */
function readingAhead(
  callers: Authenticator,
  { oneToken, pepper }: Pick<CallerParts, 'oneToken' | 'pepper'>,
): Authenticator {
  return {
    identify(authorization) {
      const ahead = tokenIdOf(bearerOf(authorization)) === undefined ? oneToken() : pepper();
      ahead.catch(() => undefined);
      return callers.identify(authorization);
    },
  };
}
