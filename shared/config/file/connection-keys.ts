import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { faultText, invalid, ok, type Result } from '../../contract/result.ts';
import type { Environment } from '../environment.ts';
import { parseKey } from '../values.ts';

/** The ways in which a configuration can give the key of a connection, by the field that does. */
export type KeyField = 'api_key' | 'api_key_env' | 'api_key_file';

/** The key that a field of the configuration leads to, or why it leads to none. Never shows the field's value. */
export type ReadConnectionKey = (field: KeyField, value: string) => Result<string>;

/** Keys given inline, by variables of `environment`, and by files whose paths are relative to `folder`. */
export function keysFromEnvAndFiles(folder: string, environment: Environment): ReadConnectionKey {
  return (field, value) => {
    if (field === 'api_key') return parseKey(value);
    const text = field === 'api_key_env' ? variable(environment, value) : readIfThere(resolve(folder, value));
    if (!text.ok) return text;
    const what = field === 'api_key_env' ? 'a variable' : 'a file';
    if (text.value.trim() === '') return invalid('', `names ${what} that holds nothing`);
    const key = parseKey(text.value);
    return key.ok ? key : invalid('', `names ${what} whose content ${faultText(key.faults)}`);
  };
}

/** A variable by a name that somebody wrote: what every object inherits, such as `constructor`, is none. */
function variable(environment: Environment, name: string): Result<string> {
  return ok((Object.hasOwn(environment, name) ? environment[name] : undefined) ?? '');
}

/** For Lambda, where each connection has a secret of its own. */
export const keysInSecrets: ReadConnectionKey = () =>
  invalid('', 'has no place here: in Lambda the key is in the secret of the connection');

/** For those who only change the file, and need not be able to use it. */
export const skipKeyResolution: ReadConnectionKey = (_field, value) => ok(value);

function readIfThere(path: string): Result<string> {
  try {
    return ok(readFileSync(path, 'utf8'));
  } catch (error) {
    return invalid('', `names a file that cannot be read (${systemCode(error)})`);
  }
}

/** What the system calls an error, such as `ENOENT`. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
