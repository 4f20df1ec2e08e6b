import { EventEmitter } from 'node:events';
import { type PoolOptions, type PoolWorker, ThreadsPoolWorker, type WorkerRequest } from 'vitest/node';

type Listener = Parameters<PoolWorker['on']>[1];
type Start = Extract<WorkerRequest, { type: 'start' }>;
type Run = Extract<WorkerRequest, { type: 'run' }>;

/** Whether the test loads the changed module again by itself: see one-adapter.ts. */
const { CALLOFF_MUTATION_ADAPTER, CALLOFF_MUTATION_LEAVES_OUT = '' } = process.env;
const loadsAgain = CALLOFF_MUTATION_ADAPTER !== undefined;
/** The titles of the tests that judge, if not all do. */
const titles =
  CALLOFF_MUTATION_LEAVES_OUT === '' ? undefined : new RegExp(`^(?!.*(${CALLOFF_MUTATION_LEAVES_OUT}))`);

/** The thread that outlives a run, with the modules that it has loaded; begun by the first run. */
let kept: ThreadsPoolWorker | undefined;

/**
 * A thread of Vitest that runs one mutant after another. Vitest begins a new thread for every run, which then loads every
 * module again: most of what a mutant costs. A mutant that acts while its module is loaded still gets a new thread. Each runs all tests
 * of the group up to the first that fails.
 */
export class KeptThread implements PoolWorker {
  readonly name = 'kept';
  readonly #options: PoolOptions;
  readonly #events = new EventEmitter();
  readonly #forwarded = new Map<string, Listener>();
  #starting: WorkerRequest | undefined;
  #thread: ThreadsPoolWorker | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  on(event: string, listener: Listener): void {
    this.#events.on(event, listener);
  }

  off(event: string, listener: Listener): void {
    this.#events.off(event, listener);
  }

  deserialize(data: unknown): unknown {
    return data;
  }

  async start(): Promise<void> {}

  /** Answers in the thread's place until it is known, by the first run, which thread that is. */
  send(message: WorkerRequest): void {
    if (message.type === 'start') {
      this.#starting = message;
      this.#answer('started');
    } else if (message.type === 'run') void this.#run(message);
    else if (message.type === 'stop') this.#answer('stopped');
    else this.#thread?.send(message);
  }

  async stop(): Promise<void> {
    for (const [event, listener] of this.#forwarded) this.#thread?.off(event, listener);
    if (this.#thread !== kept) await this.#thread?.stop();
  }

  async #run(message: Run): Promise<void> {
    const isLoading =
      !loadsAgain && Reflect.get(message.context.providedContext, 'mutantActivation') === 'static';
    const isNew = isLoading || kept === undefined;
    const thread = isNew ? new ThreadsPoolWorker(this.#options) : kept;
    if (thread === undefined) return;
    this.#thread = thread;
    if (isNew) await this.#begin(thread);
    if (!isLoading) kept = thread;
    for (const event of ['message', 'error', 'exit']) {
      const forward: Listener = (...parts) => this.#events.emit(event, ...parts);
      this.#forwarded.set(event, forward);
      thread.on(event, forward);
    }
    thread.send(message);
  }

  async #begin(thread: ThreadsPoolWorker): Promise<void> {
    await thread.start();
    const started = new Promise<void>((resolve) => {
      const listen: Listener = (message) => {
        if (message.type !== 'started') return;
        thread.off('message', listen);
        resolve();
      };
      thread.on('message', listen);
    });
    if (this.#starting?.type === 'start') thread.send(withAllTests(this.#starting));
    await started;
  }

  #answer(type: 'started' | 'stopped'): void {
    queueMicrotask(() => this.#events.emit('message', { type, __vitest_worker_response__: true }));
  }
}

/** What begins a thread, without the titles of the first mutant's tests: a thread keeps its titles for all mutants that follow. */
function withAllTests(starting: Start): Start {
  const { context } = starting;
  return { ...starting, context: { ...context, config: { ...context.config, testNamePattern: titles } } };
}
