import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where programs keep what must survive them, by the custom of the platform: `$XDG_STATE_HOME` or `~/.local/state`
 * (https://specifications.freedesktop.org/basedir-spec/latest/), `~/Library/Application Support`, `%LOCALAPPDATA%`.
 * Nothing is made there.
 */
export function defaultDataFolder(environment: Environment, platform: string = process.platform): string {
  const { HOME: home = homeOfUser(), LOCALAPPDATA: local, XDG_STATE_HOME: state = '' } = environment;
  if (platform === 'win32') return win32.join(local ?? win32.join(home, 'AppData', 'Local'), 'calloff');
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support', 'calloff');
  return posix.join(posix.isAbsolute(state) ? state : posix.join(home, '.local', 'state'), 'calloff');
}

/** In a container the user may be one whom the system does not know: it has no home, and nothing can be kept there. */
function homeOfUser(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}
