import { type TwoAttemptsParts, twoAttempts } from './two-attempts.ts';
import type { Work, WorkQueue } from './work.ts';

/** Thrown where there is no room for more work. */
class QueueFullError extends Error {
  constructor() {
    super('the queue is full');
    this.name = 'QueueFullError';
  }
}

const mostAtOnce = 64;
/** Whoever only looks can wait, and must not keep others from calling off. */
const mostLooking = 32;
const mostKept = 500;

/**
 * A queue within one process: bounded, so many at a time, what calls off before what only looks, and otherwise in the
 * order in which it came in. It does not outlive the process.
 */
export class InProcessQueue implements WorkQueue {
  readonly #parts: TwoAttemptsParts;
  readonly #waiting: Work[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  #looking = 0;

  constructor(parts: TwoAttemptsParts) {
    this.#parts = parts;
  }

  /** Begins after the caller has gone on, so that whoever handed it on can answer first. */
  async hand(work: Work): Promise<void> {
    if (this.#waiting.length + this.#underWay.size >= mostKept) throw new QueueFullError();
    this.#waiting.push(work);
    setImmediate(() => this.#begin());
  }

  /** Resolves when nothing waits and nothing is under way. */
  async settled(): Promise<void> {
    while (this.#waiting.length + this.#underWay.size > 0) {
      this.#begin();
      await Promise.all(this.#underWay);
    }
  }

  #begin(): void {
    while (this.#underWay.size < mostAtOnce) {
      const work = this.#next();
      if (work === undefined) return;
      const looks = onlyLooks(work) ? 1 : 0;
      this.#looking += looks;
      const running = twoAttempts(work, this.#parts).finally(() => {
        this.#looking -= looks;
        this.#underWay.delete(running);
        this.#begin();
      });
      this.#underWay.add(running);
    }
  }

  #next(): Work | undefined {
    const urgent = this.#waiting.findIndex((work) => !onlyLooks(work));
    const index = urgent === -1 && this.#looking < mostLooking ? 0 : urgent;
    return index === -1 ? undefined : this.#waiting.splice(index, 1)[0];
  }
}

function onlyLooks({ kind }: Work): boolean {
  return kind === 'list' || kind === 'show';
}
