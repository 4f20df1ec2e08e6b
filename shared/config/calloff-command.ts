import { basename, delimiter, dirname, join, resolve } from 'node:path';

/** How a process was started, as far as another like it needs to know. */
export interface Started {
  readonly execPath: string;
  readonly argv: readonly string[];
  readonly env: { readonly PATH?: string; readonly [name: string]: string | undefined };
}

/** Settings without which another process would use another store or other rules. */
const shared = ['CALLOFF_URL', 'CALLOFF_DATA_DIR', 'CALLOFF_CONFIG'];
const entries = /^(calloff(\.mjs)?|main\.ts)$/;

/**
 * The command that starts this command line again in a terminal, as a person would type it: `calloff` if it is on the
 * path, with the settings that both must share before it. `undefined` if this process is not the command line.
 */
export function ownCommand({ execPath, argv, env }: Started = process): string | undefined {
  const [, script = ''] = argv;
  if (
    !entries.test(basename(script)) ||
    (basename(script) === 'main.ts' && basename(dirname(script)) !== 'cli')
  )
    return undefined;
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const isOnPath = folders.some((folder) => join(resolve(folder), 'calloff') === script);
  const command = isOnPath ? 'calloff' : [execPath, script].map(quotedForShell).join(' ');
  const settings = shared.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [`${name}=${quotedForShell(value)}`];
  });
  return [...settings, command].join(' ');
}

/** A text as a shell takes it: in quotes if it needs them. */
export function quotedForShell(text: string): string {
  return /^[\w@%+=:,./\\-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
