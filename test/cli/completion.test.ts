import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CompletedCommand, completedCommands } from '../../cli/completion/words.ts';
import { createProgram } from '../../cli/program.ts';
import { runInProcess } from '../support/process/in-process.ts';
import { bareEnvironment } from '../support/process/run.ts';
import { freshFolder } from '../support/process/temporary.ts';

const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;
const folder = freshFolder();
const fileOf = (shell: string) => join(folder, `completion.${shell}`);

/** What a shell offers after these words, the last of which is being typed. */
const offers: readonly [line: string, words: readonly string[]][] = [
  ['calloff ca', ['cancel']],
  ['calloff to', ['token']],
  ['calloff cancel ionq-r', ['ionq-research']],
  ['calloff get it', ['its-own']],
  ['calloff cancel ionq-research --dr', ['--dry-run']],
  ['calloff list --pro', ['--provider']],
  ['calloff list --provider ionq-r', ['ionq-research']],
  ['calloff list --state ru', ['running']],
  ['calloff audit --connection ionq-r', ['ionq-research']],
  ['calloff token rev', ['revoke']],
  ['calloff completion fi', ['fish']],
  ['calloff operations --state wait', ['waiting_for_confirmation']],
  ['calloff cancel --state que', ['queued']],
  ['calloff pau', ['pause']],
];

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'calloff.json');
  const key = { provider: 'ionq', api_key_env: 'KEY' };
  writeFileSync(config, JSON.stringify({ connections: { 'ionq-research': key, 'its-own': key } }));
  const env = bareEnvironment({ CALLOFF_CONFIG: config, KEY: 'a-key' });
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout, stderr } = await runInProcess(['completion', shell], { env });
    expect([code, stderr]).toEqual([0, '']);
    writeFileSync(fileOf(shell), stdout);
  }
});

describe('calloff completion', () => {
  it('knows every command and option, and needs no network and no key', async () => {
    const commands = completedCommands(createProgram(), ['ionq']);
    const paths = commands.map(({ path }) => path.join(' '));
    expect(paths).toEqual(
      expect.arrayContaining(['', 'list', 'cancel', 'get', 'token create', 'completion']),
    );
    const { stdout, code } = await runInProcess(['completion', 'bash'], { env: bareEnvironment() });
    expect(code).toBe(0);
    for (const { path, options } of commands)
      for (const flag of [...path, ...options.flatMap(({ flags }) => flags)]) expect(stdout).toContain(flag);
  });

  it('names the shells that it knows', async () => {
    const { code, stdout, stderr } = await runInProcess(['completion', 'tcsh'], { env: bareEnvironment() });
    expect([code, stdout, stderr]).toEqual([
      2,
      '',
      expect.stringMatching(/Allowed choices are bash, zsh, fish/),
    ]);
  });

  it.runIf(has('bash')).each(offers)('lets bash complete "%s"', (line, words) => {
    const script = `source '${fileOf('bash')}'
      COMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _calloff; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
    expect([stdout.trim().split('\n'), stderr]).toEqual([words, '']);
  });

  it.runIf(has('bash'))('lets bash complete files where the words are free', () => {
    const script = `source '${fileOf('bash')}'
      COMP_WORDS=(calloff doctor --record a); COMP_CWORD=3; _calloff; echo "\${#COMPREPLY[@]}"; complete -p calloff`;
    const { stdout } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
    expect(stdout).toMatch(/^0\ncomplete -o default -F _calloff calloff/);
  });

  it.runIf(has('fish')).each(offers)('lets fish complete "%s"', (line, words) => {
    const script = `source '${fileOf('fish')}'; complete -C'${line}'`;
    const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', script], { encoding: 'utf8' });
    const offered = stdout
      .trim()
      .split('\n')
      .map((each) => each.split('\t')[0]);
    expect([offered, stderr]).toEqual([words, '']);
  });

  it.runIf(has('zsh'))('is a script that zsh reads', () => {
    const { status, stderr } = spawnSync('zsh', ['-f', '-n', fileOf('zsh')], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});

describe('the help of every command', () => {
  const commandsIn = (command: Command, path: readonly string[] = []): [string, Command][] => [
    [path.join(' '), command],
    ...command.commands.flatMap((child) => commandsIn(child, [...path, child.name()])),
  ];
  const program = createProgram();
  const known = completedCommands(program, []);

  it.each(commandsIn(program))('has examples: calloff %s', (_path, command) => {
    const examples = examplesOf(command);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(faultsOf(example, known)).toEqual([]);
  });

  it.each(commandsIn(program))(
    'fits 80 columns, but for what is to be pasted: calloff %s',
    (_path, command) => {
      const lines = helpOf(command)
        .split('\n')
        .filter((line) => !line.startsWith('    '));
      expect(lines.filter(({ length }) => length > 80)).toEqual([]);
    },
  );
});

/** What `--help` prints. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

function examplesOf(command: Command): string[] {
  const [, examples = ''] = helpOf(command).split('Examples:\n');
  return examples
    .split('\n')
    .filter((line) => line.startsWith('    '))
    .map((line) => line.trim());
}

/** The words of an example that are no command or option of calloff. */
function faultsOf(example: string, known: readonly CompletedCommand[]): string[] {
  const [, line = ''] = /.*\bcalloff ([^|<>)]*)/.exec(example) ?? [];
  const words = line.trim().split(/ +/);
  const command = known.findLast(
    ({ path }) => path.length > 0 && path.every((part, index) => part === words[index]),
  );
  const flags = command?.options.flatMap((option) => option.flags) ?? [];
  return command === undefined
    ? [example]
    : words.filter((word) => word.startsWith('--') && !flags.includes(word));
}
