import fc from 'fast-check';
import type { Outcome } from '../../../shared/contract/answers/outcome-schema.ts';
import {
  type Code,
  codes,
  type OutcomeName,
  outcomeNames,
  type State,
  states,
} from '../../../shared/contract/outcome.ts';
import type { ProviderId } from '../../../shared/contract/provider-ids.ts';
import { billingNote, messageOf, nextStepOf } from '../../../shared/messages/outcome.ts';
import { adapters } from '../../fixtures/adapters.ts';
import { providerNames } from '../harness.ts';

/** An outcome, with its code where it needs one. */
export interface Kind {
  readonly outcome: OutcomeName;
  readonly code?: Code;
}

/** Every outcome there is, with every code. */
export const kinds: readonly Kind[] = [
  ...outcomeNames.filter((name) => name !== 'refused' && name !== 'failed').map((outcome) => ({ outcome })),
  ...Object.entries(codes).map(([code, { outcome }]) => ({ outcome, code: codeOf(code) })),
];

function codeOf(name: string): Code {
  const found = Object.keys(codes).find((code): code is Code => code === name);
  if (found === undefined) throw new Error('no such code');
  return found;
}

interface Parts extends Kind {
  readonly provider: ProviderId;
  readonly job_id: string;
  readonly state?: State;
  readonly source?: Outcome['evidence']['source'];
}

/** An outcome as the service would word it. */
export function outcomeOf({
  provider,
  job_id,
  outcome,
  code,
  state = 'running',
  source = 'status',
}: Parts): Outcome {
  const words = { outcome, code, state, provider: adapters[provider].displayName, connection: provider };
  const next_step = nextStepOf(words);
  const billing_note = billingNote(adapters[provider], outcome);
  const observed_at = source === 'none' ? null : '2026-01-01T00:00:00.000Z';
  return {
    provider,
    job_id,
    outcome,
    state,
    ...(code === undefined ? {} : { code }),
    retryable: false,
    ...(code === 'rate_limited' ? { retry_after_seconds: 3_600 } : {}),
    evidence: { source, provider_status: source === 'status' ? state : null, observed_at },
    ...(provider === 'sutro' ? { details: { job_cost: 0.5, started_at: '2026-01-01T00:00:00.000Z' } } : {}),
    ...(billing_note === undefined ? {} : { billing_note }),
    message: messageOf(words),
    ...(next_step === undefined ? {} : { next_step }),
  };
}

/** Any outcome, about a job of any permitted id. */
export const anyOutcome = fc
  .record({
    provider: fc.constantFrom(...providerNames),
    kind: fc.constantFrom(...kinds),
    job_id: fc.oneof(fc.uuid(), fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._~:-]{0,199}$/)),
    state: fc.constantFrom(...states),
    source: fc.constantFrom('status' as const, 'reply' as const, 'none' as const),
  })
  .map(({ kind, ...rest }) => outcomeOf({ ...rest, ...kind }));
