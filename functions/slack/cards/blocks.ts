import type {
  ActionsBlock,
  Button,
  ConfirmationDialog,
  ContextBlock,
  HeaderBlock,
  KnownBlock,
  MrkdwnElement,
  PlainTextElement,
  SectionBlock,
} from '@slack/types';
import { truncate, truncateMarkup } from './escape.ts';

/**
 * Slack's limits, in UTF-16 units and counts. The limit of `text` over all blocks of a message is not documented: Slack
 * refuses posts above some 13,200 characters.
 * @see https://docs.slack.dev/reference/block-kit
 * @see https://github.com/slackapi/bolt-js/issues/2509
 */
export const limits = {
  blocks: 50,
  sectionText: 3_000,
  headerText: 150,
  /** Slack takes 3,000; calloff's small print is shorter. */
  contextText: 900,
  buttonText: 75,
  buttonValue: 2_000,
  actionElements: 25,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  messageText: 10_000,
} as const;

/** The question before a button takes effect. It proves nothing: the press is checked again. */
export interface Dialog {
  readonly title: string;
  /** Slack's markup. */
  readonly text: string;
  readonly confirm: string;
  readonly deny: string;
}

interface ButtonParts {
  readonly text: string;
  readonly action: string;
  readonly value: string;
  readonly style?: 'primary' | 'danger';
  readonly dialog?: Dialog;
}

/** A line of a message in Slack's markup, perhaps with a button beside it. */
export interface Row {
  readonly markup: string;
  readonly button?: Button | undefined;
}

interface Layout {
  readonly head: readonly KnownBlock[];
  readonly rows: readonly Row[];
  /** The line, in markup, that says how many rows are not shown. */
  more(omitted: number): string;
  readonly tail: readonly KnownBlock[];
}

/** A heading, in plain text. */
export function header(text: string): HeaderBlock {
  return { type: 'header', text: plainText(text, limits.headerText) };
}

/** A paragraph in Slack's markup, perhaps with a button beside it. */
export function section(markup: string, button?: Button): SectionBlock {
  const block: SectionBlock = { type: 'section', text: markupText(markup, limits.sectionText) };
  return button === undefined ? block : { ...block, accessory: button };
}

/** A paragraph in small print. */
export function context(markup: string): ContextBlock {
  return { type: 'context', elements: [markupText(markup, limits.contextText)] };
}

/** A row of buttons. */
export function actionsBlock(...buttons: Button[]): ActionsBlock {
  return { type: 'actions', elements: buttons.slice(0, limits.actionElements) };
}

/**
 * A button.
 * @throws {RangeError} if its value is longer than Slack takes: a cut value would mean something else.
 */
export function button({ text, action, value, style, dialog }: ButtonParts): Button {
  if (!fitsButton(value)) throw new RangeError('the value of a button is empty or too long');
  return {
    type: 'button',
    text: plainText(text, limits.buttonText),
    action_id: action,
    value,
    ...(style === undefined ? {} : { style }),
    ...(dialog === undefined ? {} : { confirm: confirmation(dialog) }),
  };
}

/** Whether Slack takes this as the value of a button. */
export function fitsButton(value: string): boolean {
  return value.length > 0 && value.length <= limits.buttonValue;
}

/**
 * Head, rows and tail, within the limits of one message. Rows without a button are joined into sections; if not all rows
 * fit, a line says how many are missing.
 */
export function layOut({ head, rows, more, tail }: Layout): KnownBlock[] {
  const body: SectionBlock[] = [];
  let room = limits.messageText - textLength([...head, ...tail]) - more(rows.length).length;
  const mostBlocks = limits.blocks - head.length - tail.length - 1;
  for (const [index, row] of rows.entries()) {
    const alone = section(row.markup, row.button);
    const joined = row.button === undefined ? joinedWith(body.at(-1), alone) : undefined;
    room -= textLength([alone]) + 1;
    if (room < 0 || (joined === undefined && body.length >= mostBlocks))
      return [...head, ...body, context(more(rows.length - index)), ...tail];
    if (joined === undefined) body.push(alone);
    else body.splice(-1, 1, joined);
  }
  return [...head, ...body, ...tail];
}

/** Two sections as one, if the first has no button and both fit. */
function joinedWith(last: SectionBlock | undefined, next: SectionBlock): SectionBlock | undefined {
  if (last === undefined || last.accessory !== undefined) return undefined;
  const text = `${last.text?.text ?? ''}\n${next.text?.text ?? ''}`;
  return text.length > limits.sectionText ? undefined : section(text);
}

/** The number of characters in blocks, with their markup. */
function textLength(blocks: readonly KnownBlock[]): number {
  let length = 0;
  JSON.stringify(blocks, (key, value: unknown) => {
    if (key === 'text' && typeof value === 'string') length += value.length;
    return value;
  });
  return length;
}

function confirmation({ title, text, confirm, deny }: Dialog): ConfirmationDialog {
  return {
    title: plainText(title, limits.confirmTitle),
    text: markupText(text, limits.confirmText),
    confirm: plainText(confirm, limits.confirmButton),
    deny: plainText(deny, limits.confirmButton),
    style: 'danger',
  };
}

function plainText(text: string, most: number): PlainTextElement {
  return { type: 'plain_text', text: truncate(present(text), most), emoji: false };
}

/** `verbatim`: Slack makes no links of text that looks like a URL, a channel or a name. */
function markupText(markup: string, most: number): MrkdwnElement {
  return { type: 'mrkdwn', text: truncateMarkup(present(markup), most), verbatim: true };
}

/** Slack refuses empty text and unpaired surrogates. */
function present(text: string): string {
  return text.trim() === '' ? '–' : text.toWellFormed();
}
