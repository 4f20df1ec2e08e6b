import { agentConfirmationCard, confirmationCard } from '../../../functions/slack/cards/confirmation-card.ts';
import { listCard } from '../../../functions/slack/cards/list-card.ts';
import type { SlackMessage } from '../../../functions/slack/cards/message.ts';
import { faultCard, helpCard } from '../../../functions/slack/cards/notices.ts';
import { outcomeMessage } from '../../../functions/slack/cards/outcome-message.ts';
import type { JobView } from '../../../shared/contract/answers/job-schema.ts';
import type { Outcome } from '../../../shared/contract/answers/outcome-schema.ts';
import { type Code, codes, type OutcomeName, type State } from '../../../shared/contract/outcome.ts';
import type { ProviderId } from '../../../shared/contract/provider-ids.ts';
import { listFailureMessage } from '../../../shared/messages/list.ts';
import { billingNote, messageOf, nextStepOf } from '../../../shared/messages/outcome.ts';
import { adapters } from '../../fixtures/adapters.ts';

/** Two o'clock in the afternoon, in every picture. */
export const pictureTime = Date.parse('2026-11-22T14:13:00Z');

interface Sample {
  readonly provider: ProviderId;
  readonly job_id: string;
  readonly outcome: OutcomeName;
  readonly state: State;
  readonly code?: Code;
  readonly created_at?: string | undefined;
}

/** An outcome with the sentences that the service gives it. */
export function sampleOutcome({ provider, job_id, outcome, state, code, created_at }: Sample): Outcome {
  const words = {
    ...{ outcome, code, state, connection: provider, provider: adapters[provider].displayName },
    ...{ accepted: true, seenAfter: true },
  };
  const next_step = nextStepOf(words);
  const billing_note = billingNote(adapters[provider], outcome);
  return {
    ...{ provider, job_id, outcome, state },
    ...(code === undefined ? {} : { code }),
    ...(created_at === undefined ? {} : { details: { created_at } }),
    retryable: code === undefined ? false : codes[code].retryable,
    evidence: { source: 'status', provider_status: null, observed_at: '2026-11-22T14:12:58.000Z' },
    message: messageOf(words),
    ...(next_step === undefined ? {} : { next_step }),
    ...(billing_note === undefined ? {} : { billing_note }),
  };
}

/** A job as a list has it. */
export function sampleJob(job: Partial<JobView> & Pick<JobView, 'provider' | 'job_id'>): JobView {
  return {
    state: 'running',
    evidence: { source: 'status', provider_status: null, observed_at: null },
    ...job,
  };
}

const jobs: readonly JobView[] = [
  sampleJob({
    ...{ provider: 'ionq', job_id: '617a1f8b-59d4-435d-aa33-695433d7155e', name: 'vqe-h2-sweep' },
    created_at: '2026-11-22T11:02:00Z',
  }),
  sampleJob({
    ...{ provider: 'promptloop', job_id: 'a427201b-2340-4f06-ad68-2da8e0fdb120', state: 'running' },
    ...{ name: 'Q4 leads *enriched*', created_at: '2026-11-22T13:50:00Z' },
  }),
  sampleJob({
    ...{ provider: 'sutro', job_id: 'job-3f1d0c52-8a0e-4b7e-9f55-2f6f0f9f1a77', name: 'classify_reviews_v3' },
    created_at: '2026-11-20T09:00:00Z',
  }),
  sampleJob({
    ...{ provider: 'ionworks', job_id: '0193a7c4-8d1e-7c52-9b6f-2f4b8a1e6d90' },
    state: 'completed',
    created_at: '2026-11-21T08:00:00Z',
  }),
];

const ends: readonly Omit<Sample, 'job_id' | 'created_at'>[] = [
  { provider: 'ionq', outcome: 'cancelled', state: 'cancelled' },
  { provider: 'promptloop', outcome: 'cancelling', state: 'running' },
  { provider: 'sutro', outcome: 'unknown', state: 'running' },
  { provider: 'ionworks', outcome: 'already_finished', state: 'completed' },
];

/** An outcome has the age of its job, and not its name. */
const outcomes: readonly Outcome[] = ends.map((end) => {
  const { job_id = '', created_at } = jobs.find(({ provider }) => provider === end.provider) ?? {};
  return sampleOutcome({ ...end, job_id, created_at });
});

const told = { now: pictureTime, by: 'U0MAYA', reason: 'wrong ansatz', inChannel: true };

/** Messages to look at: in the pictures of the documentation, and with a person's own eyes. */
export function sampleMessages(): Readonly<Record<string, SlackMessage>> {
  const many = Array.from({ length: 400 }, (_, index) =>
    sampleOutcome({
      ...{ provider: 'sutro', job_id: `job-${1_000 + index}` },
      ...(index % 150 === 7
        ? { outcome: 'failed', state: 'running', code: 'provider_unavailable' }
        : { outcome: 'cancelled', state: 'cancelled' }),
    }),
  );
  const question = { now: pictureTime, expiresAt: pictureTime + 300_000, reason: 'wrong ansatz' };
  // What was looked at before a cancel is an outcome, which has no name.
  const own = {
    jobs: jobs.slice(0, 3).map(({ name: _, ...job }) => job),
    others: outcomes.slice(3),
  };
  const found = {
    jobs: [...jobs],
    unavailable: [
      {
        provider: 'sutro',
        code: 'rate_limited' as const,
        message: listFailureMessage(
          { code: 'rate_limited' },
          { name: 'sutro', adapter: { displayName: 'Sutro' } },
        ),
      },
    ],
    next_cursor: null,
  };
  return {
    'slack-outcome': outcomeMessage(outcomes.slice(0, 1), told),
    'slack-outcomes': outcomeMessage(outcomes, told),
    'slack-bulk': outcomeMessage(many, { ...told, requestId: 'JKJaXmPLvHcESHA' }),
    'slack-list': listCard(found, pictureTime),
    'slack-confirmation': confirmationCard({ ...question, ...own, ticket: 'ticket' }),
    'slack-agent': agentConfirmationCard({
      ...question,
      jobs,
      confirmation: 'cf_8Kd02',
      askedBy: 'claude-code',
    }),
    'slack-help': helpCard(['ionq', 'promptloop', 'ionworks', 'sutro']),
    'slack-fault': faultCard([
      { code: 'unknown_word', word: 'promtloop', nearest: 'promptloop' },
      { code: 'reason_missing' },
    ]),
  };
}
