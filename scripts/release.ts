import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { auditShipped, type ShippedAudit, sbomFile } from './release/audit.ts';
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

/** What is known of vulnerabilities in what the last build made. */
function audit(): ShippedAudit {
  const bill = `dist/${sbomFile}`;
  if (!existsSync(bill)) return { kind: 'unknown', why: `${bill} is missing; "npm run build" writes it` };
  const { stdout } = spawnSync('npm', ['audit', '--json'], { encoding: 'utf8', timeout: 60_000 });
  return auditShipped(read(bill), stdout ?? '');
}

/** Why what ships must not be released as it is; says what the audit found otherwise. */
function faultOfAudit(found: ShippedAudit): string | undefined {
  if (found.kind === 'unknown') {
    process.stdout.write(
      `Known vulnerabilities of what ships could not be asked for: ${found.why}. Run "npm run build" and "npm audit" where the registry answers before you publish.\n`,
    );
    return undefined;
  }
  if (found.findings.length > 0)
    return `What ships has known vulnerabilities. Update these packages first:\n${found.findings.join('\n')}`;
  process.stdout.write(`npm audit knows no vulnerability of the ${found.packages} packages that ship.\n`);
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
 * `npm run release -- 0.2.0` sets the version in all its places and dates the changelog, unless what ships has known vulnerabilities. With `--tag` it commits this and tags
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
  const vulnerable = faultOfAudit(audit());
  if (vulnerable !== undefined) return vulnerable;
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
