import {
  type Cause,
  type Outcome,
  type OutcomeName,
  outcomeNames,
  type State,
} from '../../shared/contract/outcome.ts';
import { timestamp } from '../../shared/lib/clock.ts';
import { perhapsRunning } from '../../shared/messages/list.ts';
import { unbegunMessage } from '../../shared/messages/store.ts';
import { inCode, mention } from './cards/escape.ts';
import type { RefusalCode } from './inbound/authorize.ts';
import type { CommandFault } from './inbound/command-text.ts';
import type { FormFault } from './inbound/form.ts';
import type { SlackIdentity } from './inbound/identity.ts';

/** How an outcome is told. `exception`: not what was asked for, and so named one by one in a long answer. */
interface Telling {
  readonly emoji: string;
  readonly words: string;
  readonly exception: boolean;
}

/** Every outcome as Slack shows it, beginning with what is furthest from what was asked for. */
export const outcomeStyles = {
  unknown: { emoji: ':warning:', words: 'May or may not be cancelled', exception: true },
  failed: { emoji: ':x:', words: 'Not cancelled', exception: true },
  refused: { emoji: ':no_entry:', words: 'Refused', exception: true },
  not_attempted: { emoji: ':grey_question:', words: 'Not attempted', exception: true },
  cancelling: { emoji: ':hourglass_flowing_sand:', words: 'Being cancelled', exception: true },
  not_found: { emoji: ':mag:', words: 'Not found', exception: true },
  already_finished: { emoji: ':checkered_flag:', words: 'Already finished', exception: false },
  already_cancelled: { emoji: ':ballot_box_with_check:', words: 'Already cancelled', exception: false },
  would_cancel: { emoji: ':eyes:', words: 'Would be cancelled', exception: false },
  cancelled: { emoji: ':white_check_mark:', words: 'Cancelled', exception: false },
} as const satisfies Record<OutcomeName, Telling>;

const furthestFirst = outcomeNames.toSorted((one, other) => distanceOf(one) - distanceOf(other));

/** Where an outcome stands among all: 0 is furthest from what was asked for. */
export function distanceOf(name: OutcomeName): number {
  return Object.keys(outcomeStyles).indexOf(name);
}

/** `1 job`, `1,200 jobs`. */
export function jobsInWords(count: number): string {
  return count === 1 ? '1 job' : `${count.toLocaleString('en')} jobs`;
}

/** What became of jobs, in one line: `3 jobs: 2 cancelled, 1 refused.` */
export function countLine(outcomes: readonly Pick<Outcome, 'outcome'>[]): string {
  if (outcomes.length === 0) return 'No job was named.';
  const parts = furthestFirst.toReversed().flatMap((name) => {
    const count = outcomes.filter(({ outcome }) => outcome === name).length;
    return count === 0 ? [] : [`${count.toLocaleString('en')} ${outcomeStyles[name].words.toLowerCase()}`];
  });
  return `${jobsInWords(outcomes.length)}: ${parts.join(', ')}.`;
}

const stateWords: Record<State, string> = {
  queued: 'queued',
  running: 'running',
  cancelling: 'being cancelled',
  cancelled: 'cancelled',
  completed: 'completed',
  failed: 'failed',
  unknown: 'state unknown',
};

/** A state, in words. */
export function stateInWords(state: State): string {
  return stateWords[state];
}

/** The time of day in UTC: `14:05 UTC`. */
function timeOfDay(at: number): string {
  return `${timestamp(at).slice(11, 16)} UTC`;
}

