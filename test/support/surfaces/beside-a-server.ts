import type { ProviderName } from '../../../sandbox/sandbox.ts';
import { type Terms as InProcess, runInProcess } from '../process/in-process.ts';
import { bareEnvironment, type Finished } from '../process/run.ts';
import { freshFolder } from '../process/temporary.ts';
import type { Role, TestServer } from './test-server.ts';

/** How a command is run. `typed`: what the person types; then there is a terminal. */
export interface Typing extends Partial<Pick<InProcess, 'isTerminal' | 'typed'>> {
  readonly args: readonly string[];
}

/** The environment of a command that asks the server as this caller. */
export function clientEnvironment(url: string, token: string): Record<string, string> {
  const { PATH = '' } = bareEnvironment();
  return {
    ...{ PATH, CALLOFF_URL: url, CALLOFF_TOKEN: token, XDG_CONFIG_HOME: freshFolder() },
    ...{ COLUMNS: '2000', NO_COLOR: '1' },
  };
}

/** The environment of a command on this machine, under the rules of a role and with a store of its own. */
export function localEnvironment(server: TestServer, role: Role): Record<string, string> {
  return { ...bareEnvironment(server.environmentFor(role)), COLUMNS: '2000', NO_COLOR: '1' };
}

/** Runs a command in this process. */
export function runWith(
  env: Readonly<Record<string, string>>,
  { args, ...typing }: Typing,
): Promise<Finished> {
  return runInProcess(args, { env, ...typing });
}

/** Without the line that a terminal shows after a second. */
function withoutProgress(text: string): string {
  const parts = text.split('\r\u001b[2K');
  return parts.map((part) => part.replace(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] .*\(\d+ s\)$/, '')).join('');
}

/**
 * What differs between two runs of the same command, put as its kind: times, the ids of requests, confirmations and operations. And
 * without the progress, which only a slow run shows.
 */
export function withoutChance({ code, stdout, stderr }: Finished): Finished {
  const plain = (text: string) =>
    withoutProgress(text)
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, 'UUID')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replaceAll(/op_[a-z2-9]{20}/g, 'OPERATION')
      .replaceAll(/\b[a-z2-9]{10}\.[\w-]{20,}/g, 'CONFIRMATION.TOKEN')
      .replaceAll(/confirm(ation)? [a-z2-9]{10}\b/g, 'confirm$1 CONFIRMATION')
      .replaceAll(/"id": "[a-z2-9]{10}"/g, '"id": "CONFIRMATION"')
      .replaceAll(/"(caller|started_by|approved_by)": "[^"]*"/g, '"$1": "CALLER"')
      .replaceAll(/CALLOFF_\w+=\S+ (CALLOFF_CONFIG=\S+ )?\S+ \S+main\.ts/g, 'calloff')
      .replaceAll(/calloff confirm [a-z2-9]{10}\b/g, 'calloff confirm CONFIRMATION');
  return { code, stdout: plain(stdout), stderr: plain(stderr) };
}

/**
 * Puts the same jobs at a provider, with ids that are the same in each run. They are two hours old, so that a command which takes
 * a second longer shows the same age.
 */
export function seed(server: TestServer, provider: ProviderName, jobs: readonly object[]): void {
  const oldest = Date.now() - 2.5 * 3_600_000;
  server.sandbox.providers[provider].reset();
  for (const [index, job] of jobs.entries())
    server.sandbox.providers[provider].addJob({ createdAt: new Date(oldest + index * 1_000), ...job });
}
