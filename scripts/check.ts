import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** What `npm test` does before any test runs, side by side: each writes where none of the others reads. */
const names = ['referees', 'lint', 'types', 'package'];

/** Runs a script of package.json, prints what it said once it is over, and gives whether it went well. */
async function check(name: string): Promise<boolean> {
  const startedAt = performance.now();
  const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const took = ((performance.now() - startedAt) / 1_000).toFixed(1);
  process.stdout.write(`${output}${errors}${name}: ${code === 0 ? 'done' : 'FAILED'} after ${took} s\n`);
  return code === 0;
}

const went = await Promise.all(names.map(check));
if (went.includes(false)) process.exitCode = 1;
