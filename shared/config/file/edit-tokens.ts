import { open, realpath, rm, stat } from 'node:fs/promises';
import * as z from 'zod';
import { parseJson } from '../../lib/json.ts';
import type { Configuration, EnvironmentDefaults } from '../configuration.ts';
import { ConfigurationError } from '../configuration-error.ts';
import { skipKeyResolution, systemCode } from './connection-keys.ts';
import { readConfiguration } from './read.ts';
import { readConfigurationFile } from './reload.ts';
import { replaceFile } from './replace-file.ts';

/** A token as it stands in the configuration file. */
export interface TokenEntry {
  readonly id: string;
  readonly hmac: string;
  /** RFC 3339. */
  readonly expires_at?: string;
}

/** The file as it is to those who change it, and need not be able to use its keys. */
export function readForEditing(path: string, settings: EnvironmentDefaults): Configuration {
  return readConfiguration(readConfigurationFile(path), { settings, key: skipKeyResolution });
}

/**
 * Adds a token to a caller in the configuration file.
 * @throws {ConfigurationError} where the file cannot be used before or after, or not be written.
 */
export function addToken(
  path: string,
  settings: EnvironmentDefaults,
  caller: string,
  entry: TokenEntry,
): Promise<void> {
  return edit(path, settings, (document) =>
    changeAt(document, ['callers', caller, 'tokens'], (tokens) => [...entries.parse(tokens ?? []), entry]),
  );
}

/** Takes a caller's token out of the configuration file. @see addToken */
export function removeToken(
  path: string,
  settings: EnvironmentDefaults,
  caller: string,
  id: string,
): Promise<void> {
  return edit(path, settings, (document) =>
    changeAt(document, ['callers', caller, 'tokens'], (tokens) =>
      entries.parse(tokens).filter((entry) => entry.id !== id),
    ),
  );
}

const anyObject = z.record(z.string(), z.unknown());
const entries = z.array(z.looseObject({ id: z.string() }));

function changeAt(
  value: unknown,
  [key, ...rest]: readonly string[],
  change: (value: unknown) => unknown,
): unknown {
  if (key === undefined) return change(value);
  const object = anyObject.parse(value);
  return { ...object, [key]: changeAt(object[key], rest, change) };
}

/**
 * Changes the file as a whole or not at all: a draft beside it takes its place. Only one draft can be there at a time,
 * so that two changes at once do not undo one another.
 */
async function edit(
  path: string,
  settings: EnvironmentDefaults,
  change: (document: unknown) => unknown,
): Promise<void> {
  const target = await orFault('can be found', () => realpath(path));
  const draft = `${target}.new`;
  const handle = await orFault(
    'can be changed',
    () => open(draft, 'wx', 0o600),
    (code) => (code === 'EEXIST' ? `; remove ${draft} if no other change is under way` : byHand),
  );
  try {
    const text = readConfigurationFile(target);
    readConfiguration(text, { settings, key: skipKeyResolution });
    const changed = `${JSON.stringify(change(parseJson(text)), null, 2)}\n`;
    readConfiguration(changed, { settings, key: skipKeyResolution });
    const put = async () => {
      await handle.writeFile(changed);
      await handle.chmod((await stat(target)).mode & 0o777);
      await handle.sync();
      await handle.close();
      await replaceFile({ target, draft, before: text, after: changed });
    };
    await orFault('can be written', put, () => byHand);
  } catch (error) {
    await handle.close();
    await rm(draft, { force: true });
    throw error;
  }
}

/** What can be done about a file that this process may not change. */
const byHand = '; change it by hand: calloff token create NAME --print prints what to paste';

async function orFault<T>(
  what: string,
  work: () => Promise<T>,
  stepAfter: (code: string) => string = () => '',
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = systemCode(error);
    throw new ConfigurationError([
      `CALLOFF_CONFIG must name a file that ${what} (${code})${stepAfter(code)}`,
    ]);
  }
}
