import { describe, expect, test } from 'vitest';
import { adapterFor } from '../../shared/adapter/provider.ts';
import { githubActions } from '../../shared/providers/github-actions.ts';

const { list } = adapterFor(githubActions, { repository: 'octo-lab/simulations' });
const newest = Date.parse('2026-11-28T12:00:00Z');

interface Run {
  readonly status?: string;
  readonly conclusion?: string | null;
  readonly ageSeconds?: number;
}

/** The page of these runs, read as the one at a cursor: where the next one begins, and how many are missing. */
function placeAfter(runs: readonly Run[], total: number, cursor: string | null = null) {
  const workflow_runs = runs.map(({ status = 'queued', conclusion = null, ageSeconds = 0 }, index) => ({
    ...{ id: 1_000 + index, status, conclusion, name: 'night', head_branch: 'main', run_attempt: 1 },
    ...{ run_number: index, event: 'push', actor: { login: 'ada' }, html_url: 'https://github.com/run' },
    created_at: new Date(newest - ageSeconds * 1_000).toISOString(),
    updated_at: new Date(newest).toISOString(),
    run_started_at: new Date(newest).toISOString(),
  }));
  const reading = list?.read({ status: 200, body: { total_count: total, workflow_runs } }, cursor);
  if (reading?.kind !== 'page') throw new Error('it is no page');
  const { next, anchor, missing } = reading;
  return { next, ...(anchor !== undefined && { anchor }), ...(missing !== undefined && { missing }) };
}

/** Runs a minute apart, of which one may differ. */
const many = (count: number, odd: Run = {}): Run[] =>
  Array.from({ length: count }, (_, index) => ({ ageSeconds: 60 * index, ...(index === 1 && odd) }));

describe('the next page of runs', () => {
  test.each<[string, Run[]]>([
    ['wait', many(3)],
    ['wait or run', many(3, { status: 'in_progress' })],
  ])('begins at the time of the last one, with two seconds to spare, where all %s', (_, runs) => {
    expect(placeAfter(runs, 9)).toEqual({ next: '<=2026-11-28T11:58:02Z', anchor: '1002' });
    expect(placeAfter(runs, 9, '<=2026-11-28T12:00:00Z')).toEqual({
      ...{ next: '<=2026-11-28T11:58:02Z', anchor: '1002' },
    });
  });

  test('is the next number where one is over, and after a page by its number', () => {
    const over = { status: 'completed', conclusion: 'success' };
    expect(placeAfter(many(3, over), 9)).toEqual({ next: '2' });
    expect(placeAfter(many(3), 209, '2')).toEqual({ next: '3' });
    expect(placeAfter(many(3), 9, '1')).toEqual({ next: '2' });
    expect(placeAfter(many(3, over), 9, '<=2026-11-28T12:00:00Z')).toEqual({
      ...{ next: '<=2026-11-28T11:58:02Z', anchor: '1002' },
    });
  });

  test.each([0, 1, 2])(
    'is no page by time if that would not move: the last is %i seconds older',
    (ageSeconds) => {
      const runs = [{}, { ageSeconds }];
      expect(placeAfter(runs, 9)).toEqual({ next: '2' });
      const cursor = '<=2026-11-28T12:00:02Z';
      expect(placeAfter(runs, 9, cursor)).toEqual({ next: cursor });
    },
  );

  test('moves as soon as the last is more than two seconds older', () => {
    expect(placeAfter([{}, { ageSeconds: 3 }], 9)).toEqual({
      next: '<=2026-11-28T11:59:59Z',
      anchor: '1001',
    });
  });

  test('is none at the end, where what the numbers leave out is missing', () => {
    expect(placeAfter(many(3), 3)).toEqual({ next: null });
    expect(placeAfter(many(3), 103, '2')).toEqual({ next: null });
    expect(placeAfter(many(3), 104, '2')).toEqual({ next: '3' });
    expect(placeAfter([], 9)).toEqual({ next: null, missing: 9 });
    expect(placeAfter([], 1_207, '11')).toEqual({ next: null, missing: 207 });
    expect(placeAfter([], 101, '2')).toEqual({ next: null, missing: 1 });
  });
});
