import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/**
 * `npm test`: what only computes runs beside the suite, which often waits, so that no processor idles.
 * What measures time runs when all else is over. With arguments, such as a file, the tests that these name run after the checks.
 */
const asked = process.argv.slice(2);

/** What is printed at the end, where it is seen: what failed, and what it said. */
const failures: string[] = [];

/** Runs a script of package.json, seen while it runs or printed when it is over, and gives whether it went well. */
async function part(name: string, { isSeen = false } = {}): Promise<boolean> {
  const startedAt = performance.now();
  const out = isSeen ? 'inherit' : 'pipe';
  const child = spawn('npm', ['run', '--silent', name, '--', ...(isSeen ? asked : [])], {
    stdio: ['ignore', out, out],
    // TypeScript is a Go program and spends a third of its time on collecting garbage: https://pkg.go.dev/runtime#hdr-Environment_Variables
    env: { GOGC: '400', ...process.env },
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const said = [child.stdout, child.stderr].map((stream) => (stream === null ? '' : text(stream)));
  const output = (await Promise.all(said)).join('');
  const went = (await ended) === 0;
  const took = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const line = `${name}: ${went ? 'done' : 'FAILED'} after ${took} s\n`;
  process.stdout.write(went ? output + line : line);
  if (!went) failures.push(output + line);
  return went;
}

async function all(...parts: readonly Promise<boolean>[]): Promise<boolean> {
  return (await Promise.all(parts)).every((went) => went);
}

const checks = [part('lint'), part('types')];
const needed = [part('referees'), part('package')];
if (asked.length > 0) {
  if (await all(...checks, ...needed)) await part('test:files', { isSeen: true });
} else {
  const units = part('test:unit');
  const isReady = await all(...needed);
  if (isReady) await part('test:suite', { isSeen: true });
  await all(...checks, units);
  if (isReady) await part('test:timed', { isSeen: true });
}
process.stdout.write(failures.join('\n'));
if (failures.length > 0) process.exitCode = 1;
