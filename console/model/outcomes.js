/** @import { Outcome, PageState, Pressed, Row, StopDialog } from '../types.d.ts' */
import { keyOf } from './place.js';
import { isOver } from './rows.js';
import { without } from './without.js';

/** @type {ReadonlySet<string>} */
const endings = new Set(['cancelled', 'already_cancelled', 'already_finished', 'not_found']);

/**
 * What a row shows after an outcome. Only an outcome that rests on a status ends the stopping.
 * @param {Outcome} outcome
 * @param {string | undefined} operation
 * @param {string | undefined} wasTicked
 * @returns {Pressed}
 */
function pressedBy(outcome, operation, wasTicked) {
  const phase = endings.has(outcome.outcome)
    ? 'over'
    : outcome.outcome === 'cancelling'
      ? 'stopping'
      : 'open';
  return {
    ...{ phase, outcome },
    ...(operation !== undefined && { operation }),
    ...(wasTicked !== undefined && { wasTicked }),
  };
}

/**
 * The page after outcomes: each stands in its row, with the state that was seen. A job that was ticked at the press and may be
 * stopped the next time is ticked again; all others are not.
 * @param {Pick<PageState, 'pressed' | 'ticked' | 'list'>} state
 * @param {readonly Outcome[]} outcomes
 * @param {string} [operation] that carries them out, or follows the job
 * @returns {Pick<PageState, 'pressed' | 'ticked' | 'list'>}
 */
export function withOutcomes({ pressed, ticked, list }, outcomes, operation) {
  const [nextPressed, nextTicked] = [new Map(pressed), new Map(ticked)];
  const byKey = new Map(outcomes.map((outcome) => [keyOf(outcome), outcome]));
  for (const [key, outcome] of byKey) {
    const before = pressed.get(key);
    // A later press of the same job has the word.
    if (before?.operation !== undefined && operation !== undefined && before.operation !== operation)
      continue;
    nextPressed.set(key, pressedBy(outcome, operation, before?.wasTicked));
    if (!outcome.retryable) nextTicked.delete(key);
    else if (before?.phase === 'stopping' && before.wasTicked !== undefined)
      nextTicked.set(key, outcome.state);
  }
  const rows = list.rows.map((row) => seenIn(row, byKey.get(row.key)));
  return { pressed: nextPressed, ticked: nextTicked, list: { ...list, rows } };
}

/**
 * The page after a read: a job that is over, as its provider says, is not being stopped any more and cannot stay ticked,
 * whatever list shows it.
 * @param {Pick<PageState, 'pressed' | 'ticked'>} state
 * @param {readonly Row[]} rows
 * @returns {Pick<PageState, 'pressed' | 'ticked'> & { readonly unticked: readonly Row[] }} with the rows that lost their tick
 */
export function settled({ pressed, ticked }, rows) {
  const over = rows.filter(({ job }) => isOver(job));
  const unticked = over.filter(({ key }) => ticked.has(key));
  const nextPressed = new Map(pressed);
  for (const { key } of over) {
    const known = pressed.get(key);
    if (known?.phase === 'stopping') nextPressed.set(key, { ...known, phase: 'over' });
  }
  const gone = new Set(unticked.map(({ key }) => key));
  return { pressed: nextPressed, ticked: new Map([...ticked].filter(([key]) => !gone.has(key))), unticked };
}

/**
 * The row with the state that an outcome saw, unless the row was seen later.
 * @param {Row} row
 * @param {Outcome | undefined} outcome
 * @returns {Row}
 */
function seenIn(row, outcome) {
  const { observed_at: at, source } = outcome?.evidence ?? {};
  if (outcome === undefined || source !== 'status' || !at) return row;
  if ((row.job.evidence.observed_at ?? '') > at) return row;
  const { state, evidence } = outcome;
  return { ...row, job: { ...row.job, state, evidence } };
}

/**
 * The page after a press: these jobs are being stopped, and are ticked no more.
 * @param {Pick<PageState, 'pressed' | 'ticked'>} state
 * @param {readonly string[]} keys
 * @param {string} [operation]
 */
export function afterPress({ pressed, ticked }, keys, operation) {
  const [nextPressed, nextTicked] = [new Map(pressed), new Map(ticked)];
  for (const key of keys) {
    const wasTicked = ticked.get(key);
    nextPressed.set(key, {
      phase: 'stopping',
      ...(operation !== undefined && { operation }),
      ...(wasTicked !== undefined && { wasTicked }),
    });
    nextTicked.delete(key);
  }
  return { pressed: nextPressed, ticked: nextTicked };
}

/**
 * The page after a press that stopped nothing, or that may have stopped the job: then its row stays until its provider says that
 * the job is over.
 * @param {Pick<PageState, 'pressed' | 'ticked'>} state
 * @param {string} key
 * @param {StopDialog['phase']} phase of the dialog that says so: `lost` if the job may have been stopped
 * @returns {Pick<PageState, 'pressed' | 'ticked'>}
 */
export function unpressed({ pressed, ticked }, key, phase) {
  const wasTicked = pressed.get(key)?.wasTicked;
  return {
    pressed: phase === 'lost' ? new Map([...pressed, [key, { phase: 'open' }]]) : without(pressed, key),
    ticked: wasTicked === undefined ? ticked : new Map([...ticked, [key, wasTicked]]),
  };
}

/**
 * Whether the page waits for the end of a job: it is being stopped, or may have been.
 * @param {Row} row
 * @param {PageState['pressed']} pressed
 */
export function isOpenEnded({ key, job }, pressed) {
  const known = pressed.get(key);
  if (known?.phase === 'stopping') return true;
  return known?.phase === 'open' && known.outcome === undefined && !isOver(job);
}
