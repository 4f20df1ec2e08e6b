/** A button of a message. */
export interface ShownButton {
  readonly action_id: string;
  readonly value: string;
}

/** A message of Slack's, as a terminal can show it. */
export interface ShownCard {
  readonly lines: readonly string[];
  /** Numbered from 1 in the lines. */
  readonly buttons: readonly ShownButton[];
}

/** What a person would see of a message: its texts in order, its buttons numbered. Total over any value. */
export function cardText(message: unknown): ShownCard {
  const lines: string[] = [];
  const buttons: ShownButton[] = [];
  const show = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (isButton(value)) {
      const { action_id, value: meaning } = value;
      buttons.push({ action_id, value: meaning });
      const kind = action_id.replace(/^calloff_/, '');
      lines.push(`    [${buttons.length}] ${textIn(value)} (${kind})`);
    } else if ('type' in value && (value.type === 'mrkdwn' || value.type === 'plain_text')) {
      lines.push(...plain('text' in value ? String(value.text) : '').split('\n'));
    } else for (const inner of Object.values(value)) show(inner);
  };
  show(typeof message === 'object' && message !== null && 'blocks' in message ? message.blocks : undefined);
  return { lines, buttons };
}

function isButton(value: object): value is { action_id: string; value: string } {
  return (
    'type' in value &&
    value.type === 'button' &&
    'action_id' in value &&
    typeof value.action_id === 'string' &&
    'value' in value &&
    typeof value.value === 'string'
  );
}

function textIn(value: object): string {
  const { text } = 'text' in value ? Object(value.text) : { text: '' };
  return String(text);
}

/** The entities as their characters, and no control character that a terminal would obey. */
function plain(markup: string): string {
  return markup
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/[^\P{C}\n]/gu, '');
}
