import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../shared/config/configuration-error.ts';
import { defaultDataFolder } from '../../shared/config/data-folder.ts';
import { lastingPepper, localPepper } from '../../shared/config/secrets/pepper.ts';

let parent: string;
let dataFolder: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'calloff-'));
  dataFolder = join(parent, 'state', 'calloff');
});

afterEach(() => rm(parent, { recursive: true }));

describe('the pepper of a machine', () => {
  test('is made when it is first needed, for its owner only, and stays', async () => {
    const pepper = await localPepper({ dataFolder });
    expect(Buffer.from(pepper, 'base64url')).toHaveLength(32);
    expect((await stat(join(dataFolder, 'pepper'))).mode & 0o777).toBe(0o600);
    expect((await stat(dataFolder)).mode & 0o777).toBe(0o700);
    expect(await localPepper({ dataFolder })).toBe(pepper);
  });

  test('is the same for all who need it at once', async () => {
    const peppers = await Promise.all(Array.from({ length: 20 }, () => localPepper({ dataFolder })));
    expect(new Set(peppers).size).toBe(1);
    expect(await readdir(dataFolder)).toEqual(['pepper']);
  });

  test('is that of the environment where there is one; then nothing is made', async () => {
    const pepper = 'a-pepper-of-more-than-32-characters';
    expect(await localPepper({ dataFolder, pepper })).toBe(pepper);
    expect(await readdir(parent)).toEqual([]);
  });

  test('stays what it was for a process under which its folder is removed, and is kept again once there is one', async () => {
    const current = lastingPepper({ dataFolder });
    const pepper = await current();
    await rm(dataFolder, { recursive: true });
    expect(await current()).toBe(pepper);
    expect(existsSync(dataFolder)).toBe(false);
    await mkdir(dataFolder);
    expect(await current()).toBe(pepper);
    expect(await localPepper({ dataFolder })).toBe(pepper);
  });

  test('is the one in the file, where another is put there', async () => {
    const current = lastingPepper({ dataFolder });
    await current();
    const other = 'another-pepper-of-more-than-32-characters';
    await writeFile(join(dataFolder, 'pepper'), other);
    expect(await current()).toBe(other);
  });

  test('is refused where it is too short, and where the folder is none', async () => {
    const other = join(parent, 'other');
    await writeFile(other, 'short');
    await expect(localPepper({ dataFolder: other })).rejects.toThrow(
      /CALLOFF_DATA_DIR must be a folder .*\(ENOTDIR\)/,
    );
    await localPepper({ dataFolder });
    await writeFile(join(dataFolder, 'pepper'), 'short');
    await expect(localPepper({ dataFolder })).rejects.toThrow(ConfigurationError);
    expect(await readFile(join(dataFolder, 'pepper'), 'utf8')).toBe('short');
  });
});

describe('the data folder', () => {
  test.each([
    ['linux', { HOME: '/h/ada' }, '/h/ada/.local/state/calloff'],
    ['linux', { HOME: '/h/ada', XDG_STATE_HOME: '/state' }, '/state/calloff'],
    ['linux', { HOME: '/h/ada', XDG_STATE_HOME: 'relative' }, '/h/ada/.local/state/calloff'],
    ['darwin', { HOME: '/h/ada', XDG_STATE_HOME: '/state' }, '/h/ada/Library/Application Support/calloff'],
    ['win32', { LOCALAPPDATA: 'C:\\Local' }, 'C:\\Local\\calloff'],
    ['win32', { HOME: 'C:\\ada' }, 'C:\\ada\\AppData\\Local\\calloff'],
  ])('on %s with %j is %s', (platform, environment, folder) => {
    expect(defaultDataFolder(environment, platform)).toBe(folder);
  });
});
