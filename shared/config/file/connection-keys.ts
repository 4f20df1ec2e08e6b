import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Environment, InvalidValue, readKey } from '../settings.ts';

/** The ways in which a configuration can give the key of a connection, by the field that does. */
export type KeyField = 'api_key' | 'api_key_env' | 'api_key_file';

/** The key that a field of the configuration leads to, or why it leads to none. Never shows the field's value. */
export type ReadConnectionKey = (field: KeyField, value: string) => string | InvalidValue;

/** Keys given inline, by variables of `environment`, and by files whose paths are relative to `folder`. */
export function keysFromEnvAndFiles(folder: string, environment: Environment): ReadConnectionKey {
  return (field, value) => {
    if (field === 'api_key') return readKey(value);
    const text = field === 'api_key_env' ? variable(environment, value) : readIfThere(resolve(folder, value));
    if (text instanceof InvalidValue) return text;
    const what = field === 'api_key_env' ? 'a variable' : 'a file';
    if (text === undefined || text.trim() === '') return new InvalidValue(`names ${what} that holds nothing`);
    const key = readKey(text);
    return key instanceof InvalidValue ? new InvalidValue(`names ${what} whose content ${key.message}`) : key;
  };
}

/** A variable by a name that somebody wrote: what every object inherits, such as `constructor`, is none. */
function variable(environment: Environment, name: string): string | undefined {
  return Object.hasOwn(environment, name) ? environment[name] : undefined;
}

/** For Lambda, where each connection has a secret of its own. */
export const keysInSecrets: ReadConnectionKey = () =>
  new InvalidValue('has no place here: in Lambda the key is in the secret of the connection');

/** For those who only change the file, and need not be able to use it. */
export const skipKeyResolution: ReadConnectionKey = (_field, value) => value;

function readIfThere(path: string): string | undefined | InvalidValue {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return new InvalidValue(`names a file that cannot be read (${systemCode(error)})`);
  }
}

/** What the system calls an error, such as `ENOENT`. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
