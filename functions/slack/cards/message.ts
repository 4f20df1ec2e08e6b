import type { KnownBlock } from '@slack/types';

/**
 * What Slack is answered, or sent through a response URL. `text` is what notifications and screen readers get; it
 * names no job. `replace_original` puts it in the place of the message whose button was pressed.
 */
export interface SlackMessage {
  readonly response_type: 'ephemeral' | 'in_channel';
  readonly replace_original?: boolean;
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
}

/** A message without blocks, for when Slack would not take those. */
export type PlainMessage = Omit<SlackMessage, 'blocks'>;

/** Who sees a message, and whether it takes the place of the one whose button was pressed. */
export interface Showing {
  /** Everybody in the channel instead of only the person who asked. */
  readonly inChannel?: boolean;
  readonly replace?: boolean;
}

/** A message that only the person who asked sees, unless told otherwise. */
export function message(text: string, blocks: readonly KnownBlock[], showing: Showing = {}): SlackMessage {
  return {
    response_type: showing.inChannel ? 'in_channel' : 'ephemeral',
    ...(showing.replace === undefined ? {} : { replace_original: showing.replace }),
    text,
    blocks,
  };
}
