import { describe, expect, test } from 'vitest';
import { ListWalk } from '../../shared/engine/list/list-walk.ts';

const slice = 5_000;

/** The cursor of a page; the first one has none. */
const cursorOf = (page: number) => (page === 0 ? null : `${page}`);

/** A search from the top that has passed so many pages. */
function passed(pages: number, walk = new ListWalk(null, { left: 100_000, inVain: 0 })): ListWalk {
  for (let page = 0; page < pages; page += 1) walk.passed(cursorOf(page));
  return walk;
}

describe('pages in a row without a wanted job', () => {
  test.each([
    ['are three for one call', undefined, 3],
    ['are one for 20 jobs of a set of one slice', { left: slice, inVain: 0 }, 250],
    ['are more for a large set', { left: 100_000, inVain: 0 }, 3_812],
    ['are fewer after others that were read in vain', { left: 95_000, inVain: 1_000 }, 2_625],
    ['are one for 80 jobs of the slice at least', { left: 50_000, inVain: 4_000 }, 62],
  ])('%s', (_, known, most) => {
    expect(new ListWalk(null, known).patience(slice)).toBe(most);
  });

  test('are three once one was found', () => {
    const walk = new ListWalk(null, { left: slice, inVain: 0 });
    walk.found(null, ['a']);
    expect([walk.patience(slice), walk.patienceBehind(slice)]).toEqual([3, 3]);
  });

  test.each([10, 100, 1_000, 10_000])(
    'are together no more than for slices by themselves, with %i pages and no job among them',
    (pages) => {
      let inVain = 0;
      for (let left = 100_000; left > 0; left -= slice) {
        const walk = new ListWalk(null, { left, inVain });
        inVain = passed(Math.min(pages, walk.patience(slice)), walk).inVain;
      }
      expect(inVain).toBeLessThanOrEqual(20 * Math.min(pages, slice / 20));
    },
  );
});

describe('the way to a slice', () => {
  test('is up to 32 pages before it, and leads the next one backwards', () => {
    const first = passed(950);
    first.found('950', ['a']);
    expect(first.trail).toMatchObject({ every: 30, until: '950' });
    expect(first.trail?.cursors).toHaveLength(31);
    const { trail } = first;
    const next = new ListWalk('999', { trail, left: 95_000, inVain: 0 });
    expect(next.patienceBehind(slice)).toBe(3);
    const read: unknown[] = [];
    for (const { from, until, patience } of next.sections()) {
      read.push([from, until, patience()]);
      if (from === '930') next.found('935', ['b']);
      if (from === '900') next.found('901', ['c']);
    }
    expect(read).toEqual([
      ['930', '950', 30],
      ['900', '930', 30],
      ['870', '900', 30],
    ]);
    expect(next.trail).toMatchObject({ until: '901' });
    expect(next.trail?.cursors.at(-1)).toBe('900');
    expect(next.inVain).toBe(0);
    next.found('1', ['d']);
    next.end();
    expect(next.start).toBe('901');
  });

  test.each([
    ['few pages are before it', 7, '7'],
    ['its cursor is long', 8, 'c'.repeat(301)],
    ['it begins with the list', 8, null],
  ])('is not kept if %s', (_, pages, until) => {
    const walk = passed(pages);
    walk.found(until, ['a']);
    expect(walk.trail).toBeUndefined();
  });

  test('is read by the first search of a slice only', () => {
    const trail = { cursors: ['1'], every: 1, until: '2' };
    const walk = new ListWalk('9', { trail, left: slice, inVain: 0 });
    walk.end();
    expect([...walk.sections()]).toEqual([]);
    expect(walk.trail).toEqual(trail);
  });
});
