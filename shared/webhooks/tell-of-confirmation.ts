import type { ConfirmationAsked } from '../access/confirmation/types.ts';
import { timestamp } from '../lib/clock.ts';
import { announce } from './announcements.ts';
import { type EnqueueParts, enqueue } from './enqueue.ts';

/** What tells of confirmations. */
export interface TellParts extends EnqueueParts {
  /** Whether Slack is set up with people who may confirm. */
  hasSlack(): Promise<boolean>;
}

/** Stores an event for the webhook and a message for Slack, as far as they are set up. Rejects only if that is not known now. */
export async function tellOfConfirmation(parts: TellParts, asked: ConfirmationAsked): Promise<void> {
  const { confirmation, caller, counts, operation, requestedAt, expiresAt } = asked;
  const providers = Object.entries(counts).map(([provider, jobs]) => ({ provider, jobs }));
  const data = {
    ...{ confirmation, caller, providers },
    jobs: providers.reduce((sum, { jobs }) => sum + jobs, 0),
    ...(operation !== undefined && { operation }),
    ...{ requested_at: timestamp(requestedAt), expires_at: timestamp(expiresAt) },
  };
  const told = enqueue(parts, { type: 'confirmation.requested', data });
  if (await parts.hasSlack()) await announce(parts, asked);
  await told;
}
