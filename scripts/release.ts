import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { datedChangelog } from './release/changelog.ts';
import { isLater, isVersion, withVersion } from './release/places.ts';

const usage = 'Usage: npm run release -- VERSION [--tag], such as: npm run release -- 0.2.0';
const changelog = 'CHANGELOG.md';
const read = (path: string) => readFileSync(path, 'utf8');
const git = (...args: readonly string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();

/** The version in package.json, which the other places follow. */
function currentVersion(): string {
  const [, version = ''] = /"version": "([^"]+)"/.exec(read('package.json')) ?? [];
  return version;
}

/** Why this cannot be the next version. */
function faultOfVersion(to: string | undefined, from: string): string | undefined {
  if (to === undefined) return usage;
  if (!isVersion(to)) return `"${to}" is not a version. Give three numbers with dots between them. ${usage}`;
  if (!isLater(to, from))
    return `${to} does not come after ${from}, which is the version now. Give a later one.`;
  return undefined;
}

/** Why nothing can be released from this checkout. */
function faultOfCheckout(tag: string): string | undefined {
  const changed = git('status', '--porcelain');
  if (changed !== '')
    return `There are changes that are not committed. Commit or remove them first:\n${changed}`;
  if (git('tag', '--list', tag) !== '') return `The tag ${tag} exists already. Give a later version.`;
  return undefined;
}

/** The files of a release, or what is wrong. Nothing is written yet. */
function prepare(from: string, to: string): ReadonlyMap<string, string> | string {
  const { files, faults } = withVersion(read, { from, to });
  if (faults.length > 0) return faults.join('\n');
  const dated = datedChangelog(read(changelog), to, new Date().toISOString().slice(0, 10));
  if (dated === undefined)
    return `${changelog} has nothing under "Unreleased". Write there what users notice in ${to}.`;
  return new Map([...files, [changelog, dated]]);
}

/**
 * `npm run release -- 0.2.0` sets the version in all its places and dates the changelog. With `--tag` it commits this and tags
 * the commit. It never pushes.
 */
function release(args: readonly string[]): string | undefined {
  const { positionals, values } = parseArgs({
    args: [...args],
    options: { tag: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [to = '', ...more] = positionals;
  const from = currentVersion();
  const fault =
    faultOfVersion(more.length > 0 ? undefined : positionals[0], from) ?? faultOfCheckout(`v${to}`);
  if (fault !== undefined) return fault;
  const files = prepare(from, to);
  if (typeof files === 'string') return files;
  for (const [path, text] of files) writeFileSync(path, text);
  process.stdout.write(`The version is ${to}, in ${[...files.keys()].join(', ')}.\n`);
  if (values.tag) {
    git('commit', '--quiet', '--all', '--message', `Release ${to}`);
    git('tag', '--annotate', `v${to}`, '--message', `Release ${to}`);
    process.stdout.write(`Committed, and tagged as v${to}. Nothing is pushed: git push --follow-tags\n`);
  }
  return undefined;
}

/** The sentence of an unknown option, which parseArgs throws. */
function explained(args: readonly string[]): string | undefined {
  try {
    return release(args);
  } catch (error) {
    if (error instanceof TypeError && 'code' in error) return `${error.message}\n${usage}`;
    throw error;
  }
}

const fault = explained(process.argv.slice(2));
if (fault !== undefined) {
  process.stderr.write(`${fault}\n`);
  process.exitCode = 2;
}
