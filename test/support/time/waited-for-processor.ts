import { readFileSync } from 'node:fs';

/**
 * Milliseconds for which the main thread of a process was ready and had no processor, because the machine gave it to others. That is
 * no time which the process takes. `undefined` where the system does not tell.
 * @see https://docs.kernel.org/scheduler/sched-stats.html: the second number, in nanoseconds
 */
export function waitedForProcessorMs(pid: number): number | undefined {
  try {
    const [, waitedNs] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
    return Number(waitedNs) / 1_000_000;
  } catch {
    return undefined;
  }
}
