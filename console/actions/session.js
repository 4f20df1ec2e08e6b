/** @import { Store } from '../model/state.js' */
/** @import { Answer, SignedIn } from '../types.d.ts' */
import { ask } from '../api.js';

/**
 * Signs in with a token or with the code of a printed link.
 * @param {Store} store
 * @param {{ readonly token: string } | { readonly code: string }} proof
 */
export async function signIn(store, proof) {
  /** @type {Answer<SignedIn>} */
  const answer = await ask('v1/session', { method: 'POST', body: proof });
  if (answer.value === undefined) store.change({ signedIn: null, signInProblem: answer.problem });
  else store.change({ signedIn: answer.value, signInProblem: undefined });
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
  if (answer.value !== undefined) store.change({ signedIn: answer.value, signInProblem: undefined });
  else store.change({ signedIn: null, signInProblem: answer.status === 401 ? told : answer.problem });
}

/** @param {Store} store */
export async function signOut(store) {
  await ask('v1/session', { method: 'DELETE' });
  store.change({ signedIn: null, signInProblem: undefined });
}

/**
 * Whether the answer says that the session is over: then the page asks to sign in again.
 * @param {Store} store
 * @param {Answer<unknown>} answer
 */
export function isSignedOut(store, { status }) {
  if (status !== 401) return false;
  if (store.state.signedIn)
    store.change({
      signedIn: null,
      signInProblem: 'Your session is over, or your token was revoked. What you started goes on.',
    });
  return true;
}
