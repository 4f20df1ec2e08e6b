import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keysFromEnvAndFiles } from '../../shared/config/file/connection-keys.ts';
import { invalid } from '../../shared/contract/result.ts';
import { canaryKey, everythingShown } from '../support/canary.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'calloff-'));
  await writeFile(join(folder, 'good'), `${canaryKey}\n`);
  await writeFile(join(folder, 'from Windows'), `\ufeff${canaryKey}\r\n`);
  await writeFile(join(folder, 'empty'), '\n');
  await writeFile(join(folder, 'open'), 'YOUR_SUTRO_KEY\n');
  await writeFile(join(folder, 'two lines'), `${canaryKey}\nx`);
});

afterAll(() => rm(folder, { recursive: true }));

const environment = {
  OPEN: '\u0024{env:KEY}',
  QUOTED: '"key-0123456789"',
  GOOD: ` ${canaryKey} `,
  EMPTY: '',
  SPACED: `${canaryKey} x`,
};

describe('the key of a connection', () => {
  test('may stand there, in a variable, or in a file beside the configuration', () => {
    const key = keysFromEnvAndFiles(folder, environment);
    expect(key('api_key', canaryKey)).toEqual({ ok: true, value: canaryKey });
    expect(key('api_key_env', 'GOOD')).toEqual({ ok: true, value: canaryKey });
    expect(key('api_key_file', 'good')).toEqual({ ok: true, value: canaryKey });
    expect(key('api_key_file', join(folder, 'good'))).toEqual({ ok: true, value: canaryKey });
    expect(key('api_key_file', 'from Windows')).toEqual({ ok: true, value: canaryKey });
  });

  test.each([
    ['api_key', `${canaryKey} x`, 'must be visible ASCII characters without spaces or line breaks'],
    ['api_key_env', 'UNSET', 'names a variable that is empty or not set'],
    ['api_key_env', 'EMPTY', 'names a variable that is empty or not set'],
    ['api_key_env', 'constructor', 'names a variable that is empty or not set'],
    ['api_key_env', '__proto__', 'names a variable that is empty or not set'],
    ['api_key_env', canaryKey, 'names a variable that is empty or not set'],
    [
      'api_key_env',
      'SPACED',
      'names a variable whose content must be visible ASCII characters without spaces or line breaks',
    ],
    ['api_key', '<your key>', 'is a placeholder that was never filled in'],
    [
      'api_key',
      'Bearer key-0123456789',
      'begins with a word such as Bearer or Key, which is not part of it; remove that word',
    ],
    ['api_key_env', 'OPEN', 'names a variable whose content is a placeholder that was never filled in'],
    ['api_key_env', 'QUOTED', 'names a variable whose content has quotes around it; remove them'],
    ['api_key_file', 'open', 'names a file whose content is a placeholder that was never filled in'],
    ['api_key_file', 'absent', 'names a file that cannot be read (ENOENT)'],
    ['api_key_file', '.', 'names a folder; it must name the file that holds the secret'],
    ['api_key_file', 'empty', 'names a file that is empty'],
    [
      'api_key_file',
      'two lines',
      'names a file whose content must be visible ASCII characters without spaces or line breaks',
    ],
  ] as const)('cannot come from %s %j', (field, value, message) => {
    const read = keysFromEnvAndFiles(folder, environment)(field, value);
    expect(read).toEqual(invalid('', message));
    expect(everythingShown(read)).not.toContain(canaryKey);
  });
});
