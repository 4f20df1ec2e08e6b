import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** Installs the package in the folder that is named, unless what is there was installed from the same two files. */
const [, , folder = ''] = process.argv;
const stamp = `${folder}/node_modules/.installed-from`;
const wanted = ['package.json', 'package-lock.json']
  .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
  .join('\n');

// `npm ci` begins by removing node_modules: one that is cut off leaves no stamp behind.
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  execFileSync('npm', ['ci', '--prefix', folder, '--no-audit', '--no-fund'], { stdio: 'inherit' });
  writeFileSync(stamp, wanted);
}
