import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../cli/output/display-width.ts';
import { jobTable } from '../../cli/output/job-table.ts';
import { operationReport } from '../../cli/output/operation-report.ts';
import { operationTable } from '../../cli/output/operation-table.ts';
import { outcomeReport } from '../../cli/output/outcome-report.ts';
import { paint, type Style } from '../../cli/output/terminal.ts';
import * as page from '../../console/model/words.js';
import { listCard } from '../../functions/slack/cards/list-card.ts';
import { operationsCard } from '../../functions/slack/cards/operation-card.ts';
import { outcomeMessage } from '../../functions/slack/cards/outcome-message.ts';
import type { OperationView } from '../../shared/contract/answers/operation-schema.ts';
import { operationStates } from '../../shared/contract/operations.ts';
import { countOutcomes, type OutcomeName, outcomeNames, states } from '../../shared/contract/outcome.ts';
import { operationSigns, outcomeSigns, stateSigns, type Tone } from '../../shared/contract/signs.ts';
import { shownIn } from '../support/slack/read-back.ts';
import { pictureTime as now, sampleJob, sampleMessages, sampleOutcome } from '../support/slack/samples.ts';

const terminal = { width: 80, hasColour: false };
const inColour = { width: 80, hasColour: true };
/** A terminal that cannot show the marks. */
const words = { ...terminal, hasMarks: false };
const styles: Record<Tone, Style> = {
  ...{ good: 'green', live: 'green', wait: 'yellow', bad: 'red' },
  ...{ odd: 'magenta', calm: 'cyan', over: 'dim' },
};

const jobIn = (state: (typeof states)[number]) => sampleJob({ provider: 'sutro', job_id: 'job-1', state });
const outcomeOf = (outcome: OutcomeName) =>
  sampleOutcome({ provider: 'sutro', job_id: 'job-1', outcome, state: 'unknown' });
const operationIn = (state: OperationView['state'], outcome: OutcomeName = 'cancelled'): OperationView => ({
  ...{ id: 'op_1', state, caller: 'ada', created_at: '2026-11-22T11:02:00Z', message: 'It is so.' },
  ...{ follow_hours: 24, jobs: 1, duplicates: 0, pending: 0, came_back: 0, not_checked_again: 0 },
  counts: { ...countOutcomes([]), [outcome]: 1 },
  providers: [{ provider: 'sutro', jobs: 1, pending: 0, counts: { ...countOutcomes([]), [outcome]: 1 } }],
});
const slack = (message: unknown) => shownIn(message).join('\n');
const capitalized = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

describe('the mark and the colour of the one table, on page, terminal and Slack card', () => {
  it.each(states)('of a job that is %s', (state) => {
    const sign = stateSigns[state];
    expect(page.stateSign(state)).toEqual(sign);
    const [, row] = jobTable([jobIn(state)], { terminal, now }).split('\n');
    expect(row).toBe(`${sign.mark} ${state}${' '.repeat(Math.max(2, 5 - state.length))}sutro     job-1`);
    const painted = paint(`${sign.mark} ${state}`, styles[sign.tone], inColour);
    expect(jobTable([jobIn(state)], { terminal: inColour, now })).toContain(painted);
    const told = outcomeReport([{ ...outcomeOf('unknown'), state }], inColour);
    expect(told).toContain(painted);
    const narrow = { width: 40, hasColour: true };
    const long = { ...jobIn(state), job_id: 'job-7285cb1b-5196-4078-a999-43b7e87ec028' };
    expect(jobTable([long], { terminal: narrow, now })).toContain(
      paint(`${sign.mark} ${state} (1)`, styles[sign.tone], narrow),
    );
    expect(jobTable([jobIn(state)], { terminal: words, now })).toContain(`\n${state} `);
    const listed = slack(listCard({ jobs: [jobIn(state)], unavailable: [], next_cursor: null }, now));
    expect(listed).toContain(`\`job-1\` · ${sign.mark}\u00a0${sign.word}`);
  });

  it.each(outcomeNames)('of the outcome %s', (outcome) => {
    const sign = outcomeSigns[outcome];
    expect(page.outcomeSign(outcome)).toEqual(sign);
    const painted = paint(`${sign.mark} ${outcome}`, styles[sign.tone], inColour);
    expect(outcomeReport([outcomeOf(outcome)], inColour)).toContain(`\n${painted} `);
    const report = { notable: [], notableCount: 0, message: 'It is so.' };
    const counted = operationReport(operationIn('finished', outcome), report, inColour);
    expect(counted).toContain(`\n${painted} `);
    expect(outcomeReport([outcomeOf(outcome)], words)).toContain(`\n${outcome} `);
    const title = `${sign.mark} *${capitalized(sign.word)}*`;
    const line = slack(outcomeMessage([outcomeOf(outcome)], { now })).split(' · ');
    expect(line.slice(0, 3)).toEqual([title, 'sutro', expect.stringMatching(/^`job-1`/)]);
    const both = [outcomeOf(outcome), outcomeOf(outcome)];
    expect(outcomeMessage(both, { now }).text).toBe(`calloff: 2 jobs: 2 ${sign.word}.`);
  });

  it.each(operationStates)('of an operation that is %s', (state) => {
    const sign = operationSigns[state];
    expect(page.operationSign(state)).toEqual(sign);
    const word = state === 'waiting_for_confirmation' ? 'waiting' : state;
    const painted = paint(`${sign.mark} ${word}`, styles[sign.tone], inColour);
    expect(operationTable([operationIn(state)], inColour, now)).toContain(`\n${painted} `);
    expect(operationTable([operationIn(state)], words, now)).toContain(`\n${word} `);
    const card = slack(operationsCard([operationIn(state)], false, { now, mayResume: () => true }));
    expect(card).toContain(`\n${sign.mark} *${capitalized(sign.word)}* · 1 job · 1 cancelled · `);
  });
});

describe('a mark', () => {
  const tables = [stateSigns, outcomeSigns, operationSigns].map((table) => Object.values(table));
  const marks = tables.flat().map(({ mark }) => mark);

  it('takes one column of a terminal, and is nothing that Slack draws as a picture', () => {
    for (const mark of marks) {
      expect([mark, displayWidth(mark), mark.length]).toEqual([mark, 1, 1]);
      expect(mark).not.toMatch(/\p{Emoji}|[*_~`<>&:]/u);
    }
  });

  it('tells outcomes and states of jobs apart without their colours', () => {
    for (const table of [stateSigns, outcomeSigns]) {
      const own = Object.values(table).map(({ mark }) => mark);
      expect(new Set(own).size).toBe(own.length);
    }
  });

  it('stands alone: no card has an emoji beside it', () => {
    for (const message of Object.values(sampleMessages()))
      expect(slack(message).replaceAll(/`[^`]*`/g, '')).not.toMatch(/:[a-z_]+:/);
  });
});
