import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { collectGarbage } from '../process/collect-garbage.ts';

/**
 * Loaded into a server by `--import`: its wall clock is off by the milliseconds in the file `clock` of the folder. At SIGUSR2 it reads
 * that again, and writes down how many bytes are in use after a collection of garbage.
 */
const { TORTURE_FOLDER = '' } = process.env;
const real = Date.now.bind(Date);
let offset = read();

function read(): number {
  return Number(readFileSync(join(TORTURE_FOLDER, 'clock'), 'utf8'));
}

Object.defineProperty(Date, 'now', { value: () => real() + offset });
if (isMainThread)
  process.on('SIGUSR2', async () => {
    offset = read();
    await collectGarbage();
    writeFileSync(join(TORTURE_FOLDER, `memory-${process.pid}`), String(process.memoryUsage().heapUsed));
  });
