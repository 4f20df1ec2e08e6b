import { getHeapStatistics } from 'node:v8';

/** The parts of a process that say how it was started, and what replaces it. */
export interface ServerProcess {
  readonly execPath: string;
  readonly execArgv: readonly string[];
  readonly argv: readonly string[];
  readonly env: { readonly NODE_OPTIONS?: string; readonly [name: string]: string | undefined };
  /** The connection to the process that forked it, if one did. */
  readonly channel?: unknown;
  /** @see https://nodejs.org/api/process.html#processexecvefile-args-env */
  execve?(file: string, args: readonly string[]): void;
}

const megabyte = 1_048_576;
/**
 * How much V8 may keep, in megabytes. With gigabytes of room it lets new objects take 120 MB, and old ones four times what is in
 * use, before it collects. With less than 1 GB of room it is half as much again.
 * @see https://github.com/v8/v8/blob/main/src/heap/heap-controller.cc `MaxGrowingFactor`
 */
const most = { semiSpace: 8, oldSpace: 768 };
const ownOptions = [`--max-semi-space-size=${most.semiSpace}`, `--max-old-space-size=${most.oldSpace}`];
/** The options of Node with which an operator bounds the heap. */
const bounds = /--max[-_](semi[-_]space|old[-_]space|heap)[-_]size/;

/**
 * The options of Node with which a server keeps its memory small. None if the operator has chosen a bound, or if V8 has no more
 * room in any case: on a machine with little memory it is careful by itself. `limit`: the room of V8, in bytes.
 */
export function heapOptions(
  { execArgv, env }: Pick<ServerProcess, 'execArgv' | 'env'>,
  limit = getHeapStatistics().heap_size_limit,
): readonly string[] {
  const isChosen = [...execArgv, env.NODE_OPTIONS ?? ''].some((options) => bounds.test(options));
  return isChosen || limit <= most.oldSpace * megabyte ? [] : ownOptions;
}

/**
 * Starts a server anew with a bounded heap, because V8 takes these options only at its start. It is the same process to its
 * system: id, streams, arguments and environment stay. Returns if there is nothing to do, or if it cannot be done: on Windows, on
 * Node before 22.15, in a process that another one has forked, and without the right to start programs.
 */
export function boundHeap(server: ServerProcess, limit?: number): void {
  const options = heapOptions(server, limit);
  if (options.length === 0 || server.channel !== undefined) return;
  const { execPath, execArgv, argv } = server;
  try {
    server.execve?.(execPath, [execPath, ...options, ...execArgv, ...argv.slice(1)]);
  } catch {
    // Then it serves with more memory.
  }
}
