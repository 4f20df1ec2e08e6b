import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenize } from '../../functions/slack/inbound/tokenize.ts';

const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._~:-]{0,20}[A-Za-z0-9]$/);
/** How Slack and people dress words, one by one and line by line. */
const dressings: readonly ((word: string) => string)[] = [
  (word) => `*${word}*`,
  (word) => `_${word}_`,
  (word) => `~${word}~`,
  (word) => `*_${word}_*`,
  (word) => `\`${word}\``,
  (word) => `“${word}”`,
  (word) => `• ${word}`,
  (word) => `- ${word}`,
  (word) => `&gt; ${word}`,
  (word) => `${word},`,
  (word) => `\u200b${word}\ufeff`,
  (word) => `${word}\r`,
  (word) => word,
];

describe('ids in a command', () => {
  it('are the same however they are dressed', () => {
    const dressed = fc.tuple(id, fc.constantFrom(...dressings));
    fc.assert(
      fc.property(fc.array(dressed, { minLength: 1, maxLength: 6 }), (words) => {
        const text = words.map(([word, dress]) => dress(word)).join('\n');
        expect(tokenize(`sutro ${text}`).words).toEqual(['sutro', ...words.map(([word]) => word)]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('keep the marks that are inside them', () => {
    expect(tokenize('sutro job_a_b~c *job-1* a.b').words).toEqual(['sutro', 'job_a_b~c', 'job-1', 'a.b']);
  });
});
