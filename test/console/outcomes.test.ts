import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterPress, isOpenEnded, settled, unpressed, withOutcomes } from '../../console/model/outcomes.js';
import { merged } from '../../console/model/rows.js';
import {
  age,
  askedText,
  costText,
  counted,
  operationStates,
  outcomeOrder,
  outcomeSign,
  stateSign,
} from '../../console/model/words.js';
import type { JobView, Outcome, Pressed } from '../../console/types.d.ts';
import * as contract from '../../shared/contract/operations.ts';
import { outcomeNames, states } from '../../shared/contract/outcome.ts';

const evidence = { source: 'status', provider_status: 'x', observed_at: '2026-11-29T00:00:02Z' } as const;
const outcome = (more: Partial<Outcome> = {}): Outcome => ({
  ...{ provider: 'ionq', job_id: 'a', outcome: 'cancelled', state: 'cancelled', retryable: false },
  ...{ evidence, message: 'It is cancelled.' },
  ...more,
});
const seen = (observed_at: string): JobView => ({
  ...{ provider: 'ionq', job_id: 'a', state: 'running' },
  evidence: { source: 'status', provider_status: 'y', observed_at },
});
/** The page with one job, which was pressed. */
const pageOf = (
  pressed: Pressed = { phase: 'stopping', wasTicked: 'running' },
  at = '2026-11-29T00:00:01Z',
) => ({
  pressed: new Map([['ionq/a', pressed]]),
  ticked: new Map<string, string>(),
  list: { rows: [{ key: 'ionq/a', job: seen(at) }], readings: new Map() },
});

describe('an outcome in its row', () => {
  it('ends the stopping only if it says that the job is over, and ticks the job again only if it may succeed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...outcomeNames), fc.boolean(), (name, retryable) => {
        const { pressed, ticked } = withOutcomes(pageOf(), [outcome({ outcome: name, retryable })]);
        const over = ['cancelled', 'already_cancelled', 'already_finished', 'not_found'].includes(name);
        const phase = over ? 'over' : name === 'cancelling' ? 'stopping' : 'open';
        expect(pressed.get('ionq/a')?.phase).toBe(phase);
        expect(ticked.has('ionq/a')).toBe(retryable);
      }),
    );
  });

  it('does not tick a job that was pressed alone, without a tick: that would hide the buttons of all rows', () => {
    const failed = outcome({ outcome: 'failed', retryable: true });
    const page = { ...pageOf(), ...afterPress({ pressed: new Map(), ticked: new Map() }, ['ionq/a']) };
    expect(withOutcomes(page, [failed]).ticked.size).toBe(0);
    const accepted = withOutcomes(page, [outcome({ outcome: 'cancelling' })], 'op_1');
    expect(withOutcomes(accepted, [failed], 'op_1').ticked.size).toBe(0);
  });

  it('ticks a job again that was ticked at the press, also if its stop was accepted first', () => {
    const ticked = new Map([['ionq/a', 'running']]);
    const page = { ...pageOf(), ...afterPress({ pressed: new Map(), ticked }, ['ionq/a'], 'op_1') };
    const accepted = withOutcomes(page, [outcome({ outcome: 'cancelling' })], 'op_1');
    const failed = outcome({ outcome: 'failed', retryable: true });
    expect([...withOutcomes(accepted, [failed], 'op_1').ticked.keys()]).toEqual(['ionq/a']);
  });

  it('does not tick again what the person has unticked since', () => {
    const failed = outcome({ outcome: 'failed', retryable: true });
    const once = withOutcomes(pageOf(), [failed], 'op_1');
    const unticked = { ...once, ticked: new Map() };
    expect(withOutcomes(unticked, [failed], 'op_1').ticked.size).toBe(0);
  });

  it('of an earlier operation says nothing about a later press', () => {
    const page = pageOf({ phase: 'stopping', operation: 'op_2' });
    expect(withOutcomes(page, [outcome()], 'op_1').pressed.get('ionq/a')?.phase).toBe('stopping');
  });

  it('shows the state that it saw, unless the row was read later or the outcome saw none', () => {
    const stateAfter = (each: Outcome, at?: string) =>
      withOutcomes(pageOf(undefined, at), [each]).list.rows[0]?.job.state;
    expect(stateAfter(outcome())).toBe('cancelled');
    expect(stateAfter(outcome(), '2026-11-29T00:00:03Z')).toBe('running');
    const none = { source: 'none', provider_status: null, observed_at: null } as const;
    expect(stateAfter(outcome({ evidence: none, state: 'unknown' }))).toBe('running');
  });

  it('belongs to jobs that are ticked no more once they are pressed', () => {
    const { pressed, ticked } = afterPress(
      {
        pressed: new Map(),
        ticked: new Map([
          ['ionq/a', 'running'],
          ['b/c', 'queued'],
        ]),
      },
      ['ionq/a'],
      'op_1',
    );
    expect([...ticked.keys()]).toEqual(['b/c']);
    expect(pressed.get('ionq/a')).toEqual({ phase: 'stopping', operation: 'op_1', wasTicked: 'running' });
  });
});

