import type { CallerKind } from '../access/caller.ts';
import type { ConfirmedHow, JobShown, OperationToConfirm } from '../access/confirmation/types.ts';
import type { Outcome } from '../contract/answers/outcome-schema.ts';
import { plainText } from '../lib/text.ts';
import { ageInWords } from './age.ts';
import { countOfJobs } from './counts.ts';
import { operationConfirmationNote } from './operation-request.ts';

/** The most jobs that the question names. */
const mostNamed = 20;

/** Text that others wrote, on one line and in quotes. */
function quoted(text: string): string {
  return JSON.stringify(plainText(text));
}

/** What a person is shown besides the jobs. Ages are counted from `now`. */
export interface ConsentDetails extends Omit<ConfirmedHow, 'waitSeconds'> {
  readonly now: number;
}

/** `ionq: 10 running, 2 queued` for each provider, if there is more than one group. */
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

/** The number of jobs at each provider in each state, if there is more than one group, and the first twenty jobs. */
function jobsInWords(jobs: readonly JobShown[], now: number): string[] {
  const named = jobs.slice(0, mostNamed).map((job) => {
    const name = job.name === undefined ? [] : [quoted(job.name)];
    const owner = job.owner === undefined ? [] : [`owner ${quoted(job.owner)}`];
    const age = ageInWords(job.created_at, now);
    const parts = [job.state ?? 'unknown', ...name, ...owner, ...(age === undefined ? [] : [age])];
    return `- ${job.provider} ${job.job_id} (${parts.join(', ')})`;
  });
  const more = jobs.length > named.length ? [`- and ${jobs.length - named.length} more`] : [];
  return [...groupsInWords(jobs), ...named, ...more];
}

/** The selector, and whether jobs are cancelled with an unknown status: a line for each that is not the default. */
export function howInWords({
  sendIfStatusUnknown,
  selector,
}: Pick<ConfirmedHow, 'sendIfStatusUnknown' | 'selector'>): string[] {
  const words = Object.entries(selector ?? {}).map(([key, word]) => `${key} ${quoted(word)}`);
  return [
    ...(words.length === 0 ? [] : [`Selected by: ${words.join(', ')}`]),
    ...(sendIfStatusUnknown ? ['The cancel is sent even if the status of a job cannot be read first.'] : []),
  ];
}

/**
 * Asks a person whether calloff should cancel these jobs, for an agent or for the person. Text that others wrote is in
 * quotes: an agent may have written its reason to persuade.
 */
export function consentQuestion(
  outcomes: readonly Outcome[],
  asker: CallerKind,
  { reason, sendIfStatusUnknown, selector, now }: ConsentDetails,
): string {
  const jobs = outcomes.map(({ name, details, ...job }) => ({
    ...job,
    name,
    created_at: details?.created_at,
  }));
  return [
    ...askedInWords(outcomes.length, asker, reason),
    ...howInWords({ sendIfStatusUnknown, selector }),
    ...jobsInWords(jobs, now),
  ].join('\n');
}

/** Asks a person whether calloff should start or resume an operation, whose jobs have not been checked. @see consentQuestion */
export function operationQuestion(
  { jobs, counts, shown, how }: OperationToConfirm,
  asker: CallerKind,
): string {
  const named = shown.slice(0, mostNamed).map(({ provider, job_id }) => `- ${provider} ${job_id}`);
  const shares = Object.entries(counts).map(([provider, count]) => `${provider}: ${countOfJobs(count)}`);
  return [
    ...askedInWords(jobs, asker, how.reason),
    ...howInWords(how),
    ...shares,
    ...named,
    ...(jobs > named.length ? [`- and ${jobs - named.length} more`] : []),
    operationConfirmationNote(jobs),
  ].join('\n');
}

function askedInWords(jobs: number, asker: CallerKind, reason: string | undefined): string[] {
  const who = asker === 'agent' ? 'An assistant wants' : 'You are about';
  const whose = asker === 'agent' ? "The assistant's reason" : 'Why';
  const why = reason === undefined ? [] : [`${whose}: ${quoted(reason)}`];
  return [`${who} to cancel ${countOfJobs(jobs)}. This cannot be undone.`, ...why];
}

/**
 * Why jobs were not cancelled although calloff asked for consent, by where it asked. A client may answer without its person,
 * so its sentences do not say that the person answered.
 */
export const consentRefusals = {
  client: {
    declined: 'calloff asked through the client, and the client answered no. Nothing was sent.',
    no_answer: 'calloff asked, and has no answer from the client. Nothing was sent.',
    failed: 'The client could not ask a person. Nothing was sent.',
    cooldown:
      'The client answered no within the last minute, so calloff did not ask again. Nothing was sent.',
  },
  terminal: {
    declined: 'The answer at the terminal was no. Nothing was sent.',
    no_answer: 'There was no answer at the terminal. Nothing was sent.',
    failed: 'calloff could not ask at the terminal. Nothing was sent.',
    cooldown: 'The answer at the terminal was no within the last minute. Nothing was sent.',
  },
} as const;

const leaveAlone = 'If the user said no, leave these jobs alone.';

/** What the caller can do then, besides confirming it in another way. */
export const consentSteps = {
  client: {
    declined: leaveAlone,
    no_answer: 'If the question is still open and the user agrees, that confirms it.',
    failed: undefined,
    cooldown: leaveAlone,
  },
  terminal: { declined: undefined, no_answer: undefined, failed: undefined, cooldown: undefined },
} as const;
