import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { handle } from 'hono/aws-lambda';
import { systemClock } from '../shared/clock.ts';
import { credentialFromSecret, tokenFromSecret } from '../shared/config/credentials.ts';
import { SecretCache } from '../shared/config/secret-cache.ts';
import { secretsManager } from '../shared/config/secrets-manager.ts';
import { ConfigurationError, readSettings } from '../shared/config/settings.ts';
import { createGateway } from '../shared/gateway.ts';
import { type GatewayEvent, readableEvent, requestIdOf } from './aws/event.ts';
import { logToLambda as log } from './aws/log.ts';
import { createApp } from './http/app.ts';

const defaultBudgetMs = 25_000;
/** The function is stopped after 29 s and reading a secret may take 3 s of them. */
const largestBudgetMs = 26_000;

const { connections, secretPrefix, secretMaxAgeMs, budgetMs = defaultBudgetMs } = readSettings();
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
const requestId = new AsyncLocalStorage<string>();
const app = createApp({
  gateway: createGateway({
    connections,
    credentials: (connection) => credentialFromSecret(connection, secrets, secretPrefix),
    budgetMs,
    log,
  }),
  token: tokenFromSecret(secrets, secretPrefix),
  log,
  newRequestId: () => requestId.getStore() ?? randomUUID(),
});
const answer = handle(app);

/**
 * The HTTP API on Lambda, behind an HTTP API (payload format 2.0 or 1.0) or a REST API. What is above is built once
 * per environment; secrets are read when they are first needed.
 */
export async function handler(event: GatewayEvent, context?: Context) {
  return requestId.run(requestIdOf(event), () => answer(readableEvent(event), context));
}
