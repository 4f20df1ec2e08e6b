import type { Store } from '../../shared/store/store.ts';

/** When a process dies: with its n-th effect, counted from 1, before that effect takes place or right after it. */
export interface Death {
  readonly at: number;
  readonly when: 'before' | 'after';
}

/** The effects of a process: what it writes to the store, and what it asks of providers. */
export class Mortality {
  readonly #death: Death | undefined;
  /** How many effects there were so far. */
  effects = 0;

  constructor(death?: Death) {
    this.#death = death;
  }

  get isDead(): boolean {
    const { at, when } = this.#death ?? { at: Number.POSITIVE_INFINITY, when: 'after' };
    return when === 'before' ? this.effects >= at : this.effects > at;
  }

  /** Carries out an effect, unless the process is dead by then; nothing that was asked for after a death is ever answered. */
  async effect<T>(work: () => Promise<T>): Promise<T> {
    if (this.isDead) return never();
    this.effects += 1;
    const { at, when } = this.#death ?? { at: 0, when: 'after' };
    if (this.effects === at && when === 'before') return never();
    const result = await work();
    if (this.effects >= at && at > 0) {
      this.effects = Math.max(this.effects, at + 1);
      return never();
    }
    return result;
  }

  /** A store that this process uses: each write is an effect, and a dead process reads nothing either. */
  store(store: Store): Store {
    const reading = async <T>(work: () => Promise<T>): Promise<T> => (this.isDead ? never() : work());
    return {
      get: (key) => reading(() => store.get(key)),
      list: (folder, query) => reading(() => store.list(folder, query)),
      scan: (query) => reading(() => store.scan(query)),
      put: (key, value, terms) => this.effect(() => store.put(key, value, terms)),
      append: (given) => this.effect(() => store.append(given)),
      close: () => store.close(),
    };
  }

  /** A `fetch` that this process uses. */
  fetch(inner: typeof fetch): typeof fetch {
    return (input, init) => this.effect(() => inner(input, init));
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
