import type { OperationOutcomes, OperationView } from '../../shared/contract/operations.ts';
import { countOutcomes } from '../../shared/contract/outcome.ts';

const provider = 'team-a';
const counts = { ...countOutcomes([]), cancelled: 2_998, already_finished: 2 };

/** An operation, as the OpenAPI document shows it. */
export const operationExample: OperationView = {
  id: 'op_k3v7m2xq9tzh4ncd8wra',
  state: 'finished',
  caller: 'ada',
  reason: 'sweep of 3 May',
  follow_hours: 24,
  created_at: '2026-05-03T09:00:00.000Z',
  started_at: '2026-05-03T09:00:00.000Z',
  started_by: 'ada',
  send_until: '2026-05-04T09:00:00.000Z',
  follow_until: '2026-05-04T09:00:00.000Z',
  jobs: 3_000,
  duplicates: 0,
  pending: 0,
  counts,
  came_back: 0,
  not_checked_again: 0,
  per_minute: 1_200,
  providers: [{ provider, jobs: 3_000, pending: 0, counts }],
  message: 'Every job has an outcome that will not change by itself.',
};

/** A page of its outcomes. */
export const outcomesExample: OperationOutcomes = {
  outcomes: [
    {
      provider,
      job_id: 'job-1',
      outcome: 'cancelled',
      state: 'cancelled',
      retryable: false,
      evidence: {
        source: 'status',
        provider_status: 'CANCELLED',
        observed_at: '2026-05-03T09:00:02.000Z',
      },
      message: 'The provider reports the job as cancelled, after calloff sent a cancel.',
    },
  ],
  next_cursor: null,
};
