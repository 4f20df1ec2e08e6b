import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder where the platform's programs keep their state: `$XDG_STATE_HOME` or `~/.local/state`
 * (https://specifications.freedesktop.org/basedir-spec/latest/), `~/Library/Application Support`, `%LOCALAPPDATA%`.
 * Does not create it.
 */
export function defaultDataFolder(environment: Environment, platform: string = process.platform): string {
  const { HOME: home = homeOfUser(), LOCALAPPDATA: local, XDG_STATE_HOME: state = '' } = environment;
  if (platform === 'win32') return win32.join(local ?? win32.join(home, 'AppData', 'Local'), 'calloff');
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'calloff');
  return posix.join(posix.isAbsolute(state) ? state : posix.join(home, '.local', 'state'), 'calloff');
}

/** The home of the user; empty if the system does not know the user, as in some containers. */
export function homeOfUser(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}
