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
