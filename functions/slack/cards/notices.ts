import type { CommandFault } from '../inbound/command-text.ts';
import { faultSentence } from '../wording/faults.ts';
import { frontSentences } from '../wording/front-sentences.ts';
import { operationSentences } from '../wording/operations.ts';
import { sentences } from '../wording/sentences.ts';
import { context, layOut, section } from './blocks.ts';
import { message, type Showing, type SlackMessage } from './message.ts';

/** The commands. The first connection serves as the example. */
export function helpCard(connections: readonly string[]): SlackMessage {
  const [example = 'PROVIDER'] = connections;
  const lines = frontSentences.help(example).map((line) => `• ${line}`);
  return message(`calloff: ${frontSentences.helpTitle}`, [
    section([`*${frontSentences.helpTitle}*`, ...lines].join('\n')),
    ...(connections.length === 0 ? [] : [context(frontSentences.helpProviders(connections))]),
  ]);
}

/** Every fault of a command. */
export function faultCard(faults: readonly CommandFault[]): SlackMessage {
  return listed(frontSentences.faultTitle, faults.map(faultSentence), [context(frontSentences.faultHint)]);
}

/** Why nothing was done, in Slack's markup: a refusal, or the faults of the request. */
export function refusalNotice(reasons: readonly string[]): SlackMessage {
  return listed(sentences.refusedTitle, reasons, []);
}

/** One of calloff's sentences, in Slack's markup. */
export function notice(markup: string, showing: Showing = {}): SlackMessage {
  return message(sentences.noticeText, [section(markup)], showing);
}

/** Replaces a question that was answered yes, so that it cannot be answered again. */
export function answeredNotice(): SlackMessage {
  return notice(sentences.answered, { replace: true });
}

/** Replaces a question that was answered no. */
export function keptNotice(user: string): SlackMessage {
  return notice(sentences.kept(user), { replace: true });
}

/** Replaces a question about another's request by its answer. `about`: what was asked. */
export function settledNotice(answer: string, about: string): SlackMessage {
  return message(sentences.noticeText, [section(answer), context(about)], { replace: true });
}

/** Replaces a question about an operation that was answered no. */
export function leftNotice(user: string): SlackMessage {
  return notice(operationSentences.left(user), { replace: true });
}

/** Replaces a question that has expired or cannot be answered from here. */
export function expiredNotice(): SlackMessage {
  return notice(sentences.expired, { replace: true });
}

function listed(title: string, lines: readonly string[], tail: ReturnType<typeof context>[]): SlackMessage {
  const rows = lines.map((line) => ({ markup: `• ${line}` }));
  const blocks = layOut({ head: [section(`*${title}*`)], rows, more: sentences.moreOutcomes, tail });
  return message(`calloff: ${title}`, blocks);
}
