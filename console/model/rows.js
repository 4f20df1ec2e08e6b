/** @import { JobView, PageState, Pressed, Row } from '../types.d.ts' */
import { keyOf } from './place.js';

/** @type {ReadonlySet<string>} */
const final = new Set(['cancelled', 'completed', 'failed']);

/** @param {JobView} job */
export const isOver = ({ state }) => final.has(state);

/**
 * Why a job cannot be ticked; `undefined` if it can.
 * @param {Row} row
 * @param {Pressed | undefined} pressed
 * @param {boolean} mayCancel
 */
export function whyNot({ job }, pressed, mayCancel) {
  if (isOver(job)) return 'It is over.';
  if (pressed?.phase === 'stopping') return 'It is being stopped.';
  if (!mayCancel) return 'You have no right to cancel.';
  return job.cannot_cancel?.message;
}

/** @type {Readonly<Record<string, (job: JobView) => string | number>>} */
const sortKeys = {
  state: ({ state }) =>
    ['running', 'cancelling', 'queued', 'unknown', 'failed', 'completed', 'cancelled'].indexOf(state),
  provider: ({ provider }) => provider,
  name: ({ name = '', job_id }) => (name === '' ? `\uffff${job_id}` : name.toLowerCase()),
  owner: ({ owner }) => owner?.toLowerCase() ?? '\uffff',
  age: ({ created_at }) => -(Date.parse(created_at ?? '') || 0),
  running: ({ started_at }) => Date.parse(started_at ?? '') || Number.MAX_SAFE_INTEGER,
  cost: ({ cost }) => -(cost?.amount ?? -1),
};

/**
 * The rows in the order of a column; of rows that are equal there the newest comes first. No two rows are equal in all, so that
 * none change places because one connection answered before another.
 * @param {readonly Row[]} rows
 * @param {string} sort
 */
export function sorted(rows, sort) {
  const of = sortKeys[sort.replace(/^-/, '')];
  if (of === undefined) return [...rows];
  const way = sort.startsWith('-') ? -1 : 1;
  const keyed = rows.map((row) => ({ row, by: of(row.job), age: sortKeys.age?.(row.job) ?? 0 }));
  return keyed
    .toSorted(
      (one, other) =>
        way * compared(one.by, other.by) ||
        compared(one.age, other.age) ||
        compared(one.row.key, other.row.key),
    )
    .map(({ row }) => row);
}

/**
 * @param {string | number} one
 * @param {string | number} other
 */
const compared = (one, other) => (one < other ? -1 : one > other ? 1 : 0);

/**
 * The name of a job that the table has.
 * @param {readonly Row[]} rows
 * @param {string} key
 */
export const nameIn = (rows, key) => rows.find((row) => row.key === key)?.job.name;

/**
 * The rows after one connection was read again. If it did not answer, it keeps its rows, marked as old; a job that is ticked
 * or was pressed, or that ended under its tick, stays although the list no longer has it, so that it says what became of it.
 * @param {Pick<PageState, 'list' | 'ticked' | 'pressed'>} state
 * @param {string} provider the connection
 * @param {readonly JobView[] | undefined} jobs `undefined` if it did not answer
 * @returns {Row[]}
 */
export function merged({ list, ticked, pressed }, provider, jobs) {
  const others = list.rows.filter(({ job }) => job.provider !== provider);
  const own = list.rows.filter(({ job }) => job.provider === provider);
  if (jobs === undefined) return [...others, ...own.map((row) => ({ ...row, isStale: true }))];
  const fresh = jobs.map((job) => {
    const key = keyOf(job);
    const before = ticked.get(key);
    return { key, job, ...(before !== undefined && before !== job.state && { was: before }) };
  });
  const keys = new Set(fresh.map(({ key }) => key));
  const kept = own
    .filter(
      ({ key, was, isKept }) => !keys.has(key) && (ticked.has(key) || pressed.has(key) || (isKept && was)),
    )
    .map((row) => ({ ...row, isKept: true, isStale: false }));
  return [...others, ...fresh, ...kept];
}

/**
 * The part of the table that is drawn, so that 5,000 rows cost no more than 50: the rows in sight and some around them, and
 * the row that has the focus, which would lose it otherwise. A gap is a height in rows.
 * @param {number} count
 * @param {{ readonly first: number, readonly last: number }} sight
 * @param {number} focused the index of the row with the focus; -1 if there is none
 * @returns {({ readonly gap: number, readonly at: number } | { readonly index: number })[]}
 */
export function drawn(count, { first, last }, focused) {
  const margin = 15;
  const from = Math.max(0, Math.min(first - margin, count));
  const to = Math.min(count, last + margin);
  const indexes = Array.from({ length: Math.max(0, to - from) }, (_, offset) => from + offset);
  if (focused >= 0 && focused < count && (focused < from || focused >= to)) {
    if (focused < from) indexes.unshift(focused);
    else indexes.push(focused);
  }
  /** @type {({ gap: number, at: number } | { index: number })[]} */
  const parts = [];
  let next = 0;
  for (const index of indexes) {
    if (index > next) parts.push({ gap: index - next, at: next });
    parts.push({ index });
    next = index + 1;
  }
  if (next < count) parts.push({ gap: count - next, at: next });
  return parts;
}
