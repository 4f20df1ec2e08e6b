import { resolve } from 'node:path';
import { faultText, invalid, ok, type Result } from '../../contract/result.ts';
import type { Environment } from '../environment-reader.ts';
import { fileForm, readSecretFile } from '../secrets/secret-file.ts';
import { parseKey } from '../values.ts';

/** The fields of a configuration that can give the key of a connection. */
export type KeyField = 'api_key' | 'api_key_env' | 'api_key_file';

/** Reads the key that a field of the configuration names, or says what is wrong. Never shows the field's value. */
export type ReadConnectionKey = (field: KeyField, value: string) => Result<string>;

/** Keys given inline, by variables of `environment`, and by files whose paths are relative to `folder`. */
export function keysFromEnvAndFiles(folder: string, environment: Environment): ReadConnectionKey {
  return (field, value) => {
    if (field === 'api_key') return parseKey(value);
    const what = field === 'api_key_env' ? 'variable' : 'file';
    const text = readSecretText(what, value, { folder, environment });
    if (!text.ok) return text;
    const key = parseKey(text.value);
    return key.ok ? key : invalid('', `names a ${what} whose content ${faultText(key.faults)}`);
  };
}

/** The text of the variable, or of the file in `folder`, that a field of the configuration names. It is not empty. */
export function readSecretText(
  what: 'variable' | 'file',
  name: string,
  { folder, environment }: { readonly folder: string; readonly environment: Environment },
): Result<string> {
  return what === 'variable' ? textOfVariable(name, environment) : readSecretFile(resolve(folder, name));
}

/** The text of a variable that the file names, or of the file that its form with `_FILE` names. Shows neither name. */
function textOfVariable(name: string, environment: Environment): Result<string> {
  const text = variable(environment, name);
  const path = variable(environment, fileForm(name)).trim();
  if (path === '')
    return text.trim() === '' ? invalid('', 'names a variable that is empty or not set') : ok(text);
  if (text.trim() !== '')
    return invalid('', 'names a variable that is also set with _FILE at its end; unset one');
  const content = readSecretFile(path);
  return content.ok
    ? content
    : invalid('', `names a variable that is set with _FILE at its end, which ${faultText(content.faults)}`);
}

/** A variable by a name from the file. Properties that every object inherits, such as `constructor`, are not variables. */
function variable(environment: Environment, name: string): string {
  return (Object.hasOwn(environment, name) ? environment[name] : undefined) ?? '';
}

/** For Lambda, where each connection has its own secret. */
export const keysInSecrets: ReadConnectionKey = () =>
  invalid('', 'is not allowed in Lambda, where the key is in the secret of the connection');

/** For a caller that only edits the file and does not need its keys. */
export const skipKeyResolution: ReadConnectionKey = (_field, value) => ok(value);
