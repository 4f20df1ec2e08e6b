/** @type {Element | null} */
let before = null;

/** Notes what has the focus, before a dialog or the drawer takes it. */
export function noteFocus() {
  before = document.activeElement;
}

/** Gives the focus back to what had it before. */
export function returnFocus() {
  if (before instanceof HTMLElement) before.focus();
}

/** What the end of the address named when it was last brought into sight. */
let named = '';

/** Brings what the end of the address names into sight, once it is drawn: a link leads to one of the requests that wait. */
export function showNamed() {
  const id = location.hash.slice(1);
  if (id === named) return;
  const element = document.getElementById(id);
  if (id !== '' && element === null) return;
  named = id;
  element?.focus();
}
