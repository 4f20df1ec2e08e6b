import { spawn } from 'node:child_process';
import { finish } from '../../../test/support/process/run.ts';
import type { Account } from '../../truth/contestant.ts';
import { cancelRequest, type JobRequest, statusRequest } from '../../truth/contestants/request.ts';
import type { Claim } from '../../truth/score.ts';
import { claimIn } from './raw.ts';

/** What xargs puts a job's id for. */
const mark = '{}';

/** The arguments of curl for one request whose answer is a line, or nothing if it is an error. */
export function argumentsFor({ url, method, headers }: JobRequest): string[] {
  const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const idAt = url.replaceAll(encodeURIComponent(mark), mark);
  return ['-sf', '-X', method, ...given, '-w', '\n', idAt];
}

/** `xargs -P 16 curl`: a process for each job, which sends the cancel and, if that had a 2xx, asks for the status. */
export async function cancelByCurl(
  account: Account,
  ids: readonly string[],
): Promise<{ readonly claims: readonly Claim[]; readonly cpuMicros: number }> {
  const [cancel, status] = [cancelRequest(account, mark), statusRequest(account, mark)];
  const curl = ['curl', '--fail-early', ...argumentsFor(cancel), '--next', ...argumentsFor(status)];
  // Bash says what its children took.
  const script = 'TIMEFORMAT="%U %S"; time xargs -P 16 -I{} "$@"; exit 0';
  const shell = spawn('bash', ['-c', script, 'bash', ...curl]);
  const finished = finish(shell);
  shell.stdin.end(ids.join('\n'));
  const { stdout, stderr } = await finished;
  const lines = new Map(stdout.split('\n').flatMap((line) => idsIn(line).map((id) => [id, line])));
  const [user = '0', system = '0'] = stderr.trim().split('\n').at(-1)?.split(' ') ?? [];
  return {
    claims: ids.map((id) => claimIn(lines.get(id), id)),
    cpuMicros: (Number(user) + Number(system)) * 1e6,
  };
}

/** The ids of jobs in an answer. */
function idsIn(line: string): string[] {
  return line.match(/(job-)?[0-9a-f]{8}-[0-9a-f-]{27}/g) ?? [];
}
