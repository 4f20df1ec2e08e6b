import type { SlackMessage } from '../../../functions/slack/cards/message.ts';

/** A text object somewhere in a message. */
export interface ShownText {
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

/** Every text object of a message, with where it stands. */
export function textsOf(value: unknown, path = ''): ShownText[] {
  if (typeof value !== 'object' || value === null) return [];
  const here =
    'text' in value && typeof value.text === 'string' && 'type' in value
      ? [{ path, type: String(value.type), text: value.text }]
      : [];
  return [...here, ...Object.entries(value).flatMap(([key, inner]) => textsOf(inner, `${path}/${key}`))];
}

/**
 * Slack's limits as its reference gives them, written down here a second time: what is measured is not what built it.
 * @see https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object
 */
const longest: readonly (readonly [RegExp, number])[] = [
  [/\/confirm\/title$/, 100],
  [/\/confirm\/text$/, 300],
  [/\/confirm\/(confirm|deny)$/, 30],
  [/\/(accessory|elements\/\d+)\/text$/, 75],
];

/** Every limit of Slack's that a message breaks, in words. */
export function brokenLimits(message: Pick<SlackMessage, 'text' | 'blocks'>): string[] {
  const faults: string[] = [];
  const blame = (wrong: boolean, what: string) => wrong && faults.push(what);
  blame(message.blocks.length === 0 || message.blocks.length > 50, `${message.blocks.length} blocks`);
  blame(message.text === '' || message.text.length > 3_000, 'the text for notifications');
  let whole = 0;
  for (const { path, type, text } of textsOf(message.blocks)) {
    const most = longest.find(([place]) => place.test(path))?.[1] ?? 3_000;
    blame(text.length === 0 || text.length > most, `${text.length} characters at ${path}`);
    blame(!text.isWellFormed(), `half a character at ${path}`);
    if (type === 'mrkdwn') blame((text.split('`').length - 1) % 2 === 1, `an open code span at ${path}`);
    whole += text.length;
  }
  // Not documented: posts were refused from some 13,200 on (bolt-js issue 2509). We promise less.
  blame(whole > 10_000, `${whole} characters in all`);
  for (const block of message.blocks) {
    if (block.type === 'header') blame(block.text.text.length > 150, 'a heading that is too long');
    if (block.type === 'context') blame(block.elements.length > 10, 'a context of too many elements');
    if (block.type === 'actions') blame(block.elements.length > 25, 'too many buttons');
  }
  for (const { action_id, value } of buttonsOf(message)) {
    blame(action_id.length > 255 || value.length === 0 || value.length > 2_000, `the value of ${action_id}`);
  }
  return faults;
}

/** Every button of a message, by action and value. */
export function buttonsOf(value: unknown): { readonly action_id: string; readonly value: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const here =
    'type' in value && value.type === 'button' && 'action_id' in value && 'value' in value
      ? [{ action_id: String(value.action_id), value: String(value.value) }]
      : [];
  return [...here, ...Object.values(value).flatMap(buttonsOf)];
}

/** Everything in a message that Slack would take for a mention, a link, a command or an entity that is not written out. */
export function liveMarkup(message: Pick<SlackMessage, 'blocks'>): string[] {
  return textsOf(message.blocks).flatMap(({ text }) => text.match(/<[^>]*>?|>|&(?!(amp|lt|gt);)/g) ?? []);
}
