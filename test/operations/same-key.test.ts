import { describe, expect, it } from 'vitest';
import type { Caller } from '../../shared/access/caller.ts';
import { OperationIndex } from '../../shared/operations/index-of-operations.ts';
import type { Store } from '../../shared/store/store.ts';
import { callerWith, callOf } from '../support/guard-harness.ts';
import { operationsHarness } from '../support/operations.ts';

const ada = callerWith({}, { id: 'ada', kind: 'person' });
const careful = callerWith({ confirmAbove: 1 }, { id: 'ada', kind: 'person' });
const limited = callerWith({ maxOperationJobs: 2 }, { id: 'ada', kind: 'person' });
const wrongToken = { confirmation_token: 'abcdefghjk.0123456789abcdefghjkmn' };

/** Two creates under one idempotency key: by whom, and what each asks for besides its jobs. */
interface Pair {
  readonly accepted: readonly [Caller, object];
  readonly refused: readonly [Caller, object];
}
type Order = 'the refused one is in the middle' | 'the accepted one is in the middle';

/**
 * Carries out the two, of which the inner one is carried out whole before the call number `at` of the store that the outer one
 * makes. Returns how many calls the outer one made, and whether the operation that was accepted is there and counted.
 */
async function interleave({ accepted, refused }: Pair, order: Order, at: number) {
  const harness = await operationsHarness();
  const jobs = harness.addJobs({ sutro: 3 });
  let calls = 0;
  let isInner = false;
  let inner: () => Promise<unknown> = async () => undefined;
  const step = async () => {
    if (isInner) return;
    calls += 1;
    if (calls - 1 !== at) return;
    isInner = true;
    await inner();
    isInner = false;
  };
  const store = (own: Store): Store => ({
    ...own,
    get: (key) => step().then(() => own.get(key)),
    put: (...put) => step().then(() => own.put(...put)),
    list: (...asked) => step().then(() => own.list(...asked)),
  });
  const { gateway } = harness.newProcess({ store });
  const results = new Map<string, Awaited<ReturnType<typeof gateway.createOperation>>>();
  const create = async (name: string, [by, more]: readonly [Caller, object]) => {
    const context = { ...callOf(by), idempotencyKey: 'k' };
    results.set(name, await gateway.createOperation({ jobs, ...more }, context));
  };
  const both = [() => create('accepted', accepted), () => create('refused', refused)] as const;
  const [first, second] = order === 'the refused one is in the middle' ? both : both.toReversed();
  inner = second ?? inner;
  if (first !== undefined) await harness.clock.until(first());
  const made = results.get('accepted');
  const id = made?.ok ? made.value.id : undefined;
  const counted = await new OperationIndex(harness.store).unfinished('ada', 100);
  const head = id === undefined ? undefined : await harness.records.get(id);
  const isStored = head !== undefined;
  return {
    calls,
    wasRefused: results.get('refused')?.ok === false,
    ...{ id, isStored, isCounted: counted.some((each) => each.id === id), counted: counted.length },
  };
}

describe('two creates under one idempotency key, of which one is refused', () => {
  const pairs: readonly (readonly [string, Pair])[] = [
    ['because it has too many jobs', { accepted: [ada, {}], refused: [limited, { reason: 'other' }] }],
    ['because its confirmation is wrong', { accepted: [careful, {}], refused: [careful, wrongToken] }],
  ];
  const orders = ['the refused one is in the middle', 'the accepted one is in the middle'] as const;
  it.each(pairs.flatMap(([why, pair]) => orders.map((order) => [why, order, pair] as const)))(
    '%s: the other keeps its place among the open ones, wherever they meet; %s',
    async (_, order, pair) => {
      let refusals = 0;
      for (let at = 0; ; at += 1) {
        const { calls, wasRefused, id, ...found } = await interleave(pair, order, at);
        if (calls <= at) break;
        refusals += wasRefused ? 1 : 0;
        if (id !== undefined)
          expect([at, found]).toEqual([at, { isStored: true, isCounted: true, counted: 1 }]);
      }
      expect(refusals).toBeGreaterThan(3);
    },
  );
});
