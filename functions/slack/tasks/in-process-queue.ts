import { retryOnce, type TwoAttemptsParts } from './retry-once.ts';
import type { SlackTask, TaskQueue } from './task.ts';

/** Thrown if the queue is full. */
class QueueFullError extends Error {
  constructor() {
    super('the queue is full');
    this.name = 'QueueFullError';
  }
}

interface Waiting {
  readonly work: SlackTask;
  /** When the task was enqueued, on the monotonic clock. */
  readonly since: number;
}

const mostAtOnce = 64;
/** The most tasks in the queue that only read: they must not keep out tasks that cancel. */
const mostReading = 32;
const mostKept = 500;
/** The most tasks that wait for their time. */
const mostDelayed = 500;

/**
 * A bounded queue within one process, with limited concurrency. Tasks that cancel come before tasks that only read,
 * otherwise first in, first out. It does not outlive the process.
 */
export class InProcessQueue implements TaskQueue {
  readonly #parts: TwoAttemptsParts;
  readonly #waiting: Waiting[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  /** How to give up the tasks that wait for their time. */
  readonly #delayed = new Set<() => void>();
  #reading = 0;

  constructor(parts: TwoAttemptsParts) {
    this.#parts = parts;
    parts.stopping?.addEventListener('abort', () => {
      for (const giveUp of this.#delayed) giveUp();
      this.#delayed.clear();
    });
  }

  /** The task begins after the caller has continued, so that the request can be answered first. */
  async enqueue(work: SlackTask, delayMs = 0): Promise<void> {
    if (delayMs > 0) return this.#delay(work, delayMs);
    if (this.#waiting.length + this.#underWay.size >= mostKept) throw new QueueFullError();
    this.#take(work);
  }

  #delay(work: SlackTask, delayMs: number): void {
    const { clock, stopping } = this.#parts;
    if (this.#delayed.size >= mostDelayed || stopping?.aborted) throw new QueueFullError();
    const giveUp = clock.after(delayMs, () => {
      this.#delayed.delete(giveUp);
      this.#take(work);
    });
    this.#delayed.add(giveUp);
  }

  #take(work: SlackTask): void {
    this.#waiting.push({ work, since: this.#parts.clock.now() });
    setImmediate(() => this.#begin());
  }

  /** Resolves when no task waits or is under way, but for those that wait for their time. */
  async settled(): Promise<void> {
    while (this.#waiting.length + this.#underWay.size > 0) {
      this.#begin();
      await Promise.all(this.#underWay);
    }
  }

  #begin(): void {
    while (this.#underWay.size < mostAtOnce) {
      const next = this.#next();
      if (next === undefined) return;
      const reads = onlyReads(next) ? 1 : 0;
      this.#reading += reads;
      const running = this.#carryOut(next).finally(() => {
        this.#reading -= reads;
        this.#underWay.delete(running);
        this.#begin();
      });
      this.#underWay.add(running);
    }
  }

  #carryOut({ work, since }: Waiting): Promise<unknown> {
    const { clock, carryOut } = this.#parts;
    return retryOnce(work, {
      ...this.#parts,
      carryOut: (_, attempt) => carryOut(work, { ...attempt, ageMs: clock.now() - since }),
    });
  }

  #next(): Waiting | undefined {
    const urgent = this.#waiting.findIndex((waiting) => !onlyReads(waiting));
    const index = urgent === -1 && this.#reading < mostReading ? 0 : urgent;
    return index === -1 ? undefined : this.#waiting.splice(index, 1)[0];
  }
}

const reading: readonly SlackTask['kind'][] = ['list', 'show', 'operations', 'watch'];

function onlyReads({ work }: Waiting): boolean {
  return reading.includes(work.kind);
}
