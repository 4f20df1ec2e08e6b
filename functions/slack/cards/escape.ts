import { userId } from '../inbound/identity.ts';

/** A text of at most `most` UTF-16 units, cut between characters, with an ellipsis if it was cut. */
export function truncate(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, most - 1);
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}…`;
}

/** Escapes the three characters that Slack uses for mentions, links and commands. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Text from a person or provider, in code font: Slack then renders no bold, no emoji and no link, and a reader sees that
 * the words are not calloff's. On one line, without control characters, bidirectional characters and backticks, and at
 * most `most` characters.
 */
export function inCode(text: string, most = 100): string {
  const seen = visible(text, most).replaceAll('`', "'");
  return seen === '' ? '`?`' : `\`${escapeText(truncate(seen, most))}\``;
}

/** calloff's own sentence. It should hold no foreign text, but is escaped anyway, on one line, without code spans. */
export function inProse(text: string, most = 600): string {
  return escapeText(truncate(visible(text, most).replaceAll('`', "'"), most));
}

/** A name from the configuration, such as a connection's, without characters that Slack treats as markup. */
export function inPlain(text: string, most = 60): string {
  return escapeText(truncate(visible(text, most).replaceAll(/[*_~`:]/g, ''), most));
}

/** The visible characters of the beginning of a text, on one line, usually enough for `most` characters. */
function visible(text: string, most: number): string {
  return text
    .slice(0, most * 4)
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim();
}

/** A mention of the person, if the id has Slack's form; otherwise the text in code font. */
export function mention(user: string): string {
  return userId.safeParse(user).success ? `<@${user}>` : inCode(user);
}

/** Slack's markup, cut to `most` characters, never within an entity, a mention or a code span. */
export function truncateMarkup(markup: string, most: number): string {
  if (markup.length <= most) return markup;
  const cut = markup.slice(0, most - 2);
  const whole = (cut.isWellFormed() ? cut : cut.slice(0, -1)).replace(/(&[a-z]{0,4}|<[^<>]*)$/, '');
  const open = whole.split('`').length % 2 === 0;
  return `${whole}…${open ? '`' : ''}`;
}
