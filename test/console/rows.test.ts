import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOf } from '../../console/model/place.js';
import { drawn, merged, sorted, whyNot } from '../../console/model/rows.js';
import type { JobList, JobView, Pressed, Row } from '../../console/types.d.ts';
import { anyCharacter } from '../../shared/laws/parts/any-character.ts';

const states = ['queued', 'running', 'cancelling', 'cancelled', 'completed', 'failed', 'unknown'] as const;
const columns = ['state', 'provider', 'name', 'owner', 'age', 'running', 'cost'];
const evidence = { source: 'status', provider_status: null, observed_at: null } as const;

/** A job as a list shows it. */
const job = (more: Partial<JobView> = {}): JobView => ({
  ...{ provider: 'ionq', job_id: 'a', state: 'running', evidence },
  ...more,
});
const rowOf = (view: JobView, more: Partial<Row> = {}): Row => ({ key: keyOf(view), job: view, ...more });

const time = fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
const anyJob = fc
  .record(
    {
      provider: fc.constantFrom('ionq', 'sutro', 'lab'),
      job_id: fc.string({ minLength: 1, maxLength: 4 }),
      state: fc.constantFrom(...states),
      name: fc.string({ unit: anyCharacter }),
      owner: fc.string({ unit: anyCharacter }),
      created_at: time,
      started_at: time,
      cost: fc.record({ amount: fc.double({ noNaN: true }), currency: fc.constant('USD') }),
    },
    { requiredKeys: ['provider', 'job_id', 'state'] },
  )
  .map((fields) => job(fields));
const jobs = fc.uniqueArray(anyJob, { selector: keyOf, maxLength: 30 });
const listOf = (views: readonly JobView[]): JobList => ({
  rows: views.map((view) => rowOf(view)),
  readings: new Map(),
});
const ticksOf = (views: readonly JobView[]) =>
  new Map(views.map((view) => [keyOf(view), view.state] as const));

describe('the order of the rows', () => {
  it('has each row once, and is the reverse with a minus unless rows are equal there', () => {
    fc.assert(
      fc.property(jobs, fc.constantFrom(...columns), (views, column) => {
        const { rows } = listOf(views);
        const up = sorted(rows, column);
        const down = sorted(rows, `-${column}`);
        expect(up.map(({ key }) => key).toSorted()).toEqual(rows.map(({ key }) => key).toSorted());
        expect(sorted(up, column)).toEqual(up);
        expect(sorted(sorted(down, `-${column}`), `-${column}`)).toEqual(down);
      }),
    );
  });

  it('begins with the newest by age, and has those without a time last', () => {
    const at = (job_id: string, created_at?: string) =>
      rowOf(job({ job_id, ...(created_at && { created_at }) }));
    const rows = [at('none'), at('old', '2026-01-01T00:00:00Z'), at('new', '2026-02-01T00:00:00Z')];
    expect(sorted(rows, 'age').map(({ job: { job_id } }) => job_id)).toEqual(['new', 'old', 'none']);
  });

  it('is the same however the rows come, so that rows that are equal in a column do not swap places', () => {
    const alike = jobs.map((views) => views.map((view) => ({ ...view, created_at: '2026-11-29T00:00:00Z' })));
    fc.assert(
      fc.property(
        fc.oneof(jobs, alike),
        fc.constantFrom(...columns),
        fc.boolean(),
        (views, column, isDown) => {
          const { rows } = listOf(views);
          const sort = isDown ? `-${column}` : column;
          expect(sorted(rows.toReversed(), sort)).toEqual(sorted(rows, sort));
        },
      ),
    );
  });

  it('has the newest first among rows that are equal in a column, and then goes by their keys', () => {
    const at = (job_id: string, day: number) =>
      rowOf(job({ job_id, created_at: `2026-11-0${day}T00:00:00Z` }));
    const rows = [at('b', 1), at('c', 2), at('a', 1)];
    for (const sort of ['state', '-state'])
      expect(sorted(rows, sort).map(({ job: { job_id } }) => job_id)).toEqual(['c', 'a', 'b']);
  });

  it('stays as it was for a column that there is not', () => {
    const rows = ['b', 'a', 'c'].map((job_id) => rowOf(job({ job_id })));
    expect(sorted(rows, 'colour')).toEqual(rows);
  });
});

