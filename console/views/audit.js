/** @import { PageState } from '../types.d.ts' */
import { outcomeSign } from '../model/words.js';
import { html, nothing } from '../vendor/lit-html.js';
import { textField } from './filters.js';
import { badge, emptyState, moment, problemNote } from './parts.js';

/** @type {readonly (readonly [string, string, string])[]} */
const fields = [
  ['caller', 'Who', 'ada'],
  ['connection', 'Provider', 'ionq'],
  ['job', 'Job', 'id'],
  ['operation', 'Operation', 'op_…'],
  ['since', 'Since', '2026-11-01T00:00:00Z'],
  ['until', 'Until', '2026-11-30T00:00:00Z'],
];

/**
 * Who asked what, of which job, through what, and what became of it.
 * @param {PageState} state
 * @param {{ readonly setFilters: (filters: Record<string, string>) => void }} doings
 */
export function auditView({ audit, place: { filters }, now }, { setFilters }) {
  const list = audit.value?.entries ?? [];
  return html`<h1>Audit</h1>
    <form class="filters" role="search" aria-label="Filter the audit" @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
      ${fields.map(([name, title, hint]) => textField(name, title, filters[name] ?? '', (value) => setFilters({ ...filters, [name]: value }), hint))}
    </form>
    ${problemNote(audit.problem)}
    ${audit.phase === 'ready' && list.length === 0 ? emptyState('No entry matches', 'The audit shows the last 30 days unless you say since when.') : nothing}
    ${
      list.length === 0
        ? nothing
        : html`<div class="scroller plain" tabindex="0" role="region" aria-label="Audit entries"><table>
      <thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">Through</th><th scope="col">What</th><th scope="col">Job</th><th scope="col">Provider</th><th scope="col">Outcome</th><th scope="col">Why</th></tr></thead>
      <tbody>${list.map(
        (entry) => html`<tr>
        <td>${moment(entry.at, now)}</td><td>${entry.caller}<small> ${entry.kind}</small></td><td>${entry.surface}</td>
        <td>${entry.step ?? entry.action}${entry.dry_run ? ' (dry run)' : ''}</td><td><span class="id">${entry.job_id ?? entry.operation ?? entry.confirmation ?? '–'}</span></td><td>${entry.connection ?? '–'}</td>
        <td>${entry.outcome === undefined ? html`<span class="none">${entry.decision}</span>` : badge(outcomeSign(entry.outcome))}</td><td>${entry.reason ?? '–'}</td>
      </tr>`,
      )}</tbody></table></div>
    ${audit.value?.next_cursor === null ? nothing : html`<p class="hint">These are the newest ${list.length.toLocaleString('en')}. Filter to see older ones.</p>`}`
    }`;
}
