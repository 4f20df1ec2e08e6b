import type { KnownBlock } from '@slack/types';
import type { SlackMessage } from '../../../functions/slack/cards/message.ts';

const style = `
  body { margin: 0; background: #fff; font: 15px/22px Lato, sans-serif; color: #1d1c1d; }
  main { padding: 14px 20px; width: 680px; }
  .message { display: flex; gap: 8px; }
  .icon { width: 36px; height: 36px; border-radius: 4px; background: #7a1f1f; color: #fff; font: 900 20px/36px Lato; text-align: center; flex: none; }
  .body { flex: 1; min-width: 0; }
  .who b { font-weight: 900; } .who small { color: #616061; font-size: 12px; margin-left: 4px; }
  .who i { font: 700 10px/14px Lato; background: #ddd; color: #616061; padding: 1px 3px; border-radius: 2px; margin-left: 4px; }
  .only { color: #616061; font-size: 12px; line-height: 18px; margin-bottom: 4px; }
  .section { display: flex; gap: 16px; margin: 4px 0; align-items: flex-start; } .section > div { flex: 1; min-width: 0; overflow-wrap: anywhere; }
  h3 { font: 900 18px/24px Lato; margin: 4px 0; }
  .context { color: #616061; font-size: 12px; line-height: 18px; margin: 4px 0; }
  .actions { margin: 8px 0; display: flex; gap: 8px; }
  button { font: 700 13px/26px Lato; padding: 0 12px; border-radius: 4px; border: 1px solid #bbb; background: #fff; color: #1d1c1d; flex: none; }
  button.primary { background: #007a5a; border-color: #007a5a; color: #fff; } button.danger { background: #e01e5a; border-color: #e01e5a; color: #fff; }
  code { font: 12px/18px "Liberation Mono", monospace; color: #c01343; background: #f8f8f8; border: 1px solid #ddd; border-radius: 3px; padding: 1px 3px; overflow-wrap: anywhere; }
  .mention { background: #e8f5fa; color: #1264a3; border-radius: 3px; padding: 0 2px; }
  hr { border: 0; border-top: 1px solid #ddd; margin: 10px 0; }
`;

const eye =
  '<svg width="14" height="9" viewBox="0 0 14 9"><path d="M.7 4.5Q7-3 13.3 4.5 7 12 .7 4.5z" fill="none" stroke="#616061"/><circle cx="7" cy="4.5" r="2" fill="#616061"/></svg>';

/** A page that shows a message much as Slack's own client does. `people` gives user ids their names. */
export function messagePage(message: SlackMessage, people: Readonly<Record<string, string>> = {}): string {
  const only =
    message.response_type === 'ephemeral' ? `<div class="only">${eye} Only visible to you</div>` : '';
  return `<!doctype html><meta charset="utf-8"><style>${style}</style><main>${only}<div class="message">
    <div class="icon">c</div><div class="body"><div class="who"><b>calloff</b><i>APP</i><small>2:13 PM</small></div>
    ${message.blocks.map((block) => blockHtml(block, people)).join('\n')}</div></div></main>`;
}

function blockHtml(block: KnownBlock, people: Readonly<Record<string, string>>): string {
  switch (block.type) {
    case 'header':
      return `<h3>${escapeHtml(block.text.text)}</h3>`;
    case 'section': {
      const side = block.accessory === undefined ? '' : buttonHtml(block.accessory);
      return `<div class="section"><div>${markupHtml(block.text?.text ?? '', people)}</div>${side}</div>`;
    }
    case 'context':
      return `<div class="context">${block.elements
        .map((element) => ('text' in element ? markupHtml(element.text, people) : ''))
        .join(' ')}</div>`;
    case 'actions':
      return `<div class="actions">${block.elements.map(buttonHtml).join('')}</div>`;
    default:
      throw new Error(`no picture of a ${block.type}`);
  }
}

function buttonHtml(element: { readonly type: string }): string {
  if (!('text' in element) || typeof element.text !== 'object' || element.text === null) return '';
  const label = 'text' in element.text ? String(element.text.text) : '';
  const look = 'style' in element ? String(element.style) : '';
  return `<button class="${escapeHtml(look)}">${escapeHtml(label)}</button>`;
}

/** Slack's markup as HTML. Outside code: bold, italic, strike; everywhere: entities, mentions and line breaks. */
export function markupHtml(markup: string, people: Readonly<Record<string, string>> = {}): string {
  return markup
    .split(/(`[^`\n]+`)/)
    .map((part) =>
      /^`[^`]+`$/.test(part) ? `<code>${escapeHtml(decode(part.slice(1, -1)))}</code>` : styled(part, people),
    )
    .join('')
    .replaceAll('\n', '<br>');
}

function styled(text: string, people: Readonly<Record<string, string>>): string {
  const mentions = text.split(/(<@[UW][A-Z0-9]+>)/).map((part) => {
    const id = /^<@([UW][A-Z0-9]+)>$/.exec(part)?.[1];
    if (id !== undefined) return `<span class="mention">@${escapeHtml(people[id] ?? id)}</span>`;
    return escapeHtml(decode(part))
      .replace(/(?<![\w*])\*(?!\s)([^*\n]+?)(?<!\s)\*(?![\w*])/g, '<b>$1</b>')
      .replace(/(?<!\w)_(?!\s)([^_\n]+?)(?<!\s)_(?!\w)/g, '<em>$1</em>')
      .replace(/(?<!\w)~(?!\s)([^~\n]+?)(?<!\s)~(?!\w)/g, '<s>$1</s>');
  });
  return mentions.join('');
}

function decode(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