/** Sentences of the cards. Where one holds somebody's words they are in code font; a user id becomes a mention. */
export const sentences = {
  retryAfter: (seconds: number) => `Ask again in ${seconds.toLocaleString('en')} s.`,
  calledOffBy: (user: string) => `Called off by ${mention(user)}`,
  askedForBy: (user: string) => `Asked for by ${mention(user)}`,
  because: (reason: string) => `Because: ${inCode(reason, 200)}`,
  moreOutcomes: (omitted: number) => `… and ${omitted.toLocaleString('en')} more.`,
  pointer: (request: string) =>
    `The outcome of every job is in the audit, under ${inCode(request)}; \`/calloff list\` shows what is still there.`,
  listTitle: (count: number) => (count === 0 ? 'No jobs' : jobsInWords(count)),
  listUnseen: 'No jobs could be seen',
  listNothing: 'No job was found.',
  listPerhaps: `${perhapsRunning} Ask again, or for one provider and one state.`,
  listMoreUnseen: (omitted: number) =>
    `… and ${omitted.toLocaleString('en')} more reasons why jobs may be missing.`,
  listMore: (omitted: number) =>
    `… and ${omitted.toLocaleString('en')} more. Name a provider or a state to see fewer: \`/calloff list running\`.`,
  listFurther: 'There are more jobs than one list holds. Name a provider or a state to see fewer.',
  confirmTitle: (count: number) => `Call off ${jobsInWords(count)}?`,
  confirmButton: (count: number) => `Call off ${jobsInWords(count)}`,
  confirmExplained: 'This cannot be undone. What is over already is left alone.',
  confirmDialog: 'The jobs stop, and what they have not finished is lost. This cannot be undone.',
  confirmUntil: (at: number) => `Good until ${timeOfDay(at)}, once, and only for you in this channel.`,
  moreJobs: (omitted: number) => `… and ${omitted.toLocaleString('en')} more.`,
  keepRunning: 'Keep running',
  callOff: 'Call off',
  callOffOne: 'Call off this job?',
  callOffOneDialog: (job: string) =>
    `${job} stops, and what it has not finished is lost. This cannot be undone.`,
  agentTitle: (count: number) => `Agree to call off ${jobsInWords(count)}?`,
  agentAsked: (who: string) => `Asked for by ${inCode(who)}. A person must agree before anything is sent.`,
  agentUntil: (at: number, confirmation: string) =>
    `Good until ${timeOfDay(at)}, once: ${inCode(confirmation)}.`,
  otherConfirms: (confirmation: string) =>
    `You may not confirm this yourself. Somebody who may types \`/calloff confirm ${confirmation}\`; then ask again in the same words.`,
  otherUntil: (at: number) => `Good until ${timeOfDay(at)}, once. Nothing was sent so far.`,
  looking: (count: number) => `Looking at ${jobsInWords(count)} …`,
  lookingForJobs: 'Looking for jobs …',
  lookingUp: 'Looking it up …',
  answered: 'You answered with yes. What comes of it follows.',
  working: (count: number) => `Calling off ${jobsInWords(count)} …`,
  kept: (user: string) => `${mention(user)} chose to keep the jobs running. Nothing was sent.`,
  expired:
    'This question has run out, has been answered, or was put to somebody else. Nothing was sent. Ask again with `/calloff`.',
  textAlone: (text: string, request: string) =>
    `${text} Slack did not take the whole of it. What was sent, if anything, and what came of it is in the audit, under ${inCode(request)}.`,
  noticeText: 'calloff has an answer.',
  approved: (user: string, until: number) =>
    `${mention(user)} agreed. Nothing is called off by that: whoever asked may now do so, once, until ${timeOfDay(until)}.`,
  declined: (user: string) => `${mention(user)} did not agree. The request is closed, and nothing was sent.`,
  notPending: {
    approved: 'This has been agreed to already, and was not used yet.',
    used: 'This has been agreed to and was used already.',
    closed: 'This was closed already.',
  },
  pressedAlready: 'You answered this already. Nothing more was sent; the first answer counts.',
  askedAlready:
    'You asked for exactly this within the last minute. Nothing more was sent; the answer to the first time counts.',
  tooLate: 'This waited for more than two minutes and was not carried out. Nothing was sent. Ask again.',
  unfinished:
    'This was begun and not brought to an end. What was sent before is not known here: look with `/calloff list` before you ask again; the audit has what was written down.',
  broke: 'Something went wrong inside calloff. Look with `/calloff list` before you ask again.',
  storeBroke: (cause: Cause | undefined) => `${unbegunMessage(cause)} \`/calloff list\` shows what runs.`,
  notHandedOn: 'calloff cannot take more work at the moment. Nothing was sent. Ask again in a minute.',
  perhapsHandedOn:
    'calloff could not make sure that this was handed on. It may be carried out, or not: if no answer follows, look with `/calloff list` before you ask again.',
  noWayBack: 'Slack named no address of its own to answer to. Nothing was done.',
  tooMany: (most: number, count: number) =>
    `You may call off ${jobsInWords(most)} at a time, and named ${count.toLocaleString('en')}. Nothing was sent.`,
  faultTitle: 'calloff did not understand that. Nothing was done.',
  faultHint: '`/calloff help` shows what can be asked.',
  refusedTitle: 'calloff did nothing.',
  helpTitle: 'What calloff can do here',
  help: (provider: string) => [
    `${inCode(`/calloff ${provider} JOB-ID`)} calls off a job. More ids, and other providers with theirs, may follow.`,
    `${inCode(`/calloff ${provider} JOB-ID because wrong input`)} keeps the reason for the audit.`,
    '`/calloff list`, `/calloff list running`, or with a provider, shows jobs with a button to stop each; `/calloff list newer than 2h` shows what began lately, `older than 1d` what began long ago.',
    '`/calloff show ID` and `/calloff confirm ID` are for what an assistant has asked for.',
  ],
  manifestDescription: 'Calls off compute jobs, and says what the provider says of them afterwards.',
  manifestCommand: 'Call off a compute job, or list what runs',
  manifestUsage: 'PROVIDER JOB-ID… [because REASON] | list [PROVIDER] [STATE] | help',
  helpProviders: (names: readonly string[]) => `Providers: ${names.map((name) => inCode(name)).join(', ')}.`,
} as const;

