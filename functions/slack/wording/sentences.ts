import type { Cause } from '../../../shared/contract/outcome.ts';
import { timestamp } from '../../../shared/lib/clock.ts';
import { perhapsRunning } from '../../../shared/messages/list.ts';
import { storeFinding, unbegunMessage } from '../../../shared/messages/store.ts';
import { escapeText, inCode, mention } from '../cards/escape.ts';
import { jobsInWords } from './outcomes.ts';

/** The time of day in UTC: `14:05 UTC`. */
function timeOfDay(at: number): string {
  return `${timestamp(at).slice(11, 16)} UTC`;
}

/** What a task can change: it sends cancels, settles a question, directs an operation, or only reads. */
export type Effect = 'sends' | 'settles' | 'directs' | 'reads';

/** What a task may have done if its end is not known. */
const perhaps: Record<Effect, string> = {
  sends: 'Cancels may have been sent. Check `/calloff list` and the audit before you try again.',
  settles: 'Your answer may or may not have been recorded. Check the audit before you try again.',
  directs: 'The operation may or may not have changed. Check `/calloff operations` before you try again.',
  reads: 'It was only to read, so nothing was sent for it. Try again.',
};

/** The sentences of the cards. Text that others wrote is in code font; a user id becomes a mention. */
export const sentences = {
  retryAfter: (seconds: number) => `Try again in ${seconds.toLocaleString('en')} s.`,
  calledOffBy: (user: string) => `Called off by ${mention(user)}`,
  askedForBy: (user: string) => `Asked for by ${mention(user)}`,
  because: (reason: string) => `Because: ${inCode(reason, 200)}`,
  moreOutcomes: (omitted: number) => `… and ${omitted.toLocaleString('en')} more.`,
  pointer: (request: string) =>
    `The audit has the outcome of every job, under ${inCode(request)}. \`/calloff list\` shows the jobs that are left.`,
  listTitle: (count: number) => (count === 0 ? 'No jobs' : jobsInWords(count)),
  listUnseen: 'No jobs could be read',
  listNothing: 'No jobs match.',
  listPerhaps: `${perhapsRunning} Try again, or ask for one provider and one state.`,
  listMoreUnseen: (omitted: number) =>
    `… and ${omitted.toLocaleString('en')} more reasons why jobs may be missing.`,
  listMore: (omitted: number) =>
    `… and ${omitted.toLocaleString('en')} more. Name a provider or a state to see fewer: \`/calloff list running\`.`,
  listHidden: (count: number, isWhole: boolean, command: string) =>
    `${isWhole ? '' : 'At least '}${jobsInWords(count)} ${count === 1 ? 'has' : 'have'} ended and ${count === 1 ? 'is' : 'are'} hidden. ${inCode(command)} shows ${count === 1 ? 'it' : 'them'}.`,
  listFurther:
    'There are more jobs than one list holds. Name a provider or a state to see fewer. On the command line, `calloff cancel PROVIDER --state running` calls off all that match, up to 100,000: it asks first.',
  confirmTitle: (count: number) => `Call off ${jobsInWords(count)}?`,
  confirmButton: (count: number) => `Call off ${jobsInWords(count)}`,
  confirmExplained: 'This cannot be undone. Jobs that have already ended are left alone.',
  confirmDialog: 'The jobs stop and lose their unfinished work. This cannot be undone.',
  confirmUntil: (at: number) => `Valid once, until ${timeOfDay(at)}, and only for you in this channel.`,
  moreJobs: (omitted: number) => `… and ${omitted.toLocaleString('en')} more.`,
  keepRunning: 'Keep running',
  callOff: 'Call off',
  callOffOne: 'Call off this job?',
  callOffOneDialog: (job: string) => `${job} stops and loses its unfinished work. This cannot be undone.`,
  agentTitle: (count: number) => `Agree to call off ${jobsInWords(count)}?`,
  agentAsked: (who: string) => `Asked for by ${inCode(who)}. A person must agree before anything is sent.`,
  agentUntil: (at: number, confirmation: string) =>
    `Valid once, until ${timeOfDay(at)}: ${inCode(confirmation)}.`,
  agree: 'Agree',
  agreeDialog: (who: string) => `That calls off nothing by itself: ${inCode(who)} may then do so, once.`,
  statesThen: (confirmation: string) =>
    `The states are those from when this was asked for. \`/calloff confirm ${confirmation}\` shows the jobs as they are now.`,
  onPage: (url: string) => `<${escapeText(url)}|Decide on the page>`,
  answeredAbout: (count: number, who: string, confirmation: string) =>
    `${jobsInWords(count)} · asked for by ${inCode(who)} · ${inCode(confirmation)}`,
  otherConfirms: (confirmation: string) =>
    `You may not confirm this yourself. Ask someone with the right to confirm to run \`/calloff confirm ${confirmation}\`, then repeat your command.`,
  otherUntil: (at: number) => `Valid once, until ${timeOfDay(at)}. Nothing has been sent so far.`,
  answered: 'You answered yes. The result follows.',
  kept: (user: string) => `${mention(user)} chose to keep the jobs running. Nothing was sent.`,
  expired:
    'This question has expired, has been answered, or was for someone else. Nothing more was sent. Check `/calloff list` before you try again.',
  textAlone: (text: string, request: string) =>
    `${text} Slack did not accept the full answer. The audit shows what was sent, if anything, and the outcomes, under ${inCode(request)}.`,
  noticeText: 'calloff has answered.',
  approved: (user: string, until: number) =>
    `${mention(user)} agreed. Nothing has been called off yet: the caller who asked may now do so once, until ${timeOfDay(until)}.`,
  declined: (user: string) => `${mention(user)} did not agree. The request is closed, and nothing was sent.`,
  notPending: {
    approved: 'This has already been confirmed, and has not been used yet.',
    used: 'This has already been confirmed and used.',
    closed: 'This has already been closed.',
  },
  pressedAlready: 'You have already answered this. Nothing more was sent; your first answer counts.',
  askedAlready:
    'You already asked to call off this job within the last minute. Nothing more was sent; the answer to the first request counts.',
  tooLate: 'This waited for more than two minutes, so calloff did not start it. Nothing was sent. Try again.',
  unfinished: (effect: Effect) => `calloff has no record that this was finished. ${perhaps[effect]}`,
  broke: (effect: Effect) => `An internal error occurred in calloff. ${perhaps[effect]}`,
  storeLost: (cause: Cause | undefined, effect: Effect) =>
    `${storeFinding(cause)} It is not known whether this was carried out. ${perhaps[effect]}`,
  storeBroke: (cause: Cause | undefined) =>
    `${unbegunMessage(cause)} \`/calloff list\` shows the running jobs.`,
  refusedTitle: 'calloff did nothing.',
} as const;
