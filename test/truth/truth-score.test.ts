import { readFileSync } from 'node:fs';
import { expect, it, test } from 'vitest';
import { inPlace } from '../../bench/page.ts';
import { truthCases } from '../../bench/truth/cases.ts';
import type { Contestant } from '../../bench/truth/contestant.ts';
import { claimsOf } from '../../bench/truth/contestants/calloff-answer.ts';
import { claimOfError } from '../../bench/truth/contestants/client-error.ts';
import { rawFetch } from '../../bench/truth/contestants/raw-fetch.ts';
import { pictureOf } from '../../bench/truth/picture.ts';
import { runContestant } from '../../bench/truth/run.ts';
import { type Claim, missedBy, type Score, scoreOf, tallyOf } from '../../bench/truth/score.ts';
import { type Row, scoresOf, tablesOf } from '../../bench/truth/table.ts';
import { faultSchema } from '../../sandbox/faults/fault.ts';
import type { FinalState, JobState } from '../../sandbox/jobs/job.ts';
import { twinNames } from '../../sandbox/providers/index.ts';
import { page, sectionOf } from '../support/documents.ts';
import { accepted, connectionTo, context, gatewayOver } from '../support/harness.ts';

/** calloff in this process, which starts sooner than on its surfaces. */
const calloffHere: Contestant = {
  name: 'calloff',
  atOnce: { quick: 40, slow: 0 },
  async open(accounts) {
    const connections = [...accounts].map(([name, account]) => connectionTo(account.provider, account, name));
    const gateway = gatewayOver(connections, { budgetMs: 6_000 });
    return {
      async ask({ name, ids }) {
        const jobs = ids.map((job_id) => ({ provider: name, job_id }));
        return claimsOf(accepted(await gateway.cancelJobs({ jobs, wait_seconds: 2 }, context)), ids);
      },
      close: async () => undefined,
    };
  },
};

const quick = truthCases().filter(({ isSlow, isStatusFalse }) => !isSlow && !isStatusFalse);
/** A prime, so that every moment and size is among them. */
const sample = quick.filter((_, index) => index % 19 === 0);

async function rowOf(contestant: Contestant): Promise<Row> {
  return { name: contestant.name, results: await runContestant(contestant, sample) };
}

it('finds nothing false and nothing lost in what calloff says, and false words in those of a fetch that believes a 2xx', async () => {
  const rows = await Promise.all([rowOf(calloffHere), rowOf({ ...rawFetch, atOnce: calloffHere.atOnce })]);
  const [calloff, fetching] = rows.map((row) => tallyOf(scoresOf(row)));
  expect(calloff).toMatchObject({ falseCancelled: 0, falseFailed: 0, lost: 0 });
  expect(calloff?.so).toBeGreaterThan(40);
  expect(fetching?.falseCancelled).toBeGreaterThan(8);
  const tables = tablesOf(rows);
  expect(tables).toMatch(/^\| calloff \| \d+ \| \d+ \([\d.]+ %\) \| 0 \| 0 \| /m);
  for (const scheme of ['light', 'dark'] as const)
    expect(pictureOf(rows, scheme)).toMatch(/>calloff<\/text>/);
});

it('has every fault with every moment, for one job and for several', () => {
  const all = truthCases();
  const kinds = new Set(all.map(({ fault }) => fault.kind));
  expect(kinds.size).toBe(faultSchema.options.length);
  for (const kind of kinds) {
    const ofKind = all.filter(({ fault }) => fault.kind === kind);
    expect(new Set(ofKind.map(({ moment, jobs }) => `${moment} ${jobs}`)).size).toBe(6);
  }
});

it('gives every provider every moment, for one job and for several', () => {
  const all = truthCases();
  for (const provider of twinNames) {
    const there = all.filter((each) => each.provider === provider);
    expect(there.length).toBeGreaterThan(40);
    expect(new Set(there.map(({ moment, jobs }) => `${moment} ${jobs}`)).size).toBe(6);
  }
});

test.each<[Claim, Partial<Record<JobState | FinalState, Score>>]>([
  [
    'cancelled',
    { cancelled: 'so', completed: 'falseCancelled', running: 'falseCancelled', cancelling: 'falseCancelled' },
  ],
  ['finished', { completed: 'so', failed: 'so', cancelled: 'falseFailed', running: 'falseFailed' }],
  ['not cancelled', { running: 'so', completed: 'so', cancelled: 'falseFailed' }],
  ['no such job', { running: 'falseFailed', cancelled: 'falseFailed' }],
  ['open', { running: 'open', cancelled: 'open' }],
  ['nothing', { running: 'lost', cancelled: 'lost' }],
])('holds "%s" against the state of the job', (claim, expected) => {
  for (const [state, score] of Object.entries(expected)) {
    const found = ['cancelled', 'completed', 'failed', 'running', 'cancelling'] as const;
    const truth = found.find((each) => each === state);
    expect([state, truth && scoreOf(claim, truth)]).toEqual([state, score]);
  }
});

test.each<[object, Claim]>([
  [{ name: 'Error', message: '409 Conflict', status: 409, code: null }, 'not cancelled'],
  [{ name: 'Error', message: 'gone', statusCode: 404 }, 'no such job'],
  [{ name: 'TypeError', message: 'fetch failed' }, 'open'],
  [{ name: 'SyntaxError', message: 'Unexpected token' }, 'nothing'],
])('reads what an error of a client says: %j', (error, claim) => {
  expect(claimOfError(error)).toBe(claim);
});

it('misses its aim by one false claim, one lost job, or a tenth left open', () => {
  const most = Array.from({ length: 18 }, (): Score => 'so');
  expect(missedBy([...most, 'so', 'open'])).toEqual([]);
  expect(missedBy([...most, 'open', 'open'])).toHaveLength(1);
  for (const score of ['falseCancelled', 'falseFailed', 'lost'] as const)
    expect(missedBy([...most, score])).toHaveLength(1);
});

it('fills the marked place of a page, and no other', () => {
  const text = 'before <!-- generated: truth score -->old<!-- end --> after';
  expect(inPlace(text, 'truth score', 'new')).toBe(
    'before <!-- generated: truth score -->\n\nnew\n\n<!-- end --> after',
  );
  expect(() => inPlace('no place', 'truth score', 'new')).toThrow('no place');
});

it('is on the page of benchmarks, with 0 false and 0 lost on every surface, and with its picture', () => {
  const section = sectionOf(page('docs/benchmarks.md'), 'The truth score');
  for (const surface of ['HTTP', 'MCP', 'CLI'])
    expect(section).toMatch(
      new RegExp(
        `^\\| calloff, ${surface} \\| \\d+ \\| \\d+ \\([\\d.]+ %\\) \\| 0 \\| 0 \\| \\d+ \\(\\d\\.\\d %\\) \\| 0 \\|$`,
        'm',
      ),
    );
  for (const scheme of ['light', 'dark']) {
    expect(section).toContain(`pictures/truth-${scheme}.svg`);
    expect(readFileSync(`docs/pictures/truth-${scheme}.svg`, 'utf8')).toContain('>calloff, HTTP</text>');
  }
});
