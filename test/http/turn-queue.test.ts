import { describe, expect, test } from 'vitest';
import {
  givesWay,
  newTurn,
  type Turn,
  type TurnClass,
  turnOfStep,
} from '../../shared/http/rate-limit/turn.ts';
import { type QueuedRequest, TurnQueue } from '../../shared/http/rate-limit/turn-queue.ts';

interface Named extends QueuedRequest {
  readonly name: string;
}

function waiter(
  name: string,
  turn: Turn,
  more: { readonly again?: boolean; readonly since?: number } = {},
): Named {
  return { name, turn, again: false, since: 0, ...more };
}

function queueOf(...waiters: readonly Named[]): TurnQueue<Named> {
  const queue = new TurnQueue<Named>();
  for (const each of waiters) queue.add(each);
  return queue;
}

/** The names of all that wait, in the order in which they get their turns; `againFirst` if those go first that are sent again. */
function drained(queue: TurnQueue<Named>, againFirst = false): string {
  const names: string[] = [];
  // A queue that loses none of them is not asked for ever.
  for (let [rank] = queue.waiting; rank !== undefined && names.length < 20; [rank] = queue.waiting)
    names.push(queue.take(rank, againFirst)?.name ?? 'none');
  return names.join(' ');
}

const classes: readonly TurnClass[] = ['follow', 'read', 'wait', 'operation', 'check_before', 'cancel'];

describe('a queue', () => {
  test('goes by the purpose, and cancels and the checks before them have one rank', () => {
    const queue = queueOf(...classes.map((turnClass) => waiter(turnClass, newTurn(turnClass))));
    expect(queue.waiting).toEqual([
      { rank: 0, classes: ['check_before', 'cancel'] },
      { rank: 1, classes: ['operation'] },
      { rank: 2, classes: ['wait'] },
      { rank: 3, classes: ['read'] },
      { rank: 4, classes: ['follow'] },
    ]);
    expect(drained(queue)).toBe('check_before cancel operation wait read follow');
    expect(queue.waiting).toEqual([]);
  });

  test('takes calls in turns, each with its requests in order, and one that is sent again before others of its call', () => {
    const [a, b] = [newTurn('cancel'), newTurn('cancel')];
    const all = [waiter('a1', a), waiter('a2', a), waiter('a3', a), waiter('b1', b), waiter('b2', b)];
    expect(drained(queueOf(...all))).toBe('a1 b1 a2 b2 a3');
    expect(drained(queueOf(...all, waiter('b0', b, { again: true })))).toBe('a1 b0 a2 b1 a3 b2');
    expect(drained(queueOf(...all, waiter('b0', b, { again: true })), true)).toBe('b0 a1 b1 a2 b2 a3');
  });

  test('takes only what is of the wanted classes', () => {
    const turn = newTurn('check_before');
    const queue = queueOf(waiter('check', turn), waiter('cancel', turnOfStep(turn, 'cancel')));
    expect(queue.take({ rank: 0, classes: ['cancel'] }, false)?.name).toBe('cancel');
    expect(queue.take({ rank: 0, classes: ['cancel'] }, true)).toBeUndefined();
    expect(queue.take({ rank: 1, classes: ['check_before'] }, false)).toBeUndefined();
    expect(queue.take({ rank: 9, classes: ['check_before'] }, false)).toBeUndefined();
    expect(queue.take({ rank: 0, classes: ['check_before'] }, false)?.name).toBe('check');
  });

  test('makes an operation as urgent as a cancel after a second, and a following check as a read after five minutes', () => {
    const operation = newTurn('operation');
    const follow = newTurn('follow');
    const queue = queueOf(
      waiter('o1', operation, { since: 0 }),
      waiter('o2', operation, { since: 1 }),
      waiter('f1', follow, { since: 0 }),
    );
    const ranks = () => queue.waiting.map(({ rank, classes: [first] }) => `${rank} ${first}`);
    queue.promote(999);
    expect(ranks()).toEqual(['1 operation', '4 follow']);
    queue.promote(1_000);
    expect(ranks()).toEqual(['0 operation', '1 operation', '4 follow']);
    expect(queue.isContested).toBe(false);
    queue.promote(299_999);
    expect(ranks()).toEqual(['0 operation', '4 follow']);
    queue.promote(300_000);
    expect(ranks()).toEqual(['0 operation', '3 follow']);
    expect(drained(queue)).toBe('o1 o2 f1');
  });

  test('is contested while a cancel waits that is no part of an operation', () => {
    const cancel = waiter('cancel', newTurn('cancel'));
    const queue = queueOf(waiter('o', newTurn('operation')), waiter('r', newTurn('read')));
    expect(queue.isContested).toBe(false);
    queue.add(cancel);
    expect(queue.isContested).toBe(true);
    queue.remove(cancel);
    expect(queue.isContested).toBe(false);
  });

  test('tells how many go before a request: all more urgent ones, and one of each call before its own', () => {
    const [a, b, read] = [newTurn('cancel'), newTurn('cancel'), newTurn('read')];
    const last = waiter('b1', b);
    const reader = waiter('r', read);
    const queue = queueOf(waiter('a1', a), waiter('a2', a), last, reader, waiter('r2', newTurn('read')));
    expect(queue.ahead(last)).toBe(1);
    expect(queue.ahead(reader)).toBe(3);
    queue.remove(last);
    expect(queue.ahead(reader)).toBe(2);
    expect([...queue].map(({ name }) => name)).toEqual(['a1', 'a2', 'r', 'r2']);
    queue.remove(waiter('never added', a));
    expect([...queue]).toHaveLength(4);
  });

  test('tells how many are still to come, and that it does not know it if a call does not tell', () => {
    const of = (left: number): Turn => ({ ...newTurn('read'), left: () => left });
    const [five, two] = [of(5), of(2)];
    const queue = queueOf(waiter('a', five), waiter('b', five), waiter('c', two));
    expect(queue.left).toBe(10);
    expect(queueOf().left).toBe(0);
    queue.add(waiter('d', newTurn('cancel')));
    expect(queue.left).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a turn', () => {
  test('of a step keeps its call, and its class if it is that of an operation', () => {
    const turn = newTurn('check_before');
    expect(turn).toEqual({ class: 'check_before', call: turn.call });
    expect(String(turn.call)).toBe('Symbol(check_before)');
    expect(turnOfStep(turn, 'wait')).toEqual({ class: 'wait', call: turn.call });
    const operation = newTurn('operation');
    expect(turnOfStep(operation, 'cancel')).toBe(operation);
  });

  test('gives way to cancels if it is a read, a following check or a further check', () => {
    expect(classes.filter(givesWay)).toEqual(['follow', 'read', 'wait']);
  });
});
