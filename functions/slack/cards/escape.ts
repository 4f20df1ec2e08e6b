import { userId } from '../inbound/identity.ts';

/** A text of at most `most` UTF-16 units, cut between characters, with an ellipsis where something is missing. */
export function truncate(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, most - 1);
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`;
}

/** The three characters of which Slack makes mentions, links and commands, as their entities. */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Whatever somebody or some provider named, in code font: there Slack makes nothing bold, no emoji and no link of it,
 * and a reader sees that the words are not ours. On one line, without control or bidirectional characters and
 * backticks, and at most `most` characters of it.
 */
export function inCode(text: string, most = 100): string {
  const seen = visible(text, most).replaceAll('`', "'");
  return seen === '' ? '`?`' : `\`${escapeText(truncate(seen, most))}\``;
}

/** A sentence of ours, which should hold nothing foreign: escaped all the same, on one line, without code of its own. */
export function inProse(text: string, most = 600): string {
  return escapeText(truncate(visible(text, most).replaceAll('`', "'"), most));
}

/** A name that is ours to give, such as a connection's, as it is; without whatever Slack would make markup of. */
export function inPlain(text: string, most = 60): string {
  return escapeText(truncate(visible(text, most).replaceAll(/[*_~`:]/g, ''), most));
}

/** What can be seen of the beginning of a text, on one line; enough of it for `most` characters, mostly. */
function visible(text: string, most: number): string {
  return text
    .slice(0, most * 4)
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim();
}

/** A mention of the person, where the id is one of Slack's; anything else is shown as what it is. */
export function mention(user: string): string {
  return userId.safeParse(user).success ? `<@${user}>` : inCode(user);
}

/** Slack's markup, cut to `most` characters without leaving half an entity, half a mention or an open code span. */
export function truncateMarkup(markup: string, most: number): string {
  if (markup.length <= most) return markup;
  const cut = markup.slice(0, most - 2);
  const whole = (cut.isWellFormed() ? cut : cut.slice(0, -1)).replace(/(&[a-z]{0,4}|<[^<>]*)$/, '');
  const open = whole.split('`').length % 2 === 0;
  return `${whole}…${open ? '`' : ''}`;
}