describe('a press that calloff did not carry out, or may have', () => {
  const ticked = new Map([['ionq/a', 'queued']]);

  it('leaves the page as before it if nothing was stopped', () => {
    const pressed = afterPress({ pressed: new Map(), ticked }, ['ionq/a']);
    expect(unpressed(pressed, 'ionq/a', 'failed')).toEqual({ pressed: new Map(), ticked });
  });

  it('keeps the row of a job that may have been stopped, until it is seen to be over', () => {
    const before = pageOf();
    const lost = unpressed(
      afterPress({ pressed: new Map(), ticked: new Map() }, ['ionq/a']),
      'ionq/a',
      'lost',
    );
    expect(lost.ticked.size).toBe(0);
    // The list has it no longer, because it was stopped after all.
    const [row] = merged({ ...before, ...lost }, 'ionq', []);
    expect(row).toMatchObject({ key: 'ionq/a', isKept: true });
    const of = (state: JobView['state']) => ({ key: 'ionq/a', job: { ...seen(''), state } });
    expect(isOpenEnded(of('running'), lost.pressed)).toBe(true);
    expect(isOpenEnded(of('cancelled'), lost.pressed)).toBe(false);
  });
});

describe('a read that shows a job as over', () => {
  it('ends the stopping and takes the tick, in whatever list, and does nothing to the others', () => {
    const phases = ['stopping', 'over', 'open'] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...states),
        fc.constantFrom(...phases),
        fc.boolean(),
        fc.record({ isKept: fc.boolean(), isStale: fc.boolean() }),
        (state, phase, isTicked, marks) => {
          const row = { key: 'ionq/a', job: { ...seen(''), state }, ...marks };
          const page = {
            pressed: new Map([['ionq/a', { phase, outcome: outcome({ outcome: 'cancelling' }) }]]),
            ticked: new Map([['ionq/b', 'running'], ...(isTicked ? [['ionq/a', 'running'] as const] : [])]),
          };
          const { pressed, ticked, unticked } = settled(page, [row]);
          const isOver = ['cancelled', 'completed', 'failed'].includes(state);
          const after = isOver && phase === 'stopping' ? 'over' : phase;
          expect(pressed.get('ionq/a')).toEqual({ ...page.pressed.get('ionq/a'), phase: after });
          expect([...ticked.keys()]).toEqual(isTicked && !isOver ? ['ionq/b', 'ionq/a'] : ['ionq/b']);
          expect(unticked).toEqual(isTicked && isOver ? [row] : []);
        },
      ),
    );
  });
});

describe('the words', () => {
  it('have a mark, a tone and a word of their own for each state and each outcome', () => {
    for (const signs of [states.map(stateSign), outcomeNames.map(outcomeSign)])
      for (const part of ['mark', 'word'] as const)
        expect(new Set(signs.map((sign) => sign[part])).size).toBe(signs.length);
    expect([...outcomeOrder].toSorted()).toEqual([...outcomeNames].toSorted());
    expect(operationStates).toEqual(contract.operationStates);
  });

  it('are green only for what rests on a status that says over', () => {
    const green = outcomeNames.filter((name) => outcomeSign(name).tone === 'good');
    expect(green.toSorted()).toEqual(['already_cancelled', 'already_finished', 'cancelled']);
    expect(states.filter((state) => stateSign(state).tone === 'good')).toEqual([]);
  });

  it.each([
    [0, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [7_199_999, '1 h'],
    [172_800_000, '2 d'],
    [-5_000, '0 s'],
  ])('an age of %d ms is %s', (ms, said) => {
    expect(age(1_000_000_000_000 - ms, 1_000_000_000_000)).toBe(said);
  });

  it('have a dash for no time and for none that can be read', () => {
    expect([age(undefined, 0), age('yesterday', 0)]).toEqual(['–', '–']);
  });

  it('name a cost as the provider states it, and have a dash where it states none', () => {
    expect(costText({ amount: 1_234.5, currency: 'EUR' })).toBe('1,234.5 EUR');
    expect([costText({ amount: 0, currency: 'USD' }), costText(undefined)]).toEqual(['0 USD', '–']);
  });

  it('count in English', () => {
    expect([counted(1), counted(0), counted(1_243)]).toEqual(['1 job', '0 jobs', '1,243 jobs']);
  });

  it('say who asked for a cancel, and that it is not over', () => {
    const asked = { by: 'ada', at: '2026-11-29T00:00:00Z', outcome: 'cancelling' } as const;
    const now = Date.parse('2026-11-29T00:04:00Z');
    expect(askedText({ ...seen(''), asked }, now)).toBe(
      'cancel requested by ada, checked 4 min ago, not over yet',
    );
    const { by: _, ...unnamed } = asked;
    expect(askedText({ ...seen(''), asked: unnamed }, now)).toBe(
      'cancel requested, checked 4 min ago, not over yet',
    );
    expect(askedText({ ...seen(''), asked: { ...asked, outcome: 'cancelled' } }, now)).toBe(
      'came back after a cancel by ada',
    );
    expect(askedText({ ...seen(''), asked, state: 'completed' }, now)).toBe(
      'cancel requested by ada, checked 4 min ago',
    );
    expect(askedText(seen(''), now)).toBeUndefined();
  });
});
