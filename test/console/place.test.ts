import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobOf, keyOf, placeOf, searchOf } from '../../console/model/place.js';
import type { Place } from '../../console/types.d.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';

const filtersOf = {
  jobs: ['name', 'provider', 'state', 'owner', 'target', 'label', 'older_than', 'newer_than'],
  operations: ['state', 'caller', 'outcome', 'cursor'],
  audit: ['caller', 'connection', 'job', 'operation', 'since', 'until', 'cursor'],
  waiting: ['cursor'],
} as const;
const columns = ['state', 'provider', 'name', 'owner', 'age', 'running', 'cost'];

/** Text that ends and begins with something visible, as an address keeps it. */
const text = fc.string({ unit: anyCharacter, minLength: 1 }).map((each) => each.toWellFormed().trim() || 'x');
const place: fc.Arbitrary<Place> = fc
  .constantFrom('jobs' as const, 'operations' as const, 'audit' as const, 'waiting' as const)
  .chain((view) =>
    fc.record(
      {
        view: fc.constant(view),
        filters: fc.dictionary(fc.constantFrom('', ...filtersOf[view]).filter(Boolean), text, {
          maxKeys: filtersOf[view].length,
        }),
        sort: fc.tuple(fc.constantFrom('', '-'), fc.constantFrom(...columns)).map((parts) => parts.join('')),
        job: fc.tuple(fc.constantFrom('ionq', 'lab-2'), text).map((parts) => parts.join('/')),
        operation: text,
      },
      { requiredKeys: ['view', 'filters', 'sort'] },
    ),
  );

describe('the address of a place', () => {
  it('shows that place again, whatever people wrote into it', () => {
    fc.assert(
      fc.property(place, (each) => {
        const search = searchOf(each);
        expect(placeOf(search)).toEqual({ ...each, filters: { ...each.filters } });
        expect(search).toMatch(/^(\?[\w.*%+=&-]+)?$/);
      }),
    );
  });

  it('opens whatever it says, and then says the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (search) => {
        const shown = placeOf(search);
        expect(placeOf(searchOf(shown))).toEqual(shown);
      }),
    );
  });

  it.each([
    ['', { view: 'jobs', filters: {}, sort: 'age' }],
    ['?view=nowhere&sort=colour&open=no-slash', { view: 'jobs', filters: {}, sort: 'age' }],
    ['?view=audit&job=a&name=b', { view: 'audit', filters: { job: 'a' }, sort: 'age' }],
    ['?name=%20%20&owner=ada', { view: 'jobs', filters: { owner: 'ada' }, sort: 'age' }],
  ])('%j leaves out what it cannot say', (search, shown) => {
    expect(placeOf(search)).toEqual(shown);
  });

  it('is nothing for what the page shows by itself', () => {
    expect(searchOf({ view: 'jobs', filters: {}, sort: 'age' })).toBe('');
  });
});

describe('the key of a job', () => {
  it('gives the job back, also one with slashes in its id', () => {
    const job = fc.record({
      provider: fc.string().filter((each) => !each.includes('/')),
      job_id: fc.string(),
    });
    fc.assert(
      fc.property(job, (each) => {
        expect(jobOf(keyOf(each))).toEqual(each);
      }),
    );
  });
});
