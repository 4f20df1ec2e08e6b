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
        The token is exchanged for a session of eight hours, and the page forgets it.
        <code>calloff token</code> makes one; <code>npm start</code> prints a link that signs in.
      </p>
    </form>
  </main>`;
}
