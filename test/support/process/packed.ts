import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { getDefaultEnvironment } from '@modelcontextprotocol/sdk/client/stdio.js';
import { freshCommand } from '../../aws/built.ts';
import { runs } from '../thorough.ts';
import { bareEnvironment } from './run.ts';

const run = promisify(execFile);
const isWindows = process.platform === 'win32';
const root = resolve(import.meta.dirname, '../../..');
/** What `npm pack` needs of this repository to build the package by itself. */
const needed = [
  ...['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'tsconfig.json', 'tsconfig.adapter.json'],
  ...['cli', 'console', 'functions', 'mcp', 'scripts', 'shared'],
];

/** The tarball, and a machine of its own for it: an npm that has never run, and an empty folder. */
export interface Packed {
  readonly tarball: string;
  /** An empty folder. */
  readonly empty: string;
  /** Where npx puts what it installs. */
  readonly cache: string;
  /** An environment in which npm has no cache, no configuration and no network. */
  environment(more?: Readonly<Record<string, string>>): Record<string, string>;
  remove(): Promise<void>;
}

/**
 * `npm pack` in a copy of this repository that was never built, so that the tarball shows what its scripts do, and
 * nobody's `dist` is rebuilt under their feet. `npm test` packs what it has just built, if that is fresh.
 */
export async function packAside(): Promise<Packed> {
  const folder = await mkdtemp(join(tmpdir(), 'calloff-packed-'));
  const within = (name: string) => join(folder, name);
  const environment = (more: Readonly<Record<string, string>> = {}) =>
    bareEnvironment({
      ...(isWindows && getDefaultEnvironment()),
      HOME: within('home'),
      npm_config_cache: within('cache'),
      npm_config_offline: 'true',
      npm_config_update_notifier: 'false',
      ...more,
    });
  for (const name of ['home', 'empty', 'out']) await mkdir(within(name));
  for (const name of needed) await cp(join(root, name), join(within('tree'), name), { recursive: true });
  await symlink(join(root, 'node_modules'), join(within('tree'), 'node_modules'), 'junction');
  const isBuilt = runs(1, 0) === 0 && freshCommand() !== undefined;
  if (isBuilt) await cp(join(root, 'dist'), join(within('tree'), 'dist'), { recursive: true });
  // On Windows npm is a batch file, which only a shell starts.
  await run('npm', ['pack', '--pack-destination', within('out'), ...(isBuilt ? ['--ignore-scripts'] : [])], {
    cwd: within('tree'),
    env: environment(),
    shell: isWindows,
  });
  const [name = 'nothing was packed'] = await readdir(within('out'));
  return {
    tarball: join(within('out'), name),
    empty: within('empty'),
    cache: within('cache'),
    environment,
    remove: () => rm(folder, { recursive: true, maxRetries: 5 }),
  };
}
