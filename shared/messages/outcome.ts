import type { ProviderAdapter } from '../adapter/adapter.ts';
import type { Code, OutcomeName } from '../contract/outcome.ts';
import type { CodelessOutcome, MessageContext } from './message-context.ts';
import { codeMessages, outcomeMessages } from './outcome-messages.ts';
import { codeSteps, outcomeSteps } from './outcome-steps.ts';

/** The outcome of the job in one or two sentences. Text from the provider is never quoted. */
export function messageOf(words: MessageContext): string {
  return pick(words, outcomeMessages, codeMessages)?.(words) ?? '';
}

/** What the caller can do next; `undefined` if nothing is left to do. */
export function nextStepOf(words: MessageContext): string | undefined {
  return pick(words, outcomeSteps, codeSteps)?.(words);
}

function pick<T>(
  { outcome, code }: MessageContext,
  byOutcome: Record<CodelessOutcome, T>,
  byCode: Record<Code, T>,
): T {
  if (outcome === 'refused' || outcome === 'failed') return byCode[code ?? 'internal'];
  return byOutcome[outcome];
}

const stopped: ReadonlySet<OutcomeName> = new Set([
  'cancelled',
  'cancelling',
  'already_cancelled',
  'unknown',
  'would_cancel',
]);

/** What may still run or be billed at this provider. */
export function billingNote(
  { billing: { always, note } }: Pick<ProviderAdapter, 'billing'>,
  outcome: OutcomeName,
): string | undefined {
  return always || stopped.has(outcome) ? note : undefined;
}