describe('the rows after a read', () => {
  it('are those of the list, without a double, and with every tick and press of before', () => {
    fc.assert(
      fc.property(jobs, jobs, jobs, (before, answered, chosen) => {
        const own = answered.filter(({ provider }) => provider === 'ionq');
        const ticked = ticksOf(before.filter((_, index) => index % 2 === 0));
        const pressed = new Map<string, Pressed>(chosen.map((view) => [keyOf(view), { phase: 'stopping' }]));
        const rows = merged({ list: listOf(before), ticked, pressed }, 'ionq', own);
        const keys = rows.map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
        for (const view of own) expect(rows.find(({ key }) => key === keyOf(view))?.job).toBe(view);
        for (const view of before)
          if (view.provider !== 'ionq' || ticked.has(keyOf(view)) || pressed.has(keyOf(view)))
            expect(keys).toContain(keyOf(view));
        for (const {
          key,
          was,
          job: { state },
        } of rows)
          if (was !== undefined) expect([was, was === state]).toEqual([ticked.get(key), false]);
      }),
    );
  });

  it('are the old ones, marked as old, if the connection did not answer', () => {
    fc.assert(
      fc.property(jobs, (before) => {
        const rows = merged(
          { list: listOf(before), ticked: new Map(), pressed: new Map() },
          'sutro',
          undefined,
        );
        expect(rows.map(({ key }) => key).toSorted()).toEqual(before.map(keyOf).toSorted());
        for (const {
          job: { provider },
          isStale = false,
        } of rows)
          expect(isStale).toBe(provider === 'sutro');
      }),
    );
  });

  it('keep a job that ended under its tick until the next change of the list that the person makes', () => {
    const ended = rowOf(job({ state: 'completed' }), { isKept: true, was: 'running' });
    const list = { rows: [ended], readings: new Map() };
    const rows = merged({ list, ticked: new Map(), pressed: new Map() }, 'ionq', []);
    expect(rows.map(({ key, was }) => [key, was])).toEqual([[ended.key, 'running']]);
  });
});

describe('the part of the table that is drawn', () => {
  it('covers every row once, in order, has those in sight and the one in focus, and no more than some around them', () => {
    const parts = fc.record({
      count: fc.nat(10_000),
      first: fc.nat(10_000),
      length: fc.nat(80),
      focused: fc.integer({ min: -1, max: 10_500 }),
    });
    fc.assert(
      fc.property(parts, ({ count, first, length, focused }) => {
        const drawing = drawn(count, { first, last: first + length }, focused);
        let next = 0;
        for (const part of drawing) {
          expect('gap' in part ? part.at : part.index).toBe(next);
          next += 'gap' in part ? part.gap : 1;
        }
        expect(next).toBe(count);
        const shown = new Set(drawing.flatMap((part) => ('index' in part ? [part.index] : [])));
        for (let index = first; index < Math.min(count, first + length); index += 1)
          expect(shown).toContain(index);
        if (focused >= 0 && focused < count) expect(shown).toContain(focused);
        expect(shown.size).toBeLessThanOrEqual(length + 31);
      }),
    );
  });
});

describe('why a job cannot be ticked', () => {
  const refused = { code: 'protected_job', message: 'It is protected: no caller may cancel it.' } as const;
  it.each([
    ['it is over', job({ state: 'completed' }), undefined, true, 'It is over.'],
    ['it is being stopped', job(), { phase: 'stopping' }, true, 'It is being stopped.'],
    ['the caller may not cancel', job(), undefined, false, 'You have no right to cancel.'],
    ['calloff would refuse it', job({ cannot_cancel: refused }), undefined, true, refused.message],
    ['nothing speaks against it', job(), undefined, true, undefined],
    ['its stop failed, and may succeed', job(), { phase: 'open' }, true, undefined],
  ] as const)('is that %s', (_, view, pressed, mayCancel, reason) => {
    expect(whyNot(rowOf(view), pressed, mayCancel)).toBe(reason);
  });
});
