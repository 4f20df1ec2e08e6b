import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Words that calloff's names and sentences do without, and the plain ones that say the same. */
const dialect: readonly (readonly [RegExp, string])[] = [
  [/\b(who|whom)ever\b/i, 'name the actor: the caller, the person, calloff, the provider'],
  [/\bnobody('s)?\b/i, 'no caller, no process, no one'],
  [/\b(some|any)body('s)?\b/i, 'a person, another caller, someone'],
  [/\ball the same\b/i, 'anyway, even so, still'],
  [/\bat the most\b/i, 'at most'],
  [/\bturn(s|ed)? down\b/i, 'refuse'],
  [/\bwhat (came|comes|became) of\b/i, 'the outcome, the result'],
  [/\bfor as long as\b/i, 'while, as long as'],
  [/\b(bugs?|sentences?|words?|none) of ours\b/i, "calloff's"],
  [/\bonly goes forward\b/i, 'the monotonic clock'],
  [/\buntold\b|untold(?=[A-Z])/, 'unlisted, unknown'],
  [/\b[Gg]lances?\b/, 'cached status'],
  [/\b[Dd]eeds?\b|[Dd]eeds?Of\b/, 'task, handler'],
  [/\bSettled\b/, 'OutcomeMap'],
  [/\bSpending\b/, 'CancelQuota'],
  [/\bSightings?\b/i, 'snapshot, status'],
];

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => existsSync(file))
  .filter((file) =>
    /^((shared|functions|mcp|cli|sandbox|scripts|docs|examples)\/.*\.(ts|js|md|json)|(README|SECURITY|CONTRIBUTING)\.md|(serverless|package|server|calloff\.schema)\.(yml|json))$/.test(
      file,
    ),
  );

const tests = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', 'test/*.test.ts'],
  {
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((file) => existsSync(file));

/** A line with the title of a test. */
const title = /^\s*((describe|it|test)(\.\w+)*\(|\]( as const)?\)\()\s*['"`]|^\s{2,4}'[^']*%[sij]/;

/** `file:line: text (instead)` for each line with a word of the dialect. */
function dialectIn(file: string, isMeant: (line: string) => boolean = () => true): string[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line, index) =>
    dialect
      .filter(([word]) => isMeant(line) && word.test(line))
      .map(([, instead]) => `${file}:${index + 1}: ${line.trim()} (rather: ${instead})`),
  );
}

it('is plain in every name, sentence and comment', () => {
  expect(files.length).toBeGreaterThan(250);
  expect(files.flatMap((file) => dialectIn(file))).toEqual([]);
});

it('is plain in the title of every test', () => {
  expect(tests.length).toBeGreaterThan(100);
  expect(tests.flatMap((file) => dialectIn(file, (line) => title.test(line)))).toEqual([]);
});
