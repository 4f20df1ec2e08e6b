/** @import { AuditEntry, PageState } from '../types.d.ts' */
/** @import { Column } from './data-table.js' */
import { keyOf } from '../model/place.js';
import { nameIn } from '../model/rows.js';
import { outcomeSign } from '../model/words.js';
import { html, nothing } from '../vendor/lit-html.js';
import { dataTable, pageButtons } from './data-table.js';
import {
  choice,
  clearFilters,
  connectionChoices,
  dateField,
  filtersToggle,
  stay,
  textField,
} from './filters.js';
import { badge, emptyState, moment, problemNote, skeleton } from './parts.js';

/**
 * @typedef {object} AuditHandlers
 * @property {(filters: Record<string, string>) => void} setFilters
 * @property {() => void} toggleFilters
 */

/**
 * Who asked what, of which job, through what, and its outcome.
 * @param {PageState} state
 * @param {AuditHandlers} handlers
 */
export function auditView(state, { setFilters, toggleFilters }) {
  const { audit, place } = state;
  const list = audit.value?.entries ?? [];
  const unreadable = audit.value?.unreadable ?? 0;
  return html`<div class="title">
      <h1 tabindex="-1">Audit</h1>
      ${filtersToggle(state, toggleFilters)}
    </div>
    ${auditFilters(state, setFilters)} ${problemNote(audit.problem)}
    ${unreadable > 0 ? problemNote(unreadableText(unreadable)) : nothing}
    ${audit.phase === 'loading' ? skeleton('Reading the audit …') : nothing}
    ${audit.phase === 'ready' && list.length === 0 ? nothingFound(place.filters, setFilters) : nothing}
    ${list.length === 0 ? nothing : dataTable('Audit entries', columnsAt(state), list)}
    ${pageButtons(place.filters, audit.value?.next_cursor, setFilters, ['Older entries', 'Newest entries'])}`;
}

/** @param {number} count */
const unreadableText = (count) =>
  `${count.toLocaleString('en')} records could not be read: they are broken, or from another version of calloff.`;

/**
 * @param {PageState['place']['filters']} filters
 * @param {AuditHandlers['setFilters']} setFilters
 */
function nothingFound({ cursor: _, ...filters }, setFilters) {
  const isFiltered = Object.keys(filters).length > 0;
  const showReads = () => setFilters({ ...filters, reads: 'too' });
  return emptyState(
    isFiltered ? 'No entry matches' : 'No entry but reads',
    'The audit shows the last 30 days unless you say since when.',
    html`${filters.reads ? nothing : html`<button class="quiet" type="button" @click=${showReads}>Show reads too</button>`}
    ${isFiltered ? clearFilters(setFilters) : nothing}`,
  );
}

/**
 * @param {PageState} state
 * @param {AuditHandlers['setFilters']} setFilters
 */
function auditFilters({ place, providers, isFiltering }, setFilters) {
  const { cursor: _, ...filters } = place.filters;
  const of = (/** @type {string} */ name) => filters[name] ?? '';
  const set = (/** @type {string} */ name) => (/** @type {string} */ value) =>
    setFilters({ ...filters, [name]: value });
  const kind = isFiltering ? 'filters' : 'filters shut';
  return html`<form class=${kind} role="search" aria-label="Filter the audit" @submit=${stay}>
    ${textField('caller', 'Who', of('caller'), set('caller'), 'ada')}
    ${choice('connection', 'Provider', of('connection'), connectionChoices(providers), set('connection'))}
    ${choice('reads', 'What', of('reads'), readChoices, set('reads'))}
    ${textField('job', 'Job', of('job'), set('job'), 'id')}
    ${textField('operation', 'Operation', of('operation'), set('operation'), 'op_…')}
    ${dateField('since', 'Since (UTC)', of('since'), set('since'))}
    ${dateField('until', 'Until (UTC)', of('until'), set('until'))}
    ${Object.keys(filters).length > 0 ? clearFilters(setFilters) : nothing}
  </form>`;
}

/** @type {readonly (readonly [string, string])[]} */
const readChoices = [
  ['', 'all but reads'],
  ['too', 'reads too'],
];

/**
 * @param {PageState} state
 * @returns {readonly Column<AuditEntry>[]}
 */
function columnsAt({ now, list: { rows } }) {
  const about = (/** @type {AuditEntry} */ entry) => aboutOf(entry, rows);
  return [
    ['When', ({ at }) => html`${moment(at, now)} ago <small class="exact">${toSeconds(at)}</small>`, 'bare'],
    ['Who', ({ caller, kind }) => html`${caller} <small>${kind}</small>`, 'bare'],
    ['What', ({ step, action, dry_run }) => html`${step ?? action}${dry_run ? ' (dry run)' : ''}`, 'bare'],
    ['Outcome', outcomeOf, 'bare'],
    ['About', about, 'lead'],
    ['Provider', ({ connection }) => connection ?? '–', 'bare'],
    ['Through', ({ surface }) => surface],
    ['Why', whyOf, 'full'],
  ];
}

/** @param {string} at RFC 3339, in UTC */
const toSeconds = (at) => `${at.slice(0, 19)}Z`;

/** @param {AuditEntry} entry */
function outcomeOf({ outcome, decision }) {
  return outcome === undefined ? html`<span class="none">${decision}</span>` : badge(outcomeSign(outcome));
}

/**
 * @param {AuditEntry} entry
 * @param {PageState['list']['rows']} rows
 */
function aboutOf({ connection, job_id, operation, confirmation }, rows) {
  const about = job_id ?? operation ?? confirmation;
  if (about === undefined) return '–';
  const isJob = connection !== undefined && job_id !== undefined;
  const name = isJob ? nameIn(rows, keyOf({ provider: connection, job_id })) : undefined;
  return html`${name ?? nothing} <span class="id">${about}</span>`;
}

/** @param {AuditEntry} entry */
function whyOf({ reason, confirmed_by }) {
  if (confirmed_by === undefined) return reason ?? '–';
  return html`${reason} <small>agreed to by ${confirmed_by}</small>`;
}
