import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { version } from '../../shared/lib/version.ts';
import { bareEnvironment } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';
import { casesAt } from '../support/thorough.ts';

const identity = { GIT_AUTHOR_NAME: 'test', GIT_AUTHOR_EMAIL: 'test@example.com' };
const env = bareEnvironment({
  ...identity,
  GIT_COMMITTER_NAME: 'test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
  GIT_CONFIG_GLOBAL: '/dev/null',
});
/** The lines that a command of Git prints. */
const linesOf = (...args: readonly string[]) => execFileSync('git', args, { encoding: 'utf8' }).split('\n');
/** The script with its parts, and what is no change of the checkout. */
const parts = ['scripts', 'shared/lib', '.gitignore'];
/** What a release reads and writes: every file that holds the version, and the script with its parts. */
const copied = [
  ...linesOf('grep', '--untracked', '-lwF', '-e', version, '--', '.'),
  ...linesOf('ls-files', '--cached', '--others', '--exclude-standard', '--', ...parts),
].filter((file) => file !== '' && existsSync(file));

/** A checkout of these files as they are at the moment, all of it committed; as it was then before every test. */
let clone: string;
let pristine: string;
const git = (...args: readonly string[]) =>
  execFileSync('git', args, { cwd: clone, env, encoding: 'utf8' }).trim();
const inClone = (path: string) => readFileSync(join(clone, path), 'utf8');

beforeAll(() => {
  clone = freshFolder();
  for (const file of new Set(copied)) {
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    cpSync(file, join(clone, file));
  }
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'what there is');
  pristine = git('rev-parse', 'HEAD');
});
beforeEach(() => {
  git('reset', '--quiet', '--hard', pristine);
  git('clean', '--quiet', '--force', '-d', '-x');
  for (const tag of git('tag').split('\n')) if (tag !== '') git('tag', '--delete', tag);
  if (git('remote') !== '') git('remote', 'remove', 'origin');
});

/** Runs the script of the clone; gives its exit code and what it said. */
function release(...args: readonly string[]) {
  return releaseIn(env, args);
}

function releaseIn(environment: Readonly<Record<string, string>>, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/release.ts', ...args], {
    cwd: clone,
    env: environment,
    encoding: 'utf8',
  });
  return { code: status, text: `${stdout}${stderr}` };
}

/** Which files hold a version; without locks, whose other packages have versions of their own, and without this test. */
function holding(it: string): string[] {
  const elsewhere = [':!*package-lock.json', ':!test/project/release.test.ts'];
  const { stdout } = spawnSync('git', ['grep', '-lwF', it, '--', '.', ...elsewhere], {
    cwd: clone,
    env,
    encoding: 'utf8',
  });
  return stdout.split('\n').filter((file) => file !== '');
}

/** Releases with a built package that holds hono, while `npm audit` says this. */
function releaseAudited(report: object) {
  const bill = {
    components: [
      { name: 'hono', version: '4.0.0', properties: [{ name: 'path', value: 'node_modules/hono' }] },
    ],
  };
  mkdirSync(join(clone, 'dist'));
  writeFileSync(join(clone, 'dist/sbom.cdx.json'), JSON.stringify(bill));
  const bin = freshFolder();
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'report.json'), JSON.stringify(report));
  writeFileSync(
    join(bin, 'npm'),
    `#!/bin/sh\n[ "$*" = "audit --json" ] && cat '${bin}/report.json'\nexit 1\n`,
  );
  chmodSync(join(bin, 'npm'), 0o755);
  const { PATH } = env;
  return releaseIn({ ...env, PATH: `${bin}:${PATH}` }, ['99.10.0']);
}
const finding = (node: string) => ({ severity: 'high', range: '<4.1.0', nodes: [node] });

describe('the audit of a release', () => {
  it('refuses what ships with a known vulnerability, and names it', () => {
    const found = { hono: finding('node_modules/hono'), vitest: finding('node_modules/vitest') };
    expect(releaseAudited({ vulnerabilities: found })).toEqual({
      code: 2,
      text: 'What ships has known vulnerabilities. Update these packages first:\nhono <4.1.0: high\n',
    });
    expect(git('status', '--porcelain')).toBe('');
  });

  it('minds nothing of what only makes and tests calloff', () => {
    const { code, text } = releaseAudited({ vulnerabilities: { vitest: finding('node_modules/vitest') } });
    expect([code, text]).toEqual([
      0,
      expect.stringContaining('no vulnerability of the 1 packages that ship'),
    ]);
  });

  it('says if the registry could not be asked, or if it is not known what ships', () => {
    const { code, text } = releaseAudited({ message: '405 Method Not Allowed' });
    expect([code, text]).toEqual([
      0,
      expect.stringContaining('could not be asked for: 405 Method Not Allowed.'),
    ]);
    git('reset', '--quiet', '--hard', pristine);
    git('clean', '--quiet', '--force', '-d', '-x');
    expect(release('99.10.0').text).toContain('dist/sbom.cdx.json is missing');
  });
});

