import type { ConfirmationView, OneResult } from '../../../shared/contract/answers/responses.ts';
import {
  type Code,
  codeNames,
  codes,
  type OutcomeName,
  outcomeNames,
  outcomes,
  type State,
} from '../../../shared/contract/outcome.ts';
import { messageOf, nextStepOf } from '../../../shared/messages/outcome.ts';

/** The name of a provider that does not exist. */
export const displayName = 'Example Compute';
/** The connection of the examples. */
export const provider = 'team-a';
/** The job of the examples. */
export const job_id = 'job-1';

/** What the provider shows of a job, by the outcome or the code. What is missing was not read. */
const shown: Partial<Record<OutcomeName | Code, readonly [state: State, providerStatus: string | null]>> = {
  cancelled: ['cancelled', 'CANCELLED'],
  cancelling: ['cancelling', 'STOPPING'],
  already_cancelled: ['cancelled', 'CANCELLED'],
  already_finished: ['completed', 'SUCCEEDED'],
  not_found: ['unknown', null],
  unknown: ['running', 'RUNNING'],
  would_cancel: ['running', 'RUNNING'],
  confirmation_required: ['running', 'RUNNING'],
  not_cancellable: ['running', 'RUNNING'],
  denied_by_provider: ['running', 'RUNNING'],
};

/** An outcome as calloff words it. */
export function exampleOf(outcome: OutcomeName, code?: Code): OneResult {
  const { [code ?? outcome]: seen } = shown;
  const [state, provider_status] = seen ?? ['unknown', null];
  const words = {
    outcome,
    code,
    state,
    provider: displayName,
    connection: provider,
    accepted: true,
    seenAfter: true,
  };
  const next_step = nextStepOf(words);
  return {
    ...{ provider, job_id, outcome, state, ...(code && { code }) },
    retryable: (code === undefined ? outcomes[outcome] : codes[code]).retryable,
    ...(code === 'caller_rate_limited' && { retry_after_seconds: 30 }),
    evidence: seen
      ? { source: 'status', provider_status, observed_at: '2026-05-03T09:00:02.000Z' }
      : { source: 'none', provider_status: null, observed_at: null },
    message: messageOf(words),
    ...(next_step !== undefined && { next_step }),
    ...(code === 'confirmation_required' && { confirmation }),
  };
}

/** The confirmation that a request needs, as it is offered to a caller who may confirm it itself. */
const confirmation: NonNullable<OneResult['confirmation']> = {
  id: 'pe26kgkpss',
  expires_at: '2026-05-03T09:05:00.000Z',
  jobs: 1,
  confirmation_token: 'pe26kgkpss.-g35rfSXtZJ7iXljj7H1HI-Ky_-XAcXmbXGbx_xLpGE',
  next_step:
    'Send the request again with confirmation_token before 2026-05-03T09:05:00.000Z to cancel exactly these jobs.',
};

/** The same confirmation, as another caller sees it. */
export const confirmationExample: ConfirmationView = {
  id: confirmation.id,
  caller: 'ada',
  state: 'pending',
  requested_at: '2026-05-03T09:00:00.000Z',
  expires_at: confirmation.expires_at,
  reason: 'sweep of 3 May',
  jobs: [{ provider, job_id, state: 'running', name: 'nightly' }],
};

/** An example of each outcome and each code, by its name. */
export const outcomeExamples: Readonly<Record<string, { readonly value: OneResult }>> = Object.fromEntries([
  ...outcomeNames
    .filter((name) => name !== 'refused' && name !== 'failed')
    .map((name) => [name, { value: exampleOf(name) }] as const),
  ...codeNames.map((code) => [code, { value: exampleOf(codes[code].outcome, code) }] as const),
]);
