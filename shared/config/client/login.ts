import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, posix, win32 } from 'node:path';
import * as z from 'zod';
import { parseJson } from '../../lib/json.ts';
import { systemCode } from '../../lib/log.ts';
import { ConfigurationError } from '../configuration-error.ts';
import { homeOfUser } from '../data-folder.ts';
import type { Environment } from '../environment-reader.ts';
import { parseBaseUrl, parseToken } from '../values.ts';

/** The server that a user has logged in to, and the token of their caller there. */
export interface Login {
  readonly url: string;
  readonly token: string;
}

const loginSchema = z.object({
  url: z.string().refine((text) => parseBaseUrl(text).ok),
  token: z.string().refine((text) => parseToken(text).ok),
});

/** Who else than its owner may do something with a file, in its mode. */
const others = 0o077;

/**
 * The file that keeps a login, in the folder where the platform's programs keep a user's configuration: `$XDG_CONFIG_HOME` or
 * `~/.config` (https://specifications.freedesktop.org/basedir-spec/latest/), `~/Library/Application Support`, `%APPDATA%`.
 */
export function loginFile(
  environment: Environment = process.env,
  platform: string = process.platform,
): string {
  const { HOME: home = homeOfUser(), APPDATA: roaming, XDG_CONFIG_HOME: configured = '' } = environment;
  if (platform === 'win32')
    return win32.join(roaming ?? win32.join(home, 'AppData', 'Roaming'), 'calloff', 'login.json');
  const folder =
    platform === 'darwin'
      ? posix.join(home, 'Library', 'Application Support')
      : posix.isAbsolute(configured)
        ? configured
        : posix.join(home, '.config');
  return posix.join(folder, 'calloff', 'login.json');
}

/**
 * The login in a file; `undefined` if there is none.
 * @throws {ConfigurationError} if it cannot be read, holds something else, or can be read by other users.
 */
export async function readLogin(file: string): Promise<Login | undefined> {
  const text = await readOwn(file);
  if (text === undefined) return undefined;
  const read = loginSchema.safeParse(parseJson(text));
  if (read.success) return read.data;
  throw new ConfigurationError([
    `${file} does not hold a login. Run "calloff logout", then "calloff login URL"`,
  ]);
}

/** The text of a file that only its owner may use; `undefined` if there is none. */
async function readOwn(file: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(file);
    if (process.platform !== 'win32' && (mode & others) !== 0)
      throw new ConfigurationError([
        `${file} holds a token, and other users may use it (mode ${(mode & 0o777).toString(8)}). Run: chmod 600 ${file}`,
      ]);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ConfigurationError([`${file} cannot be read (${code})`]);
  }
}

/**
 * Keeps a login in a file of mode 600, in a folder of mode 700. No reader ever sees a part of it.
 * @throws {ConfigurationError} if it cannot be written.
 */
export async function keepLogin({ url, token }: Login, file: string): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await chmod(dirname(file), 0o700);
    const handle = await open(draft, 'wx', 0o600);
    await handle.writeFile(`${JSON.stringify({ url, token }, null, 2)}\n`).finally(() => handle.close());
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw new ConfigurationError([`${file} cannot be written (${systemCode(error)})`]);
  }
}

/**
 * Removes a login. Returns whether there was one.
 * @throws {ConfigurationError} if it cannot be removed.
 */
export async function forgetLogin(file: string): Promise<boolean> {
  try {
    await rm(file);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw new ConfigurationError([`${file} cannot be removed (${code})`]);
  }
}
