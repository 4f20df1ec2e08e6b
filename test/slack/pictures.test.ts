import { readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { markupHtml, messagePage } from '../support/slack/block-kit-html.ts';
import { brokenLimits } from '../support/slack/limits.ts';
import { sampleMessages } from '../support/slack/samples.ts';

const samples = Object.entries(sampleMessages());

describe('the pictures of the documentation', () => {
  it.each(['slack-outcomes', 'slack-list', 'slack-confirmation'])('hold %s, in less than 60 kB', (name) => {
    const file = `docs/pictures/${name}.png`;
    expect(readFileSync(file).subarray(1, 4).toString()).toBe('PNG');
    expect(statSync(file).size).toBeLessThan(60_000);
    expect(Object.keys(sampleMessages())).toContain(name);
  });

  it.each(samples)('are of messages that Slack would take: %s', (_, message) => {
    expect(brokenLimits(message)).toEqual([]);
    expect(messagePage(message)).toContain('<main>');
  });
});

describe("Slack's markup as HTML", () => {
  it.each([
    ['*bold* _it_ ~no~', '<b>bold</b> <em>it</em> <s>no</s>'],
    ['snake_case_name 2*3*4', 'snake_case_name 2*3*4'],
    ['`*a* &lt;!here&gt;`', '<code>*a* &lt;!here&gt;</code>'],
    ['a &amp;lt; b\nc', 'a &amp;lt; b<br>c'],
    ['<@U1> <@u1>', '<span class="mention">@maya</span> &lt;@u1&gt;'],
  ])('%j', (markup, html) => {
    expect(markupHtml(markup, { U1: 'maya' })).toBe(html);
  });
});
