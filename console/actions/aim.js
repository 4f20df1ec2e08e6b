import { ticks } from '../time.js';

/** How long a person needs to see that another row came under the pointer, in milliseconds. */
const noticeMs = 600;
/** So far a hand moves the pointer only on purpose, in pixels. */
const leastMovePx = 12;

/** @type {{ x: number, y: number } | undefined} */
let pointer;
/** @type {string | undefined} */
let under;
/** When and where another row last came under the pointer. */
let moved = { at: Number.NEGATIVE_INFINITY, x: 0, y: 0 };

/** The row under the pointer. */
function rowAtPointer() {
  if (pointer === undefined) return undefined;
  const row = document.elementFromPoint(pointer.x, pointer.y)?.closest('tr[data-key]');
  return row instanceof HTMLElement ? row.dataset.key : undefined;
}

/** Follows the pointer. What a person scrolls under it, they mean; so they do a row to which they move it. */
export function watchPointer() {
  const follow = (/** @type {PointerEvent} */ { clientX: x, clientY: y }) => {
    pointer = { x, y };
    const before = under;
    under = rowAtPointer();
    const isFar = Math.hypot(x - moved.x, y - moved.y) >= leastMovePx;
    if (under !== before && isFar) moved = { ...moved, at: Number.NEGATIVE_INFINITY };
  };
  document.addEventListener('pointermove', follow);
  // A finger comes without a move.
  document.addEventListener('pointerdown', follow, { capture: true });
  document.addEventListener('scroll', () => (under = rowAtPointer()), { capture: true, passive: true });
}

/** Notes after each drawing whether another row has come under the pointer. */
export function noteRows() {
  const now = rowAtPointer();
  if (pointer !== undefined && now !== undefined && now !== under) moved = { at: ticks(), ...pointer };
  under = now;
}

/** Where the pointer is, in pixels from the upper edge of the window; `undefined` without one. */
export const pointerY = () => pointer?.y;

/** Whether a row came under the pointer too shortly ago for a person to mean it. */
export function hasJustMoved() {
  return ticks() - moved.at < noticeMs;
}
