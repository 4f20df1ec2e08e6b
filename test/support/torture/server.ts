import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { outputOf, start } from '../process/run.ts';
import { waitedForProcessorMs } from '../time/waited-for-processor.ts';
import type { Trouble } from './judge.ts';
import type { RunRecord } from './record.ts';
import type { World } from './world.ts';

const preload = import.meta.resolve('./preload.ts');
/** A server that is told to stop ends within this time, in milliseconds; a busy machine gets some more. */
const longestStopMs = 10_000 + 3_000;

/** A server that stops gives its requests about nine seconds to end, in milliseconds. */
const longestAnswerMs = 8_000;

/**
 * How long a process waits for a processor that the machine gives to others. That is no time which the process takes. Measured from
 * when this is made until its end, as far as the system tells.
 */
class WaitForProcessor {
  readonly #before: number;
  readonly #timer: NodeJS.Timeout;
  #last: number;

  constructor(pid: number) {
    this.#before = waitedForProcessorMs(pid) ?? 0;
    this.#last = this.#before;
    this.#timer = setInterval(() => {
      this.#last = waitedForProcessorMs(pid) ?? this.#last;
    }, 100);
  }

  get ms(): number {
    return this.#last - this.#before;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}

/** A `calloff serve`, started again whenever it was ended. */
export class TorturedServer {
  readonly name: string;
  readonly #world: World;
  readonly #record: RunRecord;
  readonly #more: Readonly<Record<string, string>>;
  #child: ChildProcessWithoutNullStreams | undefined;
  /** What is done to it is done one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  /** Where it listens; `undefined` while it is not there. */
  url: string | undefined;

  constructor(name: string, world: World, record: RunRecord, more: Readonly<Record<string, string>> = {}) {
    this.name = name;
    this.#world = world;
    this.#record = record;
    this.#more = more;
  }

  async start(): Promise<void> {
    const env = this.#world.environment({
      ...{ PORT: '0', NODE_OPTIONS: `--import=${preload}`, TORTURE_FOLDER: this.#world.folder },
      ...this.#more,
    });
    const child = start('cli/main.ts', ['serve'], env);
    this.#child = child;
    child.stdout.on('data', (chunk: Buffer) => this.#record.logged(this.name, chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => this.#record.logged(this.name, chunk.toString()));
    child.once('exit', (code, signal) => {
      if (this.#child === child) this.#record.wrong(`${this.name} ended by itself with ${code ?? signal}`);
    });
    const output = await outputOf(child, /calloff listens on (\S+)/);
    this.url = /listens on (\S+)/.exec(output)?.[1];
    this.#record.event(`${this.name} listens`);
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Ends it at once and starts it again. */
  kill(): Promise<void> {
    return this.#inTurn({ place: this.name }, async () => {
      await this.#end('SIGKILL');
      this.#record.count('kills');
      await this.start();
    });
  }

  /** Lets it end in its own way, and starts it again. */
  restart(): Promise<void> {
    return this.#inTurn({ place: this.name, isOrderly: true }, async (trouble) => {
      await this.#stop(trouble);
      await this.start();
    });
  }

  /** Tells it to stop, and waits for its end. */
  stop(): Promise<void> {
    return this.#inTurn({ place: this.name, isOrderly: true }, (trouble) => this.#stop(trouble));
  }

  async #inTurn(
    trouble: Pick<Trouble, 'place' | 'isOrderly'>,
    work: Parameters<RunRecord['during']>[1],
  ): Promise<void> {
    const done = this.#last.then(() => this.#record.during(trouble, work));
    this.#last = done.catch(() => undefined);
    await done;
  }

  async #stop(trouble: { isOrderly?: boolean }): Promise<void> {
    if (this.#child === undefined) return;
    const startedAt = performance.now();
    const waited = new WaitForProcessor(this.pid);
    const [code, signal] = await this.#end('SIGTERM').finally(() => waited.end());
    const tookMs = Math.round(performance.now() - startedAt - waited.ms);
    this.#record.count('stops');
    if (code !== 0) this.#record.wrong(`${this.name} was told to stop, and ended with ${code ?? signal}`);
    // Then what had not ended was given up, as documented.
    if (tookMs > longestAnswerMs) trouble.isOrderly = false;
    if (tookMs > longestStopMs) this.#record.wrong(`${this.name} took ${tookMs} ms to stop`);
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<readonly unknown[]> {
    const child = this.#child;
    if (child === undefined) return [0];
    this.#record.event(`${this.name} gets ${signal}`);
    this.#child = undefined;
    this.url = undefined;
    const ended = once(child, 'exit');
    child.kill(signal);
    return ended;
  }

  /** Lets it stand still, as the process of a machine that sleeps. What it holds of the store stays held. */
  freeze(ms: number): Promise<void> {
    return this.#inTurn({ place: this.name }, async () => {
      const { pid } = this;
      this.#record.event(`${this.name} stands still for ${ms} ms`);
      this.#record.count('freezes');
      await this.#record.during({ place: 'store' }, async () => {
        process.kill(pid, 'SIGSTOP');
        await wait(ms);
        process.kill(pid, 'SIGCONT');
      });
    });
  }

  /** Has it read its clock again, and gives the bytes in use after a collection of garbage. */
  async look(): Promise<number | undefined> {
    const { pid } = this;
    if (this.url === undefined) return undefined;
    process.kill(pid, 'SIGUSR2');
    await wait(400);
    return this.#world.memoryOf(pid);
  }
}
