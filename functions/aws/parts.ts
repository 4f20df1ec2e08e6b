import { systemClock } from '../../shared/clock.ts';
import { credentialFromSecret, tokenFromSecret } from '../../shared/config/credentials.ts';
import { SecretCache } from '../../shared/config/secret-cache.ts';
import { secretsManager } from '../../shared/config/secrets-manager.ts';
import { ConfigurationError, readSettings } from '../../shared/config/settings.ts';
import { createGateway } from '../../shared/gateway.ts';
import { logToLambda as log } from './log.ts';

const defaultBudgetMs = 25_000;
/** A function is stopped after 29 s and reading a secret may take 3 s of them. */
const largestBudgetMs = 26_000;

/**
 * What every function that speaks to providers is made of: the gateway on the keys of Secrets Manager, and the token.
 * @throws {ConfigurationError} when the environment cannot be used.
 */
export function lambdaParts() {
  const settings = readSettings();
  const { connections, secretPrefix, secretMaxAgeMs, budgetMs = defaultBudgetMs } = settings;
  if (budgetMs > largestBudgetMs) {
    throw new ConfigurationError([
      `CALLOFF_BUDGET_SECONDS must be at most ${largestBudgetMs / 1_000} in Lambda`,
    ]);
  }
  for (const { name, apiKey } of connections) {
    if (apiKey !== undefined) log({ level: 'warn', event: 'key_in_environment_ignored', connection: name });
  }
  const secrets = new SecretCache({
    fetchSecret: secretsManager(log),
    clock: systemClock,
    maxAgeMs: secretMaxAgeMs,
  });
  const gateway = createGateway({
    connections,
    credentials: (connection) => credentialFromSecret(connection, secrets, secretPrefix),
    budgetMs,
    log,
  });
  return { settings, gateway, token: tokenFromSecret(secrets, secretPrefix), log };
}