describe('npm run release', () => {
  it('sets the version in all its places and dates the changelog, and commits nothing', () => {
    const before = holding(version);
    expect(release('99.10.0')).toEqual({ code: 0, text: expect.stringContaining('The version is 99.10.0') });
    expect(holding('99.10.0').sort()).toEqual(before.sort());
    expect(holding(version)).toEqual(['CHANGELOG.md']);
    const lock = JSON.parse(inClone('package-lock.json'));
    expect([lock.version, lock.packages[''].version]).toEqual(['99.10.0', '99.10.0']);
    expect(inClone('CHANGELOG.md')).toMatch(
      /\n## Unreleased\n\n## 99\.10\.0 - \d{4}-\d\d-\d\d\n\n(?:### .+\n\n)?- /,
    );
    expect([git('rev-list', '--count', 'HEAD'), git('tag')]).toEqual(['1', '']);
    expect(git('status', '--porcelain')).toMatch(/^M CHANGELOG\.md$/m);
  });

  it('commits and tags if it is told to, and pushes nothing', () => {
    const origin = freshFolder();
    execFileSync('git', ['init', '--quiet', '--bare', origin], { env });
    git('remote', 'add', 'origin', origin);
    expect(release('99.10.0', '--tag').text).toContain('Nothing is pushed');
    expect(git('log', '-1', '--format=%s')).toBe('Release 99.10.0');
    expect(git('tag', '--points-at', 'HEAD')).toBe('v99.10.0');
    expect(git('status', '--porcelain')).toBe('');
    expect(execFileSync('git', ['for-each-ref'], { cwd: origin, encoding: 'utf8' })).toBe('');
  });

  it.each(
    casesAt(
      [
        [[], 'Usage: npm run release -- VERSION'],
        [['1.0.0', '2.0.0'], 'Usage: '],
        [['1.0.0', '--push'], "Unknown option '--push'"],
        [['latest'], '"latest" is not a version'],
        [['1.0'], '"1.0" is not a version'],
        [['v1.0.0'], '"v1.0.0" is not a version'],
        [['1.0.0-beta.1'], '"1.0.0-beta.1" is not a version'],
        [[version], `${version} does not come after ${version}`],
        [['0.0.9'], `0.0.9 does not come after ${version}`],
      ],
      0,
      3,
      7,
    ),
  )('refuses %j', (args, sentence) => {
    expect(release(...args)).toEqual({ code: 2, text: expect.stringContaining(sentence) });
    expect(git('status', '--porcelain')).toBe('');
  });

  it('refuses a tree with changes', () => {
    writeFileSync(join(clone, 'left.txt'), 'behind');
    const { code, text } = release('99.10.0');
    expect([code, text]).toEqual([2, expect.stringContaining('not committed')]);
    expect(text).toContain('?? left.txt');
    expect(git('status', '--porcelain')).toBe('?? left.txt');
  });

  it('refuses a version without a word in the changelog, and one that has a tag', () => {
    expect(release('99.9.0', '--tag').code).toBe(0);
    expect(release('99.10.0')).toEqual({
      code: 2,
      text: expect.stringContaining('CHANGELOG.md has nothing under "Unreleased"'),
    });
    git('tag', 'v99.11.0');
    expect(release('99.11.0').text).toContain('The tag v99.11.0 exists already');
    expect(git('status', '--porcelain')).toBe('');
  });

  it('writes nothing if a place does not hold the version', () => {
    const path = join(clone, 'server.json');
    writeFileSync(path, inClone('server.json').replace(`"version": "${version}"`, '"version": "7.7.7"'));
    git('commit', '--quiet', '--all', '--message', 'somebody set one place');
    const { code, text } = release('99.10.0');
    expect([code, text]).toEqual([
      2,
      `server.json has the version ${version} 1 times, not 2. Set it to ${version}.\n`,
    ]);
    expect(git('status', '--porcelain')).toBe('');
  });
});
