/** How long a notice stays, in milliseconds. */
const noticeMs = 8_000;
/** So far a notice stays from the lower edge of the window, in pixels. */
const noticeRoom = 90;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let ending;

/**
 * Says something to those who cannot see the page change.
 * @param {string} sentence
 */
export function say(sentence) {
  const place = document.querySelector('#said');
  if (place !== null) place.textContent = sentence;
}

/**
 * Says something to everyone: it also stands in sight for a while, and covers nothing that could be pressed.
 * @param {string} sentence
 * @param {number} [y] where the person looks, in pixels from the upper edge of the window
 */
export function tell(sentence, y) {
  say(sentence);
  const place = document.querySelector('#told');
  if (!(place instanceof HTMLElement) || sentence === '') return;
  clearTimeout(ending);
  place.textContent = sentence;
  place.hidden = false;
  if (y === undefined) place.style.removeProperty('top');
  else place.style.setProperty('top', `${Math.max(0, Math.min(y, innerHeight - noticeRoom))}px`);
  ending = setTimeout(() => (place.hidden = true), noticeMs);
}
