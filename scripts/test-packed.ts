import { execFileSync, spawnSync } from 'node:child_process';
import { delimiter, dirname, join, resolve } from 'node:path';

/**
 * `npm run test:packed`: the tests of the packed tarball, in which `npx` starts calloff under the machine's own Node, and not
 * under the Node 24 that `npm ci` installs and that npm puts first on the PATH of its scripts.
 */
const { PATH = '', npm_node_execpath: own } = process.env;
if (own === undefined) {
  process.stderr.write('Only npm knows which Node is the own one of this machine: npm run test:packed\n');
  process.exit(2);
}
const bin = join('node_modules', '.bin');
const others = PATH.split(delimiter).filter((folder) => !folder.endsWith(bin));
const version = execFileSync(own, ['--version'], { encoding: 'utf8' }).trim();
process.stdout.write(`The packed calloff runs under Node ${version}.\n`);

const vitest = resolve('node_modules/vitest/vitest.mjs');
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--project=suite', 'test/package/packed.test.ts'],
  {
    stdio: 'inherit',
    env: { ...process.env, PATH: [dirname(own), ...others].join(delimiter), PACKED_NODE: version },
  },
);
process.exitCode = status ?? 1;
