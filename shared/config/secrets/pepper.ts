import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faultText } from '../../contract/result.ts';
import { type Log, systemCode } from '../../lib/log.ts';
import { secretUnreadable } from '../../store/errors.ts';
import { ConfigurationError } from '../configuration-error.ts';
import type { Settings } from '../settings.ts';
import { parsePepper } from '../values.ts';
import { accessDenied, onceFor, type SecretCache, unreadable } from './cache.ts';
import { type SecretNaming, secretName } from './secret-name.ts';

/** The file in the data folder that holds the pepper, apart from the HMACs made with it. */
const pepperFile = 'pepper';

type PepperSettings = Pick<Settings, 'pepper' | 'dataFolder'>;

/**
 * The pepper of this machine: from `CALLOFF_PEPPER`, otherwise from the file in the data folder, which is made if it does
 * not exist. Processes that start together get the same one. `known` is the pepper of the last read: it stays in force if
 * the folder has been removed since, so that tokens keep working.
 * @throws {ConfigurationError} if the folder cannot be used.
 */
export async function localPepper({ pepper, dataFolder }: PepperSettings, known?: string): Promise<string> {
  if (pepper !== undefined) return pepper;
  try {
    const text = (await readIfThere(dataFolder)) ?? (await makeOnce(dataFolder, known));
    const read = parsePepper(text);
    if (read.ok) return read.value;
    throw new ConfigurationError([`the file ${pepperFile} in CALLOFF_DATA_DIR ${faultText(read.faults)}`]);
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    if (known !== undefined) return known;
    throw new ConfigurationError([
      `CALLOFF_DATA_DIR must be a folder in which calloff can keep the file ${pepperFile} (${systemCode(error)}); otherwise set CALLOFF_PEPPER`,
    ]);
  }
}

/**
 * The pepper in the secret `pepper`. One that is too short counts as missing, and is logged. Rejects with a
 * `StoreUnavailableError` if the secret cannot be read, because confirmations made with it may exist.
 */
export function pepperFromSecret(
  cache: SecretCache,
  naming: SecretNaming,
  log: Log,
): () => Promise<string | undefined> {
  const unusable = onceFor(() => log({ level: 'error', event: 'pepper_unusable' }));
  return async () => {
    const text = await cache.readOrUnknown(secretName(naming, 'pepper'));
    if (text === unreadable) throw secretUnreadable();
    if (typeof text !== 'string') return undefined;
    const pepper = parsePepper(text);
    if (pepper.ok) return pepper.value;
    unusable(text);
    return undefined;
  };
}

/**
 * Whether there may be a pepper: an installation whose callers have tokens has one. If AWS denies it like a secret that
 * does not exist, it counts as absent.
 */
export async function mayHavePepper(cache: SecretCache, naming: SecretNaming): Promise<boolean> {
  const told = await cache.readOrUnknown(secretName(naming, 'pepper'));
  return told !== undefined && told !== accessDenied;
}

async function readIfThere(folder: string): Promise<string | undefined> {
  try {
    return await readFile(join(folder, pepperFile), 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** `localPepper` for a process that keeps running. */
export function lastingPepper(settings: PepperSettings): () => Promise<string> {
  let known: string | undefined;
  return async () => {
    known = await localPepper(settings, known);
    return known;
  };
}

/**
 * Writes a draft and links it: the first process wins, and no process reads half a pepper. Makes no folder for a known
 * pepper: that is left to the store, which knows whether its disk is there.
 */
async function makeOnce(folder: string, known: string | undefined): Promise<string> {
  if (known === undefined) await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, pepperFile);
  const draft = join(folder, `.${pepperFile}-${randomUUID()}`);
  const pepper = known ?? randomBytes(32).toString('base64url');
  await writeFile(draft, `${pepper}\n`, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(draft);
  }
  return readFile(path, 'utf8');
}
