import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Log } from '../log.ts';
import type { FetchSecret } from './secret-cache.ts';

/** Reads secrets from AWS Secrets Manager, in the region and with the role of the process. */
export function secretsManager(log: Log): FetchSecret {
  const client = new SecretsManagerClient({
    maxAttempts: 3,
    requestHandler: { requestTimeout: 3_000, connectionTimeout: 1_000 },
  });
  return async (name) => {
    try {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }));
      return SecretString;
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      log({
        level: 'error',
        event: 'secret_unreadable',
        error: error instanceof Error ? error.name : 'unknown',
      });
      throw error;
    }
  };
}
