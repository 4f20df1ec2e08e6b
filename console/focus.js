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

/**
 * Keeps the focus in the page through a drawing that takes away what has it. Its row has it then, if it is still there, or else
 * the title of the drawer or of the view: no other row, because a key would stop that.
 * @returns {() => void} to call once it is drawn
 */
export function keepFocus() {
  const had = document.activeElement;
  const row = had?.closest('tr[data-key]');
  const title = had?.closest('.drawer') ? '#job-title' : 'main h1';
  return () => {
    if (had === document.body || had?.isConnected || document.activeElement !== document.body) return;
    const heir = row?.isConnected ? row : document.querySelector(title);
    if (heir instanceof HTMLElement) heir.focus({ preventScroll: true });
  };
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
