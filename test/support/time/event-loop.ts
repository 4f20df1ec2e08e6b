import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import * as z from 'zod';

const probe = resolve(import.meta.dirname, 'stall-probe.ts');
const stallSchema = z.object({ ms: z.number(), rawMs: z.number(), workedMs: z.number() });

/** How long the event loop of a process did not turn, at the most, while something went on. In milliseconds. */
export interface Stalls {
  /** Less the time in which garbage was collected and, where the system tells that, others had the processors. */
  readonly worstMs: number;
  /** The same of a process that did nothing meanwhile: what the machine itself adds. */
  readonly idleMs: number;
  /** The most that its thread worked in one turn, less the same: what else the machine did meanwhile is not in it. */
  readonly workedMs: number;
  /** As `monitorEventLoopDelay` saw it, with all of that. */
  readonly rawMs: number;
}

/** A process whose event loop is measured. */
export interface Probed {
  readonly child: ChildProcess;
  /** Resolves with the output so far as soon as it matches. */
  outputOf(pattern: RegExp): Promise<string>;
  /** Carries out `work`, and gives its result and the worst stall meanwhile, printed under `name`. */
  during<T>(name: string, work: () => Promise<T>): Promise<Stalls & { readonly result: T }>;
  stop(): Promise<void>;
}

/** Starts a TypeScript file of this repository with a probe in it, beside a process that does nothing. */
export function startProbed(file: string, args: readonly string[], env: Record<string, string>): Probed {
  const child = spawnProbed([file, ...args], env);
  const idle = spawnProbed(['--eval', 'setInterval(() => undefined, 1_000)'], env);
  const both = [child, idle];
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return {
    child,
    async outputOf(pattern) {
      while (!pattern.test(output)) {
        if (child.exitCode !== null) throw new Error(`the process ended with ${child.exitCode}`);
        await new Promise((done) => setTimeout(done, 10));
      }
      return output;
    },
    async during(name, work) {
      for (const one of both) one.send('begin');
      const result = await work();
      const [busy, quiet] = await Promise.all([stallOf(child), stallOf(idle)]);
      const { ms: worstMs, rawMs, workedMs } = busy;
      const idleMs = quiet.ms;
      process.stdout.write(
        `${name}: the loop stood for ${inMs(worstMs)} at the most and worked for ${inMs(workedMs)}; with garbage collection and others on the machine it stood for ${inMs(rawMs)}, an idle process for ${inMs(idleMs)}\n`,
      );
      return { worstMs, idleMs, rawMs, workedMs, result };
    },
    async stop() {
      await Promise.all(
        both.map(async (one) => {
          if (one.exitCode !== null || one.signalCode !== null) return;
          const ended = once(one, 'exit');
          one.kill('SIGKILL');
          await ended;
        }),
      );
    },
  };
}

function spawnProbed(args: readonly string[], env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, ['--import', probe, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
  });
}

function inMs(ms: number): string {
  return `${ms.toFixed(0)} ms`;
}

async function stallOf(child: ChildProcess) {
  const told = once(child, 'message');
  child.send('end');
  const [message] = await told;
  return stallSchema.parse(message);
}
