import { describe, expect, test } from 'vitest';
import { readCommandText } from '../../functions/slack/inbound/command-text.ts';
import { plainSentence, tokenize } from '../../functions/slack/inbound/tokenize.ts';
import { providerIds } from '../../shared/contract/provider-ids.ts';
import { readRetryAfter } from '../../shared/http/retry-after.ts';
import { probeOf } from '../../shared/laws/law.ts';
import { withOnePartEdited } from '../../shared/laws/parts/json-edits.ts';
import { containsName, foldName, trimInvisible } from '../../shared/lib/names.ts';
import { plainText } from '../../shared/lib/text.ts';
import { matchesName } from '../../shared/lib/wildcard.ts';
import { adapters } from '../fixtures/adapters.ts';
import { fixtures } from '../fixtures/index.ts';
import { exchangesOf } from '../fixtures/scenario.ts';
import { providerNames } from '../support/harness.ts';
import { cases } from '../support/thorough.ts';

/** Pieces that begin what a pattern looks for, and never let it end. */
const pieces = [
  'job ',
  'job not ',
  'batch',
  '/',
  'a',
  ' ',
  '\u200b',
  '<',
  '<a|',
  '*_',
  '"',
  '1',
  '-',
  'Z+0',
  'T ',
  ':',
];
/** Up to what is read of an answer. A reader that takes time with the square of the length fails before it gets there. */
const lengths = cases(
  [32_000, 128_000, 512_000, 1_000_000],
  (length) => length === 32_000 || length === 128_000,
);
/** Milliseconds of the processor: some hundred times what a reader takes for a million characters. */
const mostMs = 1_000;

function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** The first length that takes too long. */
function tooLong(read: (text: string) => unknown, piece: string): string | undefined {
  for (const length of lengths) {
    const text = piece.repeat(length / piece.length);
    const took = cpuMs(() => read(text));
    if (took > mostMs) return `${length} characters of ${JSON.stringify(piece)} took ${Math.round(took)} ms`;
  }
  return undefined;
}

function slowestOf(read: (text: string) => unknown): (string | undefined)[] {
  return pieces.map((piece) => tooLong(read, piece)).filter((found) => found !== undefined);
}

describe.each(providerNames)('what %s answers', (id) => {
  const { jobId } = fixtures[id];
  const refused = exchangesOf(fixtures[id]).filter(([, { response }]) => response.status === 404);

  test('is read in time that grows with its length, wherever in a 404 the long text stands', () => {
    const slow = refused.flatMap(([, exchange]) => {
      const probe = probeOf(adapters[id], exchange, jobId);
      return slowestOf((text) => {
        for (const body of withOnePartEdited(exchange.response.body, () => text))
          probe?.read({ status: 404, body });
      });
    });
    expect(refused).not.toEqual([]);
    expect(slow).toEqual([]);
  }, 120_000);

  test('is read in time that grows with its length, wherever in a job the long text stands', () => {
    const slow = slowestOf((text) => {
      for (const body of withOnePartEdited(fixtures[id].lookBody('failed'), () => text))
        adapters[id].status.read({ status: 200, body }, jobId);
    });
    expect(slow).toEqual([]);
  }, 120_000);
});

/** Everything else that reads text of others. */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  'what can be shown of a text': plainText,
  'a name, to be compared': foldName,
  'a part in a name': (text) => containsName(text, `${text}x`),
  'a name against a rule': (text) => matchesName('*a*job*', text),
  'a word from a file': trimInvisible,
  'a header that says when': (text) => readRetryAfter(text, 0),
  'words of Slack': tokenize,
  'a sentence of Slack': plainSentence,
  'a command of Slack': (text) => readCommandText(`ionq ${text}`, providerIds),
  'a reason in Slack': (text) => readCommandText(`ionq x because ${text}`, providerIds),
};

test.each(Object.entries(readers))(
  '%s is read in time that grows with its length',
  (_name, read) => {
    expect(slowestOf(read)).toEqual([]);
  },
  120_000,
);
