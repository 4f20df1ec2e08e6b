import { describe, expect, it } from 'vitest';
import { ownCommand } from '../../shared/config/calloff-command.ts';

const started = (script: string, env: Record<string, string> = {}) =>
  ownCommand({ execPath: '/usr/bin/node', argv: ['/usr/bin/node', script, 'mcp'], env });

describe('how the command line is started again', () => {
  it('is the word alone, if that is on the path', () => {
    expect(started('/usr/local/bin/calloff', { PATH: '/bin:/usr/local/bin' })).toBe('calloff');
  });

  it('is the whole path, if it is not: from a cache of npx, a bundle or a checkout', () => {
    expect(started('/cache/_npx/1/node_modules/.bin/calloff', { PATH: '/bin' })).toBe(
      '/usr/bin/node /cache/_npx/1/node_modules/.bin/calloff',
    );
    expect(started('/opt/my tools/dist/cli/calloff.mjs')).toBe(
      "/usr/bin/node '/opt/my tools/dist/cli/calloff.mjs'",
    );
    expect(started('/src/calloff/cli/main.ts')).toBe('/usr/bin/node /src/calloff/cli/main.ts');
  });

  it('carries the settings without which it would work on another store', () => {
    expect(
      started('/bin/calloff', { PATH: '/bin', CALLOFF_DATA_DIR: "/tmp/ada's", CALLOFF_TOKEN: 'secret' }),
    ).toBe("CALLOFF_DATA_DIR='/tmp/ada'\\''s' calloff");
  });

  it('is not known of a process that is not the command line', () => {
    for (const script of ['/src/functions/serve.ts', '/src/sandbox/main.ts', ''])
      expect(started(script)).toBeUndefined();
  });
});
