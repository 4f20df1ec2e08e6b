import { watchPointer } from './actions/aim.js';
import { followOwn } from './actions/follow.js';
import { loadProviders } from './actions/load-providers.js';
import { lookAtOpen, readOpenJob } from './actions/read-open-job.js';
import { followSession, recogniseCaller, signIn, signOut } from './actions/session.js';
import { stopOne } from './actions/stop.js';
import { draw } from './draw.js';
import { dialogHandlers, jobHandlers, operationHandlers, waitingHandlers } from './handlers.js';
import { listenToKeys } from './keyboard.js';
import { initialState, makeStore } from './model/state.js';
import { makeNavigation } from './navigation.js';
import { keepFresh } from './refresh.js';
import { makeScrollWindow } from './scroll-window.js';
import { makeShortcuts } from './shortcuts.js';

const page = document.querySelector('#page');
const root = page instanceof HTMLElement ? page : document.body;

// Each change of the state draws the page once; what a person does changes the state.
const store = makeStore(initialState(location.search), (state) => draw(root, state, parts));
const { readNow, readAllNow, readJobsNow, readMoreJobs } = keepFresh(store);
const navigation = makeNavigation(store, readNow);
const { rowsInSight, scrolled } = makeScrollWindow(store, readMoreJobs);
const toggleHelp = () => store.change({ isHelpOpen: !store.state.isHelpOpen });
const parts = {
  ...{ navigation, rowsInSight, toggleHelp },
  signIn: (/** @type {string} */ token) => void signIn(store, { token }).then(begin),
  signOut: () => void signOut(store),
  jobs: jobHandlers(store, navigation, { refresh: readJobsNow, scrolled }),
  stopOpen: (/** @type {string} */ key) => void stopOne(store, key).then(() => lookAtOpen(store)),
  dialog: dialogHandlers(store, navigation),
  operations: operationHandlers(store, navigation),
  waiting: waitingHandlers(store, navigation),
};

/** Reads what the page shows first, once a person is signed in. */
async function begin() {
  if (!store.state.signedIn) return;
  await loadProviders(store);
  readAllNow();
  void followOwn(store);
  if (store.state.place.job !== undefined) await readOpenJob(store);
}

listenToKeys(makeShortcuts(store, navigation, toggleHelp));
watchPointer();
followSession(store);
await recogniseCaller(store);
await begin();
