import fc from 'fast-check';
import type { Store } from '../../shared/store/store.ts';
import type { Host } from './host.ts';
import { type Law, noon, pagesOf, show } from './law.ts';
import { type Memory, memoryStore } from './memory-store.ts';

/** One thing asked of a store. `under` says which version a put rests on: none, the one it has, an older one. */
type Operation =
  | { readonly kind: 'get'; readonly key: string }
  | {
      readonly kind: 'put';
      readonly key: string;
      readonly value: string;
      readonly under: 'none' | 'current' | 'older';
      readonly livesMs: number;
    }
  | {
      readonly kind: 'append';
      readonly records: readonly { at: number; requestId: string; part: string; body: string }[];
    }
  | {
      readonly kind: 'scan';
      readonly from: number;
      readonly to: number;
      readonly limit: number;
      readonly goOn: boolean;
    }
  | {
      readonly kind: 'list';
      readonly folder: string;
      readonly limit: number;
      readonly backwards: boolean;
      readonly after?: string | undefined;
    }
  | { readonly kind: 'wait'; readonly ms: number };

const name = fc.constantFrom('a', 'b', 'B', 'ä', '-', 'b//c', '\uffff', '😀');
const folder = fc.constantFrom('a', 'a', 'a', 'a/0');
const key = fc.oneof(
  fc.constantFrom('a', 'b', 'ä'),
  fc.tuple(folder, name).map((parts) => parts.join('//')),
);
const at = fc.constantFrom(noon(0), noon(0) + 1, noon(1), noon(30));
const text = fc.oneof(
  fc.constantFrom('x', 'y'),
  fc.json().filter((json) => json.isWellFormed()),
);
const record = fc.record({
  at,
  requestId: fc.constantFrom('r1', 'r2', 'r-'),
  part: fc.constantFrom('a', 'b', 'b#'),
  body: fc.constantFrom('x', 'x', 'x', 'y'),
});
const get = fc.record({ kind: fc.constant('get'), key });
const put = fc.record({
  kind: fc.constant('put'),
  key,
  value: text,
  under: fc.constantFrom('none', 'current', 'older'),
  livesMs: fc.constantFrom(-1, 0, 1, 500, 10_000),
});
const list = fc.record({
  kind: fc.constant('list'),
  folder,
  limit: fc.integer({ min: 1, max: 5 }),
  backwards: fc.boolean(),
  after: fc.option(name, { nil: undefined }),
});
const append = fc.record({ kind: fc.constant('append'), records: fc.array(record, { maxLength: 3 }) });
const scan = fc.record({
  kind: fc.constant('scan'),
  from: at,
  to: at,
  limit: fc.integer({ min: 1, max: 5 }),
  goOn: fc.boolean(),
});
const wait = fc.record({ kind: fc.constant('wait'), ms: fc.constantFrom(1, 499, 100_000) });
const operation: fc.Arbitrary<Operation> = fc.oneof(get, put, put, list, list, append, scan, wait);

/** A store with what it was asked before, as far as later questions rest on it. */
interface Asked {
  readonly store: Store;
  readonly older: Map<string, number>;
  after?: { at: number; requestId: string } | undefined;
}

/** Asks one thing, and gives what can be compared: versions differ from store to store, and stay out of it. */
async function ask(asked: Asked, what: Operation, now: number): Promise<unknown> {
  const { store, older } = asked;
  switch (what.kind) {
    case 'get':
      return (await store.get(what.key))?.value;
    case 'put': {
      const version = (await store.get(what.key))?.version ?? 0;
      const under = { none: 0, current: version, older: older.get(what.key) ?? 0 }[what.under];
      if (version !== 0) older.set(what.key, version);
      return (await store.put(what.key, what.value, { version: under, expiresAt: now + what.livesMs })) > 0;
    }
    case 'list': {
      const pages = await pagesOf(store, what.folder, what);
      const found = pages.flatMap(({ entries }) => entries.map(({ name, value }) => [name, value]));
      return [found, pages.every(({ entries }) => entries.length <= what.limit)];
    }
    case 'append':
      // Of records that are refused for one of them, some may be there: one at a time, it is plain which.
      return Promise.all(what.records.map((one) => store.append([one]).catch((error: Error) => error.name)));
    case 'scan': {
      const { from, to, limit, goOn } = what;
      const found = await store.scan({ from, to, limit, after: goOn ? asked.after : undefined });
      asked.after = found.at(-1) ?? asked.after;
      return found;
    }
    case 'wait':
      return undefined;
  }
}

/** The same questions in the same order to the store and to the plainest one there is. */
async function compareWithModel(
  { clock, open }: Host,
  operations: readonly Operation[],
): Promise<string | undefined> {
  const memory: Memory = { values: new Map(), records: [], lastVersion: 0 };
  const both: Asked[] = [await open(), memoryStore(memory, clock)].map((store) => ({
    store,
    older: new Map(),
  }));
  let violation: string | undefined;
  for (const [index, what] of operations.entries()) {
    const answers: unknown[] = [];
    for (const asked of both) answers.push(await ask(asked, what, clock.wallTime()));
    if (what.kind === 'wait') clock.forward(what.ms);
    const [actual, expected] = answers.map(show);
    if (actual !== expected) violation ??= `${index}, ${show(what)}: ${actual} instead of ${expected}`;
  }
  for (const { store } of both) await store.close();
  return violation;
}

/** Holds for any sequence of questions. Needs an empty database for each, and so makes its own hosts. */
export const modelLaw = {
  name: 'answers as the plainest store does, whatever is asked in whatever order',
  check: async (host) => {
    const violations: string[] = [];
    await fc
      .assert(
        fc.asyncProperty(fc.array(operation, { minLength: 15, maxLength: 55 }), async (operations) => {
          const violation = await compareWithModel(await host.another(), operations);
          if (violation !== undefined) violations.push(violation);
          return violation === undefined;
        }),
        { numRuns: host.sequences },
      )
      .catch(() => undefined);
    return violations.slice(-1);
  },
} as const satisfies Law;
