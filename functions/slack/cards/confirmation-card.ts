import { isFinal, type Outcome } from '../../../shared/contract/outcome.ts';
import { actionIds, ticketValue } from '../inbound/actions.ts';
import { sentences } from '../wording.ts';
import { actionsBlock, button, context, layOut, section } from './blocks.ts';
import { inProse } from './escape.ts';
import { type JobSeen, jobLine } from './job-line.ts';
import { message, type SlackMessage } from './message.ts';
import { rowsOf } from './outcome-message.ts';

interface Question {
  readonly jobs: readonly JobSeen[];
  readonly reason?: string | undefined;
  /** When the question runs out, and now, in milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly now: number;
  /** Jobs that were named too, and that the answer changes nothing for. */
  readonly others?: readonly Outcome[];
}

/** A person's own request. `ticket` is bound to team, user, channel and jobs, and works once. */
export interface OwnQuestion extends Question {
  readonly ticket: string;
}

/** A request of an agent. `confirmation` is its id, `askedBy` what the agent is called. */
export interface AgentQuestion extends Question {
  readonly confirmation: string;
  readonly askedBy: string;
  /** What is not as usual about it, in sentences that may quote what others wrote. */
  readonly how?: readonly string[];
}

/** Asks a person whether the jobs they named are to be called off, naming each with its state. */
export function confirmationCard(question: OwnQuestion): SlackMessage {
  const title = sentences.confirmTitle(liveIn(question.jobs));
  const value = ticketValue(question);
  return card(question, {
    title,
    explained: [sentences.confirmExplained],
    until: sentences.confirmUntil(question.expiresAt),
    yes: { action: actionIds.confirm, value },
    no: { action: actionIds.keep, value },
  });
}

/** Tells a person who may not confirm for themselves who can. */
export function awaitingCard(question: Question & { readonly confirmation: string }): SlackMessage {
  return card(question, {
    title: sentences.confirmTitle(liveIn(question.jobs)),
    explained: [sentences.otherConfirms(question.confirmation)],
    until: sentences.otherUntil(question.expiresAt),
  });
}

/** Asks a person who may confirm whether an agent's request is to be carried out. */
export function agentConfirmationCard(question: AgentQuestion): SlackMessage {
  const title = sentences.agentTitle(liveIn(question.jobs));
  const { confirmation, askedBy, how = [] } = question;
  return card(question, {
    title,
    explained: [sentences.agentAsked(askedBy), ...how.map(inProse), sentences.confirmExplained],
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
  readonly yes?: Press;
  readonly no?: Press;
}

function card(question: Question, { title, explained, until, yes, no }: CardParts): SlackMessage {
  const count = liveIn(question.jobs);
  const reason = question.reason === undefined ? [] : [context(sentences.because(question.reason))];
  const dialog = {
    title: sentences.confirmTitle(count),
    text: sentences.confirmDialog,
    confirm: sentences.callOff,
    deny: sentences.keepRunning,
  };
  const buttons = [
    ...(yes ? [button({ text: sentences.confirmButton(count), ...yes, style: 'danger', dialog })] : []),
    ...(no ? [button({ text: sentences.keepRunning, ...no })] : []),
  ];
  const asked = question.jobs.map((job) => ({ markup: `• ${jobLine(job, question.now)}` }));
  const blocks = layOut({
    head: [section([`*${title}*`, ...explained].join('\n'))],
    rows: [...asked, ...rowsOf(question.others ?? [], question)],
    more: sentences.moreJobs,
    tail: [...reason, ...(buttons.length === 0 ? [] : [actionsBlock(...buttons)]), context(until)],
  });
  return message(`calloff: ${title}`, blocks);
}

/** How many of the jobs are not over. */
function liveIn(jobs: readonly JobSeen[]): number {
  return jobs.filter(({ state }) => !isFinal(state)).length;
}
