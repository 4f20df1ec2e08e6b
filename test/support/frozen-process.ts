import type { Clock } from '../../shared/lib/clock.ts';
import type { Store } from '../../shared/store/store.ts';
import type { ProcessTerms } from './operations.ts';

/**
 * A process that can stand still, as one does whose machine sleeps or whose memory is swapped out: no timer wakes it and no
 * answer reaches it, while what it has asked for takes place.
 */
export class FrozenProcess implements ProcessTerms {
  readonly clock: Clock;
  #thawed: Promise<void> | undefined;
  #thaw: () => void = () => undefined;

  constructor(clock: Clock) {
    this.clock = {
      now: () => clock.now(),
      wallTime: () => clock.wallTime(),
      after: (ms, wake) => {
        let isCancelled = false;
        const cancel = clock.after(ms, () => void this.#whenAwake().then(() => isCancelled || wake()));
        return () => {
          isCancelled = true;
          cancel();
        };
      },
    };
  }

  /** Stands still until {@link thaw}. */
  freeze(): void {
    this.#thawed = new Promise((resolve) => {
      this.#thaw = resolve;
    });
  }

  /** Goes on. */
  thaw(): void {
    this.#thawed = undefined;
    this.#thaw();
  }

  store(inner: Store): Store {
    return {
      get: (key) => this.#answer(inner.get(key)),
      put: (key, value, terms) => this.#answer(inner.put(key, value, terms)),
      list: (folder, query) => this.#answer(inner.list(folder, query)),
      append: (records) => this.#answer(inner.append(records)),
      scan: (query) => this.#answer(inner.scan(query)),
      close: () => inner.close(),
    };
  }

  fetch(inner: typeof fetch): typeof fetch {
    return (input, init) => this.#answer(inner(input, init));
  }

  async #whenAwake(): Promise<void> {
    while (this.#thawed !== undefined) await this.#thawed;
  }

  async #answer<T>(asked: Promise<T>): Promise<T> {
    const settled = await Promise.allSettled([asked]);
    await this.#whenAwake();
    const [result] = settled;
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  }
}
