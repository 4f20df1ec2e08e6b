import type { KnownBlock } from '@slack/types';
import * as z from 'zod';
import type { SlackMessage } from '../../../functions/slack/cards/message.ts';
import { outcomeTitle, stateInWords } from '../../../functions/slack/wording/outcomes.ts';
import type { Outcome } from '../../../shared/contract/answers/outcome-schema.ts';
import {
  type Code,
  codeNames,
  codes,
  type OutcomeName,
  outcomeNames,
  states,
} from '../../../shared/contract/outcome.ts';
import { providerWords } from '../../../shared/messages/message-context.ts';
import { messageOf, nextStepOf } from '../../../shared/messages/outcome.ts';
import { adapters } from '../../fixtures/adapters.ts';
import { textsOf } from './limits.ts';

const nothing = { source: 'none', provider_status: null, observed_at: null } as const;

/** A line about a job, as a message has it. */
const line = /^([^ *] \*[^*]+\*) · ([^ ]+) · `([^`]+)`(.*)$/u;

/** What a message says of the one job that it is about, read back from its blocks alone. */
export function toldOfOne(message: unknown): Omit<Outcome, 'evidence' | 'retryable'> {
  const [text = '', billing_note] = shownIn(message);
  const [first = '', explanation = ''] = text.split('\n');
  const row = readLine(first);
  const { code, said, next_step } = readExplanation(row, explanation);
  return {
    ...row,
    ...(code === undefined ? {} : { code }),
    message: said,
    ...(next_step === undefined ? {} : { next_step }),
    ...(billing_note === undefined ? {} : { billing_note }),
  };
}

/** What a message says of every job in it, for the judge: what it does not tell is left blank. */
export function toldOfAll(message: unknown): Outcome[] {
  const lines = shownIn(message).flatMap((text) => text.split('\n'));
  return lines
    .filter((each) => line.test(each))
    .map((each) => ({ ...readLine(each), retryable: false, evidence: nothing, message: '' }));
}

/** A message as Slack was sent it. */
export function readMessage(message: unknown): Pick<SlackMessage, 'text' | 'blocks'> {
  return z.object({ text: z.string(), blocks: z.array(z.custom<KnownBlock>()) }).parse(message);
}

/** Every text of a message, as it is shown. */
export function shownIn(message: unknown): string[] {
  return textsOf(readMessage(message).blocks).map(({ text }) =>
    text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  );
}

function readLine(text: string) {
  const [, title = '', provider = '', job_id = '', rest = ''] = line.exec(text) ?? [];
  const outcome = outcomeNames.find((name) => outcomeTitle(name) === title);
  if (outcome === undefined) throw new Error(`no line about a job: ${text}`);
  const parts = rest.split(' · ');
  const implied = outcome === 'not_found' ? 'unknown' : 'cancelled';
  const state = states.find((name) => parts.includes(stateInWords(name))) ?? implied;
  return { provider, job_id, outcome, state };
}

/** What may have come before an end, as far as a sentence tells it. */
const histories = [
  {},
  { accepted: true },
  { seenAfter: true },
  { raced: true },
  { blind: true },
  { inAir: true },
  { turnedAway: true },
  { turnedAway: true, seenAfter: true },
] as const;

/** Finds the sentences of the service that an explanation is made of: exactly those, or none. */
function readExplanation(
  { provider, outcome, state }: { provider: string; outcome: OutcomeName; state: Outcome['state'] },
  explanation: string,
) {
  const reasons: (Code | undefined)[] =
    outcome === 'refused' || outcome === 'failed'
      ? codeNames.filter((name) => codes[name].outcome === outcome)
      : [undefined];
  const variants = reasons.flatMap((code) =>
    Object.values(adapters).flatMap((adapter) =>
      histories.map((more) => {
        const words = { outcome, state, code, ...providerWords(adapter), connection: provider, ...more };
        return { code, said: messageOf(words), next_step: nextStepOf(words) };
      }),
    ),
  );
  const wait = / Try again in [\d,]+ s\.$/;
  const found = variants.find(
    ({ said, next_step }) => explanation.replace(wait, '') === [said, next_step].filter(Boolean).join(' '),
  );
  if (found === undefined) throw new Error(`no sentence of the service: ${explanation}`);
  return found;
}
