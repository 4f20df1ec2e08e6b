/** @import { PageState } from '../types.d.ts' */
import { html } from '../vendor/lit-html.js';
import { problemNote } from './parts.js';

/**
 * @param {PageState} state
 * @param {(token: string) => void} signIn
 */
export function signInView({ signInProblem }, signIn) {
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const field = document.querySelector('#token');
    if (field instanceof HTMLInputElement && field.value.trim() !== '') signIn(field.value.trim());
  };
  return html`<main class="sign-in">
    <form @submit=${submit}>
      <p class="brand"><i aria-hidden="true"></i>calloff</p>
      <h1>Sign in</h1>
      <label for="token">Your token</label>
      <input
        id="token"
        type="password"
        autocomplete="current-password"
        spellcheck="false"
        required
        autofocus
      />
      ${problemNote(signInProblem)}
      <button class="main" type="submit">Sign in</button>
      <p class="hint">
        calloff exchanges the token for a session of eight hours, and the page forgets the token.
        <code>calloff token create NAME</code> makes a token for the caller of that name. Without a configuration
        file, <code>npm start</code> prints a link that signs in once, within 15 minutes.
      </p>
    </form>
  </main>`;
}