/** What is wrong with a command, in Slack's markup, with what the person typed in code font. */
export function faultSentence(fault: CommandFault): string {
  switch (fault.code) {
    case 'unknown_word':
      return `${inCode(fault.word)} is neither a provider nor a word that calloff knows.${meant(fault.nearest)}`;
    case 'misspelt_provider':
      return `${inCode(fault.word)} stands where a job id is expected.${meant(fault.nearest)}`;
    case 'no_jobs':
      return `No job id follows ${inCode(fault.word)}. Name at least one.`;
    case 'unexpected_word':
      return `${inCode(fault.word)} is one word too many.`;
    case 'age_missing':
      return `${inCode(fault.word)} must be followed by an age, such as \`30m\`, \`2h\` or \`1d\`.`;
    case 'mention':
      return `${inCode(fault.word)} is a person or a channel, not a job.`;
    default:
      return wordless[fault.code];
  }
}

/** Why somebody is not let in, in Slack's markup, and what to ask an administrator for. */
export const refusals: Record<RefusalCode, (who: SlackIdentity) => string> = {
  unreadable: () => 'The configuration of this installation cannot be read, so nobody is let in.',
  not_set_up: ({ team, app }) =>
    `This installation listens to no workspace. Ask its administrator for a section \`slack\` in the configuration, with ${ids({ team_id: team, app_id: app })}.`,
  other_team: ({ team }) => `This installation listens to another workspace than ${inCode(team)}.`,
  other_app: ({ app }) => `This installation listens to another app than ${inCode(app ?? '')}.`,
  other_channel: ({ channel }) =>
    `calloff does not listen in this channel. Ask an administrator of it to add ${inCode(channel)} to \`slack.channels\` in its configuration.`,
  unknown_person: ({ team, user }) =>
    `calloff does not know you yet. Ask an administrator of it to add you to a caller in its configuration, under \`slack\`: ${ids({ team_id: team, user_id: user })}.`,
  foreign_person: ({ team }) =>
    `You belong to another workspace, and this installation listens to the members of ${inCode(team)} only.`,
};

function ids(named: Readonly<Record<string, string | undefined>>): string {
  return inCode(JSON.stringify(named));
}

const wordless = {
  too_long: 'That is more than one command can hold. Name fewer jobs.',
  no_confirmation: 'Name the confirmation by its id, as it was given: `/calloff confirm ID`.',
  reason_missing: 'A reason must follow `because`.',
  reason_invalid: 'A reason has at most 200 characters, and none that is invisible.',
  reason_not_taken: 'A reason is only kept for jobs that are called off.',
  several_providers: 'A list is of one provider, or of all.',
} as const satisfies Partial<Record<CommandFault['code'], string>>;

function meant(nearest: string | undefined): string {
  return nearest === undefined ? '' : ` Did you mean ${inCode(nearest)}?`;
}

/** Why a signed post cannot be used, for the log and for whoever set the app up. */
export const formFaults: Record<FormFault, string> = {
  too_large: 'The post is too large.',
  not_a_form: 'The post is not a form in UTF-8.',
  duplicate_field: 'The post names a field twice.',
  missing_field: 'The post lacks a field that Slack documents, or it is not shaped as documented.',
};

/** What is answered where nobody reads it but whoever set the app up, or tries the door: the same, whatever was sent. */
export const httpFaults = {
  notSigned: 'Not signed by Slack for this installation, or not within five minutes.',
  tooLarge: 'The post is too large.',
  onlyPost: 'Only POST is served here.',
  unreadable: 'What Slack signs with cannot be read at the moment. Nothing was done.',
  busy: 'There is no room for more work at the moment.',
} as const;
