import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { runs } from '../thorough.ts';
import { bareEnvironment, type Finished, finish, outputOf, programOf, start } from './run.ts';
import { freshFolder } from './temporary.ts';

/** `npm start`, once it has printed everything. */
export interface Demo {
  /** All that it printed. */
  readonly output: string;
  /** Where calloff listens. */
  readonly url: string;
  /** The token that opens everything; empty if the callers have tokens of their own. */
  readonly token: string;
  /** The environment of another terminal, in which `npm run slack:try` finds this one and no other. */
  readonly terminal: Readonly<Record<string, string>>;
  /** The printed lines that begin with this word. */
  commands(word: string): string[];
  /** Sends SIGTERM, and waits for the end of the process. */
  stop(): Promise<Finished>;
}

/** Starts what `npm start` starts, on a free port. */
export async function startDemo(more: Readonly<Record<string, string>> = {}): Promise<Demo> {
  const session = { SLACK_TRY_SESSION: join(freshFolder(), 'slack-try.json') };
  const child = start('scripts/start.ts', [], bareEnvironment({ PORT: '0', ...session, ...more }));
  const output = await outputOf(child, /Stop with Ctrl-C/);
  const [, url = ''] = /listens on (\S+)/.exec(output) ?? [];
  const [, token = ''] = /^token: (\S+)/m.exec(output) ?? [];
  return {
    output,
    url,
    token,
    terminal: bareEnvironment(session),
    commands: (word) => output.split('\n').filter((line) => line.startsWith(word)),
    stop() {
      const finished = finish(child);
      child.kill('SIGTERM');
      return finished;
    },
  };
}

/**
 * An environment for lines that run the command by `npm run … calloff --`: it is run at once, because npm takes longer than the
 * command. In a soak npm runs it, and in `npm test` that of the README's "Try it".
 */
export async function withoutNpm(environment = bareEnvironment()): Promise<Record<string, string>> {
  if (runs(1, 0) === 1) return environment;
  const folder = freshFolder();
  await mkdir(folder, { recursive: true });
  const command = `exec '${process.execPath}' '${resolve(programOf('cli/main.ts'))}' "$@"`;
  const script = `#!/bin/sh\n[ "$1 $3 $4" = 'run calloff --' ] || exit 64\nshift 4\n${command}\n`;
  await writeFile(join(folder, 'npm'), script);
  await chmod(join(folder, 'npm'), 0o755);
  const { PATH } = environment;
  return { ...environment, PATH: `${folder}:${PATH}` };
}

/** What these lines print, pasted into a new terminal. */
export async function paste(lines: string, env: Readonly<Record<string, string>> = bareEnvironment()) {
  const { stdout } = await promisify(execFile)('sh', ['-c', lines], { env });
  return stdout;
}
