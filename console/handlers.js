/** @import { Store } from './model/state.js' */
/** @import { Navigation } from './navigation.js' */
/** @import { DialogHandlers } from './views/stop-dialog.js' */
/** @import { JobHandlers } from './views/jobs.js' */
/** @import { OperationHandlers } from './views/operation.js' */
/** @import { WaitingHandlers } from './views/waiting.js' */
import { ifMeant } from './actions/aim.js';
import { closeDialog, listMatching } from './actions/ask-first.js';
import { dismiss } from './actions/dismiss.js';
import { operate } from './actions/operations.js';
import { tick, tickAll, tickEveryMatch, tickNone } from './actions/select.js';
import { stopOne, stopShown, stopTicked } from './actions/stop.js';
import { answerConfirmation, lookAtRequest } from './actions/waiting.js';
import { returnFocus } from './focus.js';
import { plainReason } from './model/words.js';

/**
 * What the buttons and fields of the table do.
 * @param {Store} store
 * @param {Navigation} navigation
 * @param {Pick<JobHandlers, 'refresh' | 'scrolled'>} table
 * @returns {JobHandlers}
 */
export function jobHandlers(store, navigation, table) {
  const { state, change } = store;
  return {
    ...table,
    setFilters: navigation.setFilters,
    setSort: (sort) => navigation.go({ ...state.place, sort }),
    tick: (row) => tick(store, row),
    tickAll: () => tickAll(store),
    tickNone: () => tickNone(store),
    tickEveryMatch: () => tickEveryMatch(store),
    open: ({ key }) => navigation.openJob(key),
    openKey: navigation.openJob,
    stop: ifMeant(({ key }) => void stopOne(store, key)),
    stopTicked: ifMeant(() => void stopTicked(store)),
    focus: ({ key }) => change({ cursor: key }),
    toggleFilters: () => change({ isFiltering: !state.isFiltering }),
    openOperation: ifMeant((id) => {
      closeDialog(store);
      navigation.openOperations(id);
    }),
    operate: ifMeant((id, step) => void operate(store, id, step)),
    openOperations: () => navigation.openOperations(),
    dismiss: ifMeant((ids) => dismiss(store, ids)),
  };
}

/**
 * What the buttons of the dialog before a stop do.
 * @param {Store} store
 * @param {Navigation} navigation
 * @returns {DialogHandlers}
 */
export function dialogHandlers(store, navigation) {
  return {
    stopShown: ifMeant((reason) => void stopShown(store, plainReason(reason))),
    listMatching: ifMeant((reason) => void listMatching(store, plainReason(reason))),
    close() {
      closeDialog(store);
      // While the dialog is still drawn, nothing else can have the focus.
      queueMicrotask(returnFocus);
    },
    openOperation(id) {
      closeDialog(store);
      navigation.openOperations(id);
    },
  };
}

/**
 * What the buttons and fields of the operations do.
 * @param {Store} store
 * @param {Navigation} navigation
 * @returns {OperationHandlers}
 */
export function operationHandlers(store, navigation) {
  return {
    open: navigation.openOperations,
    setFilters: navigation.setFilters,
    operate: ifMeant((id, step, body = {}) => void operate(store, id, step, body)),
    openAudit: (operation) => navigation.openAudit({ operation }),
  };
}

/**
 * What the buttons of the requests that wait for the person do.
 * @param {Store} store
 * @param {Navigation} navigation
 * @returns {WaitingHandlers}
 */
export function waitingHandlers(store, { setFilters }) {
  return {
    setFilters,
    agree: ifMeant((id) => void answerConfirmation(store, id, 'POST')),
    keep: ifMeant((id) => void answerConfirmation(store, id, 'DELETE')),
    look: (id) => void lookAtRequest(store, id),
  };
}
