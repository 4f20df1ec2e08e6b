import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Every benchmark of docs/benchmarks.md but the truth score, one after the other, so that none disturbs another. Each writes its own
 * part of the page. Fails if one does, after all have run.
 */
const scripts = ['bench/price.ts', 'bench/pace.ts', 'bench/cold-start.ts'] as const;
let isWhole = true;

for (const script of scripts) {
  const child = spawn(process.execPath, [script], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code === 0) continue;
  isWhole = false;
  process.stdout.write(`${script} failed\n`);
}
process.exit(isWhole ? 0 : 1);
