/** @import { Store } from '../model/state.js' */
/** @import { Answer, ProviderView } from '../types.d.ts' */
import { ask } from '../api.js';
import { isSignedOut } from './session.js';

/**
 * Reads which connections there are, or why calloff does not say so.
 * @param {Store} store
 */
export async function loadProviders(store) {
  /** @type {Answer<{ providers: ProviderView[] }>} */
  const answer = await ask('v1/providers');
  const isProvidersRead = true;
  if (answer.value)
    store.change({ providers: answer.value.providers, isProvidersRead, providersProblem: undefined });
  else if (!isSignedOut(store, answer)) store.change({ isProvidersRead, providersProblem: answer.problem });
}
