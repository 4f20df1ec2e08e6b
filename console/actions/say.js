/**
 * Says something to those who cannot see the page change.
 * @param {string} sentence
 */
export function say(sentence) {
  const place = document.querySelector('#said');
  if (place !== null) place.textContent = sentence;
}
