import { open, realpath, rm, stat } from 'node:fs/promises';
import * as z from 'zod';
import { parseJson } from '../../lib/json.ts';
import { systemCode } from '../../lib/log.ts';
import type { Configuration, EnvironmentDefaults } from '../configuration.ts';
import { ConfigurationError } from '../configuration-error.ts';
import { readConfigurationFile } from './configuration-text.ts';
import { skipKeyResolution } from './connection-keys.ts';
import { readConfiguration } from './read.ts';
import { replaceFile } from './replace-file.ts';

/** A token, as the configuration file holds it. */
export interface TokenEntry {
  readonly id: string;
  readonly hmac: string;
  /** RFC 3339. */
  readonly expires_at?: string;
}

/** The file for an edit, without reading its keys. */
export function readForEditing(path: string, settings: EnvironmentDefaults): Configuration {
  return readConfiguration(readConfigurationFile(path), { settings, key: skipKeyResolution });
}

/**
 * Adds a token to a caller in the configuration file.
 * @throws {ConfigurationError} if the file is invalid before or after the change, or cannot be written.
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

/** Removes a caller's token from the configuration file. @see addToken */
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
 * Changes the file atomically: a draft beside it takes its place. Only one draft can exist at a time, so that two changes
 * at once do not undo each other.
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
    (code) => (code === 'EEXIST' ? `; another change may be under way; if none is, remove ${draft}` : byHand),
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

/** What the reader can do about a file that this process may not change. */
const byHand = '; change it by hand: calloff token create NAME --print shows the text to paste';

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
