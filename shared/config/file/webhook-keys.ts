import type { KeyObject } from 'node:crypto';
import { dirname } from 'node:path';
import { faultText, invalid, ok, type Result } from '../../contract/result.ts';
import type { Environment } from '../environment-reader.ts';
import { parseWebhookSecret } from '../secrets/webhook-secret.ts';
import { readSecretText } from './connection-keys.ts';

/** The fields that can name the secret of the webhook. */
interface SecretFields {
  readonly secret_env?: string | undefined;
  readonly secret_file?: string | undefined;
}

/** Reads the keys that the section `webhook` signs with, or says what is wrong. Never shows a value. */
export type ReadWebhookSecret = (fields: SecretFields) => Result<readonly KeyObject[]>;

/** The secret in a variable of `environment`, or in a file whose path is relative to the configuration file at `path`. */
export function webhookSecretBeside(path: string, environment: Environment): ReadWebhookSecret {
  return ({ secret_env, secret_file }) => {
    const field = secret_env === undefined ? 'secret_file' : 'secret_env';
    const value = secret_env ?? secret_file;
    if (value === undefined || (secret_env !== undefined && secret_file !== undefined))
      return invalid(
        '',
        'must have one of secret_env and secret_file, because calloff signs what it sends (in Lambda give neither: there the secret webhook holds it)',
      );
    const what = field === 'secret_env' ? 'variable' : 'file';
    const text = readSecretText(what, value, { folder: dirname(path), environment });
    if (!text.ok) return invalid(field, faultText(text.faults));
    const keys = parseWebhookSecret(text.value);
    return keys.ok ? keys : invalid(field, `names a ${what} whose content ${faultText(keys.faults)}`);
  };
}

/** For Lambda, where the webhook has a secret of its own. */
export const webhookSecretInSecrets: ReadWebhookSecret = ({ secret_env, secret_file }) => {
  if (secret_env === undefined && secret_file === undefined) return ok([]);
  const field = secret_env === undefined ? 'secret_file' : 'secret_env';
  return invalid(field, 'is not allowed in Lambda, where the secret webhook holds it');
};

/** For a caller that only edits the file, or takes the secret from its first reading. */
export const skipWebhookSecret: ReadWebhookSecret = () => ok([]);
