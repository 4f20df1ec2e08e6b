import { ConfigurationError } from '../../shared/config/configuration-error.ts';
import { configurationFromSecret } from '../../shared/config/file/reload.ts';
import { SecretCache } from '../../shared/config/secrets/cache.ts';
import { secretsManager } from '../../shared/config/secrets/secrets-manager.ts';
import { signingSecretsFromSecret } from '../../shared/config/secrets/signing-secrets.ts';
import { readSettings } from '../../shared/config/settings.ts';
import { systemClock as clock } from '../../shared/lib/clock.ts';
import type { SlackParts } from '../slack/routes.ts';
import { logToLambda as log } from './log.ts';
import { SqsQueue } from './sqs-queue.ts';

/**
 * Joins the parts that answer Slack on Lambda: the signing secret and the configuration from Secrets Manager, and the
 * queue. They have no provider key, no table and no gateway.
 * @throws {ConfigurationError} if the environment cannot be used.
 */
export function slackParts(): SlackParts {
  const settings = readSettings();
  const { queueUrl, secretMaxAgeMs: maxAgeMs, slack } = settings;
  if (queueUrl === undefined) {
    throw new ConfigurationError([
      'CALLOFF_QUEUE_URL must be the URL of the SQS queue from the Slack function to the worker',
    ]);
  }
  if (slack.signingSecrets.length > 0) log({ level: 'warn', event: 'signing_secret_in_environment_ignored' });
  const cache = new SecretCache({ fetchSecret: secretsManager(log), clock, maxAgeMs });
  const configuration = configurationFromSecret({ cache, settings, log });
  const signingSecrets = signingSecretsFromSecret(cache, settings, log);
  return {
    async secrets() {
      // Both are read in parallel, because Slack waits only three seconds.
      configuration.current().catch(() => undefined);
      return signingSecrets();
    },
    ...{ configuration, clock, log, queue: new SqsQueue(queueUrl), responseOrigin: slack.responseOrigin },
  };
}
