import { describe, expect, it } from 'vitest';
import { answeredText } from '../../console/model/answered.js';
import type { ConfirmationView } from '../../console/types.d.ts';

const jobs = ['a', 'b'].map((job_id) => ({ provider: 'ionq', job_id }));
const request = (more: Partial<ConfirmationView>): ConfirmationView => ({
  ...{ id: 'abcdefghjk', caller: 'bot', state: 'approved', jobs },
  ...{ requested_at: '2026-11-29T00:00:00Z', expires_at: '2026-11-29T01:00:00Z' },
  ...more,
});
const operation = { id: 'op_1', jobs: 300, providers: [], note: '' };

describe('what is told of an answer to a request', () => {
  it('calls the reader "You", and another person by name', () => {
    expect(answeredText(request({ approved_by: 'ada' }), 'ada')).toMatch(
      /^You agreed to the stop of 2 jobs\./,
    );
    expect(answeredText(request({ approved_by: 'grace' }), 'ada')).toMatch(/^grace agreed/);
    expect(answeredText(request({}), 'ada')).toMatch(/^You agreed/);
  });

  it('is as true after the request was repeated as before', () => {
    const told = answeredText(request({ approved_by: 'ada' }), 'ada');
    expect(told).toBe(
      'You agreed to the stop of 2 jobs. Agreeing cancels nothing by itself: it lets bot repeat the request, once. Jobs shows whether they stop.',
    );
    expect(answeredText(request({ approved_by: 'ada', state: 'used' }), 'ada')).toBe(told);
    expect(answeredText(request({ operation }), 'ada')).toBe(
      'You agreed to the stop of 300 jobs. Agreeing cancels nothing by itself: it lets bot start the operation. Operations shows how it goes.',
    );
    for (const each of [told, answeredText(request({ operation }), 'ada')]) expect(each).not.toContain('now');
  });

  it('says of a closed request that its jobs keep running', () => {
    expect(answeredText(request({ state: 'closed', jobs: jobs.slice(1) }), 'ada')).toBe(
      'Closed: the 1 job keeps running, and bot cannot use this request.',
    );
  });
});
