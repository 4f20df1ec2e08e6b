import type { KnownBlock } from '@slack/types';

/**
 * A message in the answer to Slack or to a response URL. Notifications and screen readers use `text`, which names no job.
 * `replace_original` replaces the message whose button was pressed.
 */
export interface SlackMessage {
  readonly response_type: 'ephemeral' | 'in_channel';
  readonly replace_original?: boolean;
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
}

/** A message without blocks, in case Slack refuses those. */
export type PlainMessage = Omit<SlackMessage, 'blocks'>;

/** Who sees a message, and whether it replaces the one whose button was pressed. */
export interface Showing {
  /** Everyone in the channel, instead of only the person who asked. */
  readonly inChannel?: boolean;
  readonly replace?: boolean;
}

/** A message; by default only the person who asked sees it. */
export function message(text: string, blocks: readonly KnownBlock[], showing: Showing = {}): SlackMessage {
  return {
    response_type: showing.inChannel ? 'in_channel' : 'ephemeral',
    ...(showing.replace === undefined ? {} : { replace_original: showing.replace }),
    text,
    blocks,
  };
}
