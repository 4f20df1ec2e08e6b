import type { CallerKind } from '../access/caller.ts';
import type { ConfirmedHow, JobShown } from '../access/confirmation/types.ts';
import type { Outcome } from '../contract/outcome.ts';
import { plainText } from '../lib/text.ts';
import { ageInWords } from './age.ts';
import { countOfJobs } from './counts.ts';

/** So many jobs are named. */
const mostNamed = 20;

/** Foreign text, on one line and in quotes. */
function quoted(text: string): string {
  return JSON.stringify(plainText(text));
}

/** What a person is shown beside the jobs that they are to agree to. `now` is what ages are counted from. */
export interface ConsentDetails extends Omit<ConfirmedHow, 'waitSeconds'> {
  readonly now: number;
}

/** `ionq: 10 running, 2 queued` for each provider, where there is more than one group. */
export function groupsInWords(jobs: readonly JobShown[]): string[] {
  const lines = [...Map.groupBy(jobs, ({ provider }) => provider)].map(([provider, share]) => {
    const states = [...Map.groupBy(share, ({ state }) => state ?? 'unknown')];
    return {
      line: `${provider}: ${states.map(([state, { length }]) => `${length} ${state}`).join(', ')}`,
      groups: states.length,
    };
  });
  const groups = lines.reduce((sum, each) => sum + each.groups, 0);
  return groups < 2 ? [] : lines.map(({ line }) => line);
}

/** How many jobs there are at each provider in each state, where there are several, and the first twenty. */
function jobsInWords(jobs: readonly JobShown[], now: number): string[] {
  const named = jobs.slice(0, mostNamed).map((job) => {
    const name = job.name === undefined ? [] : [quoted(job.name)];
    const age = ageInWords(job.created_at, now);
    const parts = [job.state ?? 'unknown', ...name, ...(age === undefined ? [] : [age])];
    return `- ${job.provider} ${job.job_id} (${parts.join(', ')})`;
  });
  const more = jobs.length > named.length ? [`- and ${jobs.length - named.length} more`] : [];
  return [...groupsInWords(jobs), ...named, ...more];
}

/** How jobs were selected, and whether they are cancelled unseen: a line for each that is not as usual. */
export function howInWords({
  sendIfStatusUnknown,
  selector,
}: Pick<ConfirmedHow, 'sendIfStatusUnknown' | 'selector'>): string[] {
  const words = Object.entries(selector ?? {}).map(([key, word]) => `${key} ${quoted(word)}`);
  return [
    ...(words.length === 0 ? [] : [`Selected by: ${words.join(', ')}`]),
    ...(sendIfStatusUnknown ? ['The cancel is sent even if the status of a job cannot be read before.'] : []),
  ];
}

/**
 * Asks a person whether these jobs are really to be cancelled, on behalf of an agent or on their own. What others wrote is
 * in quotes: an agent may have written its reason to be agreed with.
 */
export function consentQuestion(
  outcomes: readonly Outcome[],
  asker: CallerKind,
  { reason, sendIfStatusUnknown, selector, now }: ConsentDetails,
): string {
  const who = asker === 'agent' ? 'An assistant wants' : 'You are about';
  const whose = asker === 'agent' ? "The assistant's reason" : 'Why';
  const why = reason === undefined ? [] : [`${whose}: ${quoted(reason)}`];
  const jobs = outcomes.map(({ name, details, ...job }) => ({
    ...job,
    name,
    created_at: details?.created_at,
  }));
  return [
    `${who} to cancel ${countOfJobs(outcomes.length)}. This cannot be undone.`,
    ...why,
    ...howInWords({ sendIfStatusUnknown, selector }),
    ...jobsInWords(jobs, now),
  ].join('\n');
}

/**
 * Why jobs were not cancelled although a person was to be asked. A client may answer by itself: what it said is not told as
 * a word of its person.
 */
export const consentRefusals = {
  declined: 'calloff asked through the client, and its answer was no. Nothing was sent.',
  no_answer: 'calloff asked through the client, and there is no answer yet. Nothing was sent.',
  failed: 'The client could not put the question to a person. Nothing was sent.',
  resting:
    'The client said no less than a minute ago, so calloff did not ask through it again. Nothing was sent.',
} as const;

/** What there is to do then, beside confirming it in another way. */
export const consentSteps = {
  declined: 'If the user said no, leave these jobs alone.',
  no_answer: 'If the user agrees at the client after all, that confirms it.',
  failed: undefined,
  resting: 'If the user said no, leave these jobs alone.',
} as const;
