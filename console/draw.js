/** @import { Navigation } from './navigation.js' */
/** @import { PageState, RowsInSight } from './types.d.ts' */
/** @import { DialogHandlers } from './views/stop-dialog.js' */
/** @import { JobHandlers } from './views/jobs.js' */
/** @import { OperationHandlers } from './views/operation.js' */
/** @import { WaitingHandlers } from './views/waiting.js' */
import { noteAims } from './actions/aim.js';
import { keepFocus, noteFocus, showNamed } from './focus.js';
import { html, render } from './vendor/lit-html.js';
import { auditView } from './views/audit.js';
import { frame } from './views/frame.js';
import { jobDetails } from './views/job-details.js';
import { jobsView } from './views/jobs.js';
import { operationsView } from './views/operations.js';
import { signInView } from './views/sign-in.js';
import { stopDialog } from './views/stop-dialog.js';
import { waitingView } from './views/waiting.js';

/**
 * What a drawing needs besides the state.
 * @typedef {object} DrawingParts
 * @property {Navigation} navigation
 * @property {() => RowsInSight} rowsInSight
 * @property {(token: string) => void} signIn
 * @property {() => void} signOut
 * @property {() => void} toggleHelp
 * @property {JobHandlers} jobs
 * @property {(key: string) => void} stopOpen stops the job whose details are open
 * @property {DialogHandlers} dialog
 * @property {OperationHandlers} operations
 * @property {WaitingHandlers} waiting
 */

/**
 * Draws the page as the state says. Before it is known whether a person is signed in, there is nothing to draw.
 * @param {HTMLElement} root
 * @param {PageState} state
 * @param {DrawingParts} parts
 */
export function draw(root, state, parts) {
  if (state.signedIn === undefined) return;
  if (state.signedIn === null) {
    render(signInView(state, parts.signIn), root);
    return;
  }
  const focusAgain = keepFocus();
  render(wholePage(state, parts), root);
  showNamed();
  openDialog();
  focusAgain();
  noteAims();
}

/**
 * @param {PageState} state
 * @param {DrawingParts} parts
 */
function wholePage(state, parts) {
  const { navigation, signOut, toggleHelp, dialog, stopOpen } = parts;
  const drawer = {
    close: navigation.closeJob,
    stop: stopOpen,
    openAudit: (/** @type {string} */ job) => navigation.openAudit({ job }),
  };
  const content = html`${shownView(state, parts)}${jobDetails(state, drawer)}${stopDialog(state, dialog)}`;
  return frame(state, { go: navigation.go, signOut, toggleHelp }, content);
}

/**
 * @param {PageState} state
 * @param {DrawingParts} parts
 */
function shownView(state, { rowsInSight, jobs, operations, waiting }) {
  const { view } = state.place;
  if (view === 'operations') return operationsView(state, operations);
  if (view === 'audit') return auditView(state, jobs);
  if (view === 'waiting') return waitingView(state, waiting);
  return jobsView(state, rowsInSight(), jobs);
}

/**
 * Opens a dialog that has just been drawn, over the page. A step of it that takes away what had the focus gives it to its title:
 * so it stays in the dialog, and is read aloud.
 */
function openDialog() {
  const dialog = document.querySelector('dialog');
  if (dialog === null) return;
  if (dialog.open) {
    const title = dialog.querySelector('h2');
    if (!dialog.contains(document.activeElement)) title?.focus();
    return;
  }
  noteFocus();
  dialog.showModal();
}
