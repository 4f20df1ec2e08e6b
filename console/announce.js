/** How long a notice stays, in milliseconds. */
const noticeMs = 8_000;
/** So far a notice stays from the lower edge of the window, in pixels. */
const noticeRoom = 90;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let ending;

/**
 * Has a screen reader say something to those who cannot see the page change.
 * @param {string} sentence
 */
export function announce(sentence) {
  const place = document.querySelector('#announcement');
  if (place !== null) place.textContent = sentence;
}

/**
 * Announces something, and shows it for a while: a press goes through it.
 * @param {string} sentence
 * @param {number} [y] where the person looks, in pixels from the upper edge of the window
 */
export function showNotice(sentence, y) {
  announce(sentence);
  const place = document.querySelector('#notice');
  if (!(place instanceof HTMLElement) || sentence === '') return;
  clearTimeout(ending);
  place.textContent = sentence;
  place.hidden = false;
  if (y === undefined) place.style.removeProperty('top');
  else place.style.setProperty('top', `${Math.max(0, Math.min(y, innerHeight - noticeRoom))}px`);
  ending = setTimeout(() => (place.hidden = true), noticeMs);
}
