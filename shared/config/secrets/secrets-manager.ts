import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { type Log, nameOf } from '../../lib/log.ts';
import { accessDenied, type FetchSecret } from './cache.ts';

/** How long one read may take, with all its attempts, so that enough time is left for the call itself. */
const longestReadMs = 3_000;

/** Reads secrets from AWS Secrets Manager, in the region and with the role of the process. */
export function secretsManager(log: Log): FetchSecret {
  const client = new SecretsManagerClient({
    maxAttempts: 3,
    // Named, so that no variable of the environment sets the other mode, which the bundles of AWS leave out.
    retryMode: 'standard',
    // Without `throwOnRequestTimeout` the client only warns about a request that takes longer.
    requestHandler: { requestTimeout: 1_000, connectionTimeout: 1_000, throwOnRequestTimeout: true },
  });
  return async (name) => {
    try {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }), {
        abortSignal: AbortSignal.timeout(longestReadMs),
      });
      return SecretString;
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      const isDenied = lacksPermission(error);
      const event = isDenied ? 'secret_denied' : 'secret_unreadable';
      log({ level: isDenied ? 'warn' : 'error', event, error: nameOf(error) });
      if (isDenied) return accessDenied;
      throw error;
    }
  };
}

/**
 * Whether no policy of the role allows the read. AWS answers so for a secret that does not exist, unless the role has fewer
 * rights than serverless.yml gives it. A policy or a KMS key that denies the read has another message.
 */
function lacksPermission(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== 'AccessDeniedException') return false;
  return /GetSecretValue on resource: .* because no identity-based policy allows/.test(error.message);
}
