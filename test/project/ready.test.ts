import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { bareEnvironment, finish } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { casesAt } from '../support/thorough.ts';

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')));

/** A Node that takes itself for another one. */
const pretending = (version: string) =>
  `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'${version}'})`;

/** Runs a script that needs what is installed, behind what is loaded before it, in a folder of its own. */
function behindReady(folder: string, version: string) {
  const args = ['--import', pretending(version), '--import', './scripts/ready.js', 'main.mjs'];
  return finish(spawn(process.execPath, args, { cwd: folder, env: bareEnvironment() }));
}

function folderWith(installed: readonly string[]): string {
  const folder = freshFolder();
  mkdirSync(join(folder, 'scripts'), { recursive: true });
  copyFileSync('scripts/ready.js', join(folder, 'scripts/ready.js'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'main.mjs'), 'process.stdout.write("it runs");');
  for (const name of installed) {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true });
    writeFileSync(join(folder, 'node_modules', name, 'index.js'), '');
  }
  return folder;
}

describe('what npm runs from the source', () => {
  test('has what is missing told before it', () => {
    const own = Object.entries(scripts).filter(([, line]) => /^node .*\.ts\b/.test(line));
    expect(own.map(([name]) => name)).toEqual(
      expect.arrayContaining(['start', 'sandbox', 'serve', 'slack:try', 'calloff', 'build']),
    );
    const users = own.filter(([name]) => name !== 'schema');
    for (const [name, line] of users)
      expect([name, line]).toEqual([name, expect.stringMatching(/^node --import \.\/scripts\/ready\.js /)]);
  });

  test.each(casesAt(['22.18.0', '22.23.1', '23.6.0', '24.0.0', '24.21.0', '26.1.0'], 0, 2, 5))(
    'runs on Node %s where everything is installed',
    async (version) => {
      expect(await behindReady(folderWith(['zod']), version)).toEqual({
        code: 0,
        stdout: 'it runs',
        stderr: '',
      });
    },
  );

  test.each(casesAt(['18.20.8', '20.20.2', '22.13.0', '22.17.1', '23.5.0'], 0, 3, 4))(
    'says on Node %s, which npm leaves in its place without install scripts, what to run',
    async (version) => {
      const { code, stdout, stderr } = await behindReady(folderWith(['zod']), version);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^calloff needs Node 22\.18 or newer [^\n]*ignore-scripts[^\n]*\n$/);
      expect(stderr).toContain(`this is Node ${version}`);
      expect(stderr).toContain('npm rebuild node --ignore-scripts=false');
    },
  );

  test.each(['20.20.2', '24.21.0'])(
    'says on Node %s what to run where nothing is installed',
    async (version) => {
      const { code, stdout, stderr } = await behindReady(folderWith([]), version);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(
        /^What calloff is made of is not installed: run "npm ci --include=dev"[^\n]*NODE_ENV[^\n]*\n$/,
      );
    },
  );

  test('is installed whatever NODE_ENV says, and without warnings about a Node that it does not run on', () => {
    const settings = readFileSync('.npmrc', 'utf8')
      .split('\n')
      .filter((line) => !line.startsWith('#'));
    expect(settings.filter((line) => line !== '')).toEqual([
      'loglevel=error',
      'include=dev',
      'omit-lockfile-registry-resolved=false',
    ]);
  });
});
