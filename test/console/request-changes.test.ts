import { describe, expect, it } from 'vitest';
import { changesText } from '../../console/model/request-changes.js';
import type { ConfirmationView } from '../../console/types.d.ts';

type Job = ConfirmationView['jobs'][number];
const jobs = (...states: readonly [Job['state'], Job['state_now']][]): readonly Job[] =>
  states.map(([state, state_now], index) => ({
    ...{ provider: 'ionq', job_id: String(index) },
    ...(state && { state }),
    ...(state_now && { state_now }),
  }));

describe('what has changed since a request', () => {
  it.each([
    [jobs(['running', 'running'], ['queued', 'queued']), 'No job has changed since the request.'],
    [jobs(['running', 'completed'], ['queued', 'queued']), '1 job has changed since the request.'],
    [jobs(['queued', 'running'], ['queued', 'running']), '2 jobs have changed since the request.'],
    [
      jobs(['queued', 'running'], ['running', undefined]),
      '1 job has changed since the request; the state of 1 job could not be read.',
    ],
    // The jobs of an operation were not looked at when it was asked for.
    [
      jobs([undefined, 'running'], [undefined, 'completed']),
      'Checked now; at the request calloff had not read their status.',
    ],
    [
      jobs([undefined, 'running'], [undefined, undefined]),
      'Checked now; at the request calloff had not read their status; the state of 1 job could not be read.',
    ],
    [
      jobs(['running', 'running'], [undefined, 'running']),
      'No job has changed since the request; at the request calloff had not read the status of 1 job.',
    ],
    [jobs(['running', undefined], [undefined, undefined]), 'The state of 2 jobs could not be read.'],
  ])('is told only of jobs whose state is known at both times (%#)', (seen, sentence) => {
    expect(changesText([...seen])).toBe(sentence);
  });
});
