import type { OperationView } from '../../../shared/contract/answers/operation-schema.ts';
import type { OperationState } from '../../../shared/contract/operations.ts';
import { countOutcomes } from '../../../shared/contract/outcome.ts';
import { operationMessage, operationNextStep } from '../../../shared/messages/operation.ts';
import { provider } from './outcome-examples.ts';

const jobs = 3_000;
const id = 'op_k3v7m2xq9tzh4ncd8wra';

const times = {
  started_at: '2026-05-03T09:00:00.000Z',
  started_by: 'ada',
  send_until: '2026-05-04T09:00:00.000Z',
  follow_until: '2026-05-04T09:00:00.000Z',
};

/** An operation in a state, as calloff words it, with so many jobs that have no outcome. */
function operationIn(state: OperationState, pending: number): OperationView {
  const done = jobs - pending;
  const counts = {
    ...countOutcomes([]),
    cancelled: Math.max(done - 2, 0),
    already_finished: Math.min(done, 2),
  };
  const words = {
    ...{ id, state, jobs, pending, open: 0, cancelling: 0, resumable: 0, cameBack: 0, notCheckedAgain: 0 },
    ...{ hasSelector: false, isPartlyListed: false, isFollowing: false },
  };
  const next_step = operationNextStep(words);
  return {
    ...{ id, state, caller: 'ada', reason: 'sweep of 3 May', follow_hours: 24 },
    created_at: '2026-05-03T08:59:00.000Z',
    ...(state !== 'draft' && times),
    ...{ jobs, duplicates: 0, pending, counts, came_back: 0, not_checked_again: 0 },
    ...(done > 0 && { per_minute: 1_200 }),
    providers: [{ provider, jobs, pending, counts }],
    message: operationMessage(words),
    ...(next_step !== undefined && { next_step }),
  };
}

/** The same operation from its draft to its end. */
export const operationExamples = {
  draft: operationIn('draft', jobs),
  started: operationIn('running', jobs),
  paused: operationIn('paused', 1_400),
  resumed: operationIn('running', 1_400),
  finished: operationIn('finished', 0),
} as const;
