import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SlackTask, taskSchema } from '../../functions/slack/tasks/task.ts';

const common = {
  ...{ id: 'a', request_id: 'b', issued_at: 1, response_url: 'https://hooks.slack.com/x' },
  who: { team: 'T1', user: 'U1', channel: 'C1', enterprise: 'E1', home: 'T1', app: 'A1' },
};
const samples: readonly SlackTask[] = [
  { ...common, kind: 'cancel', jobs: [{ provider: 'sutro', job_id: 'x' }], reason: 'why' },
  { ...common, kind: 'confirm', ticket: 't', reason: 'why' },
  { ...common, kind: 'keep', ticket: 't' },
  { ...common, kind: 'list', provider: 'sutro', state: 'running' },
  { ...common, kind: 'show', confirmation: 'c' },
  { ...common, kind: 'approve', confirmation: 'c' },
  { ...common, kind: 'decline', confirmation: 'c' },
];

describe('work that is handed on', () => {
  it.each(samples)('is the same as JSON: $kind', (work) => {
    expect(taskSchema.parse(JSON.parse(JSON.stringify(work)))).toEqual(work);
  });

  it.each(samples)('has nothing that is not known, and lacks nothing that is needed: $kind', (work) => {
    expect(taskSchema.safeParse({ ...work, caller: 'maya' }).success).toBe(false);
    expect(taskSchema.safeParse({ ...work, who: { ...work.who, rights: [] } }).success).toBe(false);
    for (const name of Object.keys(common)) {
      const { [name]: _, ...rest } = Object(work);
      expect(taskSchema.safeParse(rest).success).toBe(false);
    }
  });

  it('is read or refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(taskSchema.safeParse(value).success).toBe(false);
      }),
    );
  });
});
