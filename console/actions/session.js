/** @import { Store } from '../model/state.js' */
/** @import { Answer, SignedIn } from '../types.d.ts' */
import { ask } from '../api.js';
import { hasNoSession } from '../model/answers.js';

/**
 * Signs in with a token or with the code of a printed link.
 * @param {Store} store
 * @param {{ readonly token: string } | { readonly code: string }} proof
 */
export async function signIn(store, proof) {
  /** @type {Answer<SignedIn>} */
  const answer = await ask('v1/session', { method: 'POST', body: proof });
  if (answer.value === undefined) return store.change({ signedIn: null, signInProblem: answer.problem });
  const { caller } = answer.value;
  tabs.postMessage(caller);
  const before = store.state.lastCaller;
  if (before !== undefined && before !== caller) return location.reload();
  store.change({ signedIn: answer.value, lastCaller: caller, signInProblem: undefined });
}

/**
 * Finds out who is signed in. A link that signs in carries its code behind `#`, where no log keeps it.
 * @param {Store} store
 */
export async function recogniseCaller(store) {
  const code = /^#sign-in=(.+)$/.exec(location.hash)?.[1];
  if (code !== undefined) {
    history.replaceState(null, '', location.pathname + location.search);
    await signIn(store, { code });
    if (store.state.signedIn) return;
  }
  const told = store.state.signInProblem;
  /** @type {Answer<SignedIn>} */
  const answer = await ask('v1/session');
  if (answer.value !== undefined)
    store.change({ signedIn: answer.value, lastCaller: answer.value.caller, signInProblem: undefined });
  else store.change({ signedIn: null, signInProblem: hasNoSession(answer) ? told : answer.problem });
}

/** @param {Store} store */
export async function signOut(store) {
  const answer = await ask('v1/session', { method: 'DELETE' });
  tabs.postMessage(null);
  // What this person has seen and ticked is not for the next one.
  if (answer.value !== undefined || hasNoSession(answer)) return location.reload();
  store.change({ signedIn: null, signInProblem: maybeSignedIn });
}

const maybeSignedIn =
  'calloff did not confirm the sign-out. This browser may still be signed in: reload the page, and sign out again.';

/** All tabs of a browser have one session. Through this each learns of another one's sign-in and sign-out. */
const tabs = new BroadcastChannel('calloff session');

/**
 * Begins anew when another tab signs in as another caller, or out: a page may not name one caller and act for another.
 * @param {Store} store
 */
export function followSession({ state }) {
  tabs.addEventListener('message', ({ data }) => {
    if (state.signedIn !== undefined && data !== (state.signedIn?.caller ?? null)) location.reload();
  });
}

/**
 * Whether the answer says that the session is over: then the page asks to sign in again.
 * @param {Store} store
 * @param {Answer<unknown>} answer
 */
export function isSignedOut(store, answer) {
  if (!hasNoSession(answer)) return false;
  if (store.state.signedIn)
    store.change({
      signedIn: null,
      signInProblem: 'Your session is over, or your token was revoked. What you started goes on.',
    });
  return true;
}
