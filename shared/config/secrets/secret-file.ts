import { readFileSync, statSync } from 'node:fs';
import { invalid, ok, type Result } from '../../contract/result.ts';
import { systemCode } from '../../lib/log.ts';
import { foreignFault, leftOpen } from '../placeholder.ts';
import { parsePath } from '../values.ts';

/** The longest file that can hold a secret, in bytes. */
const mostBytes = 65_536;

/** A setting as it is written. */
export interface Written {
  /** Trimmed; `undefined` if the setting is not set. */
  readonly text: string | undefined;
  /** The variable with the text, or with the path of the file that holds it. */
  readonly variable: string;
  /** What a sentence about the text says after the variable: nothing, or that it names a file. */
  readonly lead: string;
}

/** The variable that names the file with a secret, instead of the variable that holds the secret. */
export function fileForm(variable: string): string {
  return `${variable}_FILE`;
}

/**
 * The text of a file that holds a secret, with its line breaks. A fault is the end of a sentence that begins with the name of
 * the setting; it shows neither the path nor the content.
 */
export function readSecretFile(path: string): Result<string> {
  try {
    const status = statSync(path);
    if (status.isDirectory())
      return invalid('', 'names a folder; it must name the file that holds the secret');
    if (!status.isFile())
      return invalid('', 'names a pipe or a device; it must name a file, because calloff may read it twice');
    if (status.size > mostBytes)
      return invalid(
        '',
        `names a file of more than ${mostBytes.toLocaleString('en')} bytes, which holds no secret`,
      );
    const text = readFileSync(path, 'utf8');
    return text.trim() === '' ? invalid('', 'names a file that is empty') : ok(text);
  } catch (error) {
    return invalid('', unreadable(systemCode(error)));
  }
}

/**
 * A secret as the environment gives it: in `variable`, whose own text is `text`, or in the file that its form with `_FILE`
 * names. A fault is a whole sentence.
 */
export function readSecret(
  variable: string,
  text: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Result<Written> {
  const named = fileForm(variable);
  const { [named]: written = '' } = environment;
  const path = written.trim();
  if (path === '' || leftOpen.test(path)) return ok({ text, variable, lead: '' });
  if (text !== undefined) return invalid('', `${variable} and ${named} are both set. Unset one`);
  const foreign = foreignFault(path);
  const whole = foreign === undefined ? parsePath(path) : invalid('', foreign);
  const content = whole.ok ? readSecretFile(whole.value) : whole;
  return content.ok
    ? ok({ text: content.value.trim(), variable: named, lead: 'names a file whose content ' })
    : invalid('', content.faults.map(({ message }) => `${named} ${message}`).join('; '));
}

function unreadable(code: string): string {
  const why = code === 'EACCES' ? 'that the user of calloff may not read' : 'that cannot be read';
  return `names a file ${why} (${code})`;
}
