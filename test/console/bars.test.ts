import { describe, expect, it } from 'vitest';
import { barsOf, othersText } from '../../console/model/bars.js';
import type { OperationView } from '../../console/types.d.ts';
import { countOutcomes } from '../../shared/contract/outcome.ts';

const stop = (minute: number, state: OperationView['state'] = 'following'): OperationView => ({
  ...{ id: `op_${minute}`, state, caller: 'ada', message: 'It is so.', jobs: 2, duplicates: 0 },
  ...{ created_at: `2026-11-29T00:0${minute}:00Z`, follow_hours: 24, pending: 0, came_back: 0 },
  ...{ not_checked_again: 0, counts: countOutcomes([]), providers: [] },
});
const followed = (...stops: readonly OperationView[]) => new Map(stops.map((each) => [each.id, each]));

describe('the bars of the stops that are followed', () => {
  it('are none without a stop, and one for one', () => {
    expect(barsOf(followed())).toEqual({ newest: undefined, others: [] });
    expect(barsOf(followed(stop(1)))).toEqual({ newest: stop(1), others: [] });
  });

  it('are two for any number: the newest in full, whenever the page learnt of it, and the others together', () => {
    const { newest, others } = barsOf(followed(stop(3), stop(5), stop(1)));
    expect([newest?.id, ...others.map(({ id }) => id)]).toEqual(['op_5', 'op_3', 'op_1']);
  });

  it('say how many of the others are under way, paused and finished', () => {
    expect(othersText([stop(1)])).toBe('1 other stop: 1 under way');
    const all = [stop(1), stop(2, 'running'), stop(3, 'listing'), stop(4, 'paused'), stop(5, 'finished')];
    expect(othersText(all)).toBe('5 other stops: 3 under way, 1 paused, 1 finished');
  });
});
