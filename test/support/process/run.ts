import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usualTwins, variablesOf } from '../../../sandbox/providers/index.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { freshCommand } from '../../aws/built.ts';
import { freshFolder } from './temporary.ts';

/** What a finished process said. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where processes keep their compiled code, so that the many that tests start begin sooner. */
const compiled = { NODE_COMPILE_CACHE: join(tmpdir(), 'calloff-test-compile-cache') };

/** An environment with nothing in it but what is given, the path to find Node, and a store of its own. */
export function bareEnvironment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { PATH = '' } = process.env;
  return { PATH, ...compiled, CALLOFF_DATA_DIR: freshFolder(), ...more };
}

/** The keys and base URLs of a sandbox, as environment variables. */
export function sandboxEnvironment(sandbox: Sandbox): Record<string, string> {
  const pairs = usualTwins.flatMap((name) => [
    [variablesOf[name].key, sandbox.providers[name].apiKey],
    [variablesOf[name].baseUrl, sandbox.providers[name].baseUrl],
  ]);
  return Object.fromEntries(pairs);
}

const source = 'cli/main.ts';
let command: string | undefined;

/** What a file of this repository is started as: the command line as its bundle where that is fresh, which starts in half the time. */
export function programOf(file: string): string {
  if (file !== source) return file;
  command ??= freshCommand() ?? source;
  return command;
}

/** Starts a TypeScript file of this repository as a process of its own. */
export function start(
  file: string,
  args: readonly string[],
  env: Record<string, string>,
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [programOf(file), ...args], { env });
}

/** Runs it to its end. */
export function run(file: string, args: readonly string[], env: Record<string, string>): Promise<Finished> {
  return finish(start(file, args, env));
}

/** Waits for a process to end, and gives what it said. */
export function finish(child: ChildProcessWithoutNullStreams): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}

/** Resolves with the output so far as soon as it matches. Rejects when the process ends first. */
export function outputOf(child: ChildProcessWithoutNullStreams, pattern: RegExp): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (pattern.test(output)) resolve(output);
    });
    child.once('close', (code) => reject(new Error(`the process ended with ${code} after: ${output}`)));
  });
}
