import type { Callers } from '../../shared/access/callers.ts';
import { systemClock as clock } from '../../shared/clock.ts';
import type { Configuration } from '../../shared/config/configuration.ts';
import { configurationFromSecret } from '../../shared/config/configuration-source.ts';
import { configuredCallers } from '../../shared/config/configured-callers.ts';
import { credentialFromSecret, tokenFromSecret } from '../../shared/config/credentials.ts';
import { pepperFromSecret } from '../../shared/config/pepper.ts';
import { SecretCache } from '../../shared/config/secret-cache.ts';
import { secretsManager } from '../../shared/config/secrets-manager.ts';
import { awsRegion, ConfigurationError, readSettings, type Settings } from '../../shared/config/settings.ts';
import { createGateway, followingGateway, type Gateway } from '../../shared/gateway.ts';
import type { Log } from '../../shared/log.ts';
import { openDynamoDbStore } from '../../shared/store/dynamodb.ts';
import { logToLambda as log } from './log.ts';

const defaultBudgetMs = 25_000;
/** A function is stopped after 29 s and reading a secret may take 3 s of them. */
const largestBudgetMs = 26_000;

/** What a function that speaks to providers is made of. */
export interface LambdaParts {
  readonly settings: Settings;
  readonly gateway: Gateway;
  readonly callers: Callers;
  readonly log: Log;
}

/**
 * Joins the parts of a function: keys, callers and policy from Secrets Manager, what must survive in DynamoDB.
 * @throws {ConfigurationError} when the environment cannot be used.
 */
export function lambdaParts(): LambdaParts {
  const settings = readSettings();
  const { connections, secretPrefix, secretMaxAgeMs: maxAgeMs, budgetMs = defaultBudgetMs } = settings;
  if (budgetMs > largestBudgetMs) {
    throw new ConfigurationError([
      `CALLOFF_BUDGET_SECONDS must be at most ${largestBudgetMs / 1_000} in Lambda`,
    ]);
  }
  for (const { name, apiKey } of connections) {
    if (apiKey !== undefined) log({ level: 'warn', event: 'key_in_environment_ignored', connection: name });
  }
  const secrets = new SecretCache({ fetchSecret: secretsManager(log), clock, maxAgeMs });
  const configuration = configurationFromSecret(secrets, settings, log);
  const pepper = pepperFromSecret(secrets, secretPrefix);
  const oneToken = tokenFromSecret(secrets, secretPrefix);
  const store = openTable(settings);
  const build = (configured: Configuration) =>
    createGateway({
      connections: configured.connections,
      credentials: (connection) => credentialFromSecret(connection, secrets, secretPrefix),
      budgetMs,
      access: store && { store, pepper },
      protectedJobs: async () => configured.protectedJobs,
      log,
    });
  let known: { configured: Configuration; gateway: Gateway } | undefined;
  const gateway = followingGateway(async () => {
    const configured = await configuration.current();
    // Whoever comes this far was let in by a configuration that could be read.
    if (configured === 'unreadable') throw new Error('the configuration cannot be read');
    if (known?.configured !== configured) known = { configured, gateway: build(configured) };
    return known.gateway;
  });
  return { settings, gateway, callers: configuredCallers({ configuration, oneToken, pepper, clock }), log };
}

function openTable({ table }: Settings) {
  return table === undefined ? undefined : openDynamoDbStore({ table, ...awsRegion(), clock });
}
