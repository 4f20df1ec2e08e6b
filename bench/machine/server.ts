import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { bareEnvironment, finish, outputOf, sandboxEnvironment } from '../../test/support/process/run.ts';

/** What a process has taken since its start. */
export interface Taken {
  /** Of the processor, in seconds, in steps of a hundredth. */
  readonly cpuSeconds: number;
  /** What it holds now, and the most that it has held, in bytes. */
  readonly residentBytes: number;
  readonly mostResidentBytes: number;
}

/** `calloff serve` in a process of its own, as it is installed, on a new store. */
export interface MeasuredServer {
  /** Asks the API, and gives the body of the answer. */
  ask(method: string, path: string, body?: object): Promise<unknown>;
  taken(): Taken;
  /** Stops the server. Gives the size of its store after that, in bytes. */
  stop(): Promise<number>;
}

const command = 'dist/cli/calloff.mjs';
const token = 'a-token-for-the-measurement';
/** How many times a second Linux counts the time of a process. */
const ticks = 100;

/** Starts a server that knows the pretend providers, with its store in `folder`. */
export async function startMeasuredServer(sandbox: Sandbox, folder: string): Promise<MeasuredServer> {
  const own = { PORT: '0', CALLOFF_TOKEN: token, CALLOFF_DATA_DIR: folder };
  const env = bareEnvironment({ ...sandboxEnvironment(sandbox), ...own });
  const server = spawn(process.execPath, [command, 'serve'], { env });
  server.stderr.resume();
  const ended = finish(server);
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(await outputOf(server, /http:\/\/\S+:\d+/)) ?? [];
  return {
    async ask(method, path, body) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const text = body === undefined ? undefined : JSON.stringify(body);
      const response = await fetch(url + path, {
        method,
        headers,
        ...(text !== undefined && { body: text }),
      });
      return response.json();
    },
    taken: () => takenBy(server.pid ?? 0),
    async stop() {
      server.kill('SIGTERM');
      await ended;
      return sizeOf(join(folder, 'calloff.sqlite'));
    },
  };
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function takenBy(pid: number): Taken {
  const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
  return {
    cpuSeconds: (Number(afterName[11]) + Number(afterName[12])) / ticks,
    residentBytes: kilobytes('VmRSS') * 1_024,
    mostResidentBytes: kilobytes('VmHWM') * 1_024,
  };
}

function sizeOf(file: string): number {
  const parts = [file, `${file}-wal`].filter((path) => existsSync(path));
  return parts.reduce((sum, path) => sum + statSync(path).size, 0);
}
