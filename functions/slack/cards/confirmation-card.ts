import type { Outcome } from '../../../shared/contract/answers/outcome-schema.ts';
import { isFinal } from '../../../shared/contract/outcome.ts';
import { actionIds, ticketValue } from '../inbound/actions.ts';
import { sentences } from '../wording/sentences.ts';
import { actionsBlock, button, context, layOut, section } from './blocks.ts';
import { inProse } from './escape.ts';
import { type JobSeen, jobLine } from './job-line.ts';
import { message, type SlackMessage } from './message.ts';
import { rowsOf } from './outcome-message.ts';

interface Question {
  readonly jobs: readonly JobSeen[];
  readonly reason?: string | undefined;
  /** When the question expires, and now, in milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly now: number;
  /** Other named jobs, which the answer does not affect. */
  readonly others?: readonly Outcome[];
  /** How many jobs there are, if `jobs` are only the first of them. */
  readonly count?: number | undefined;
  /** The unusual parts of the request, in sentences that may quote what others wrote. */
  readonly how?: readonly string[];
}

/** A person's own request. `ticket` is a confirmation token, bound to team, user, channel and jobs; it works once. */
export interface OwnQuestion extends Question {
  readonly ticket: string;
  /** The operation that is started or resumed. */
  readonly operation?: string;
}

/** An agent's request. `confirmation` is the id of its confirmation, `askedBy` the agent's name. */
export interface AgentQuestion extends Question {
  readonly confirmation: string;
  readonly askedBy: string;
}

/** Asks a person whether to call off the jobs they named, each with its state. */
export function confirmationCard(question: OwnQuestion): SlackMessage {
  const title = sentences.confirmTitle(countOf(question));
  const value = ticketValue(question);
  return card(question, {
    title,
    explained: [...(question.how ?? []).map((line) => inProse(line)), sentences.confirmExplained],
    until: sentences.confirmUntil(question.expiresAt),
    yes: { action: actionIds.confirm, value },
    no: { action: actionIds.keep, value },
  });
}

/** Tells a person who may not confirm their own request how to get it confirmed. */
export function awaitingCard(question: Question & { readonly confirmation: string }): SlackMessage {
  return card(question, {
    title: sentences.confirmTitle(countOf(question)),
    explained: [sentences.otherConfirms(question.confirmation)],
    until: sentences.otherUntil(question.expiresAt),
  });
}

/** Tells a channel of a request that waits. `page`: where the page for people shows it. */
export function announcementCard(
  question: AgentQuestion & { readonly page?: string | undefined },
): SlackMessage {
  const { confirmation, page } = question;
  const links = page === undefined ? [] : [sentences.onPage(page)];
  return askOthers(question, [sentences.statesThen(confirmation), ...links]);
}

/** Asks a person with the right to confirm about an agent's request. */
export function agentConfirmationCard(question: AgentQuestion): SlackMessage {
  return askOthers(question, []);
}

function askOthers(question: AgentQuestion, notes: readonly string[]): SlackMessage {
  const title = sentences.agentTitle(countOf(question));
  const { confirmation, askedBy, how = [] } = question;
  return card(question, {
    title,
    explained: [
      sentences.agentAsked(askedBy),
      ...how.map((line) => inProse(line)),
      sentences.confirmExplained,
      ...notes,
    ],
    agreeing: { title, text: sentences.agreeDialog(askedBy), confirm: sentences.agree },
    until: sentences.agentUntil(question.expiresAt, confirmation),
    yes: { action: actionIds.approve, value: confirmation },
    no: { action: actionIds.decline, value: confirmation },
  });
}

interface Press {
  readonly action: string;
  readonly value: string;
}

interface CardParts {
  readonly title: string;
  readonly explained: readonly string[];
  readonly until: string;
  /** What a yes means, and the word of its button, if it only lets another caller call off the jobs. */
  readonly agreeing?: { readonly title: string; readonly text: string; readonly confirm: string };
  readonly yes?: Press;
  readonly no?: Press;
}

function card(question: Question, { title, explained, agreeing, until, yes, no }: CardParts): SlackMessage {
  const count = countOf(question);
  const reason = question.reason === undefined ? [] : [context(sentences.because(question.reason))];
  const callingOff = {
    title: sentences.confirmTitle(count),
    text: sentences.confirmDialog,
    confirm: sentences.callOff,
  };
  const dialog = { ...(agreeing ?? callingOff), deny: sentences.keepRunning };
  const text = agreeing?.confirm ?? sentences.confirmButton(count);
  const buttons = [
    ...(yes ? [button({ text, ...yes, style: 'danger', dialog })] : []),
    ...(no ? [button({ text: sentences.keepRunning, ...no })] : []),
  ];
  const asked = question.jobs.map((job) => ({ markup: `• ${jobLine(job, question.now)}` }));
  const unnamed = (question.count ?? 0) - asked.length;
  if (unnamed > 0) asked.push({ markup: sentences.moreJobs(unnamed) });
  const blocks = layOut({
    head: [section([`*${title}*`, ...explained].join('\n'))],
    rows: [...asked, ...rowsOf(question.others ?? [], question)],
    more: sentences.moreJobs,
    tail: [...reason, ...(buttons.length === 0 ? [] : [actionsBlock(...buttons)]), context(until)],
  });
  return message(`calloff: ${title}`, blocks);
}

/** How many of the jobs have not ended, as far as their states are known. */
function countOf({ jobs, count }: Question): number {
  return count ?? jobs.filter(({ state }) => !isFinal(state)).length;
}
