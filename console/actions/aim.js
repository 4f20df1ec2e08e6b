import { ticks } from '../time.js';

/** How long a person needs to see that another row came under the pointer, in milliseconds. */
const noticeMs = 600;

/** @type {{ x: number, y: number } | undefined} */
let pointer;
/** @type {string | undefined} */
let under;
let movedAt = Number.NEGATIVE_INFINITY;

/** The row under the pointer. */
function rowAtPointer() {
  if (pointer === undefined) return undefined;
  const row = document.elementFromPoint(pointer.x, pointer.y)?.closest('tr[data-key]');
  return row instanceof HTMLElement ? row.dataset.key : undefined;
}

/** Follows the pointer. What a person scrolls under it, they mean. */
export function watchPointer() {
  document.addEventListener('pointermove', ({ clientX: x, clientY: y }) => {
    pointer = { x, y };
    under = rowAtPointer();
  });
  document.addEventListener('scroll', () => (under = rowAtPointer()), { capture: true, passive: true });
}

/** Notes after each drawing whether another row has come under the pointer. */
export function noteRows() {
  const now = rowAtPointer();
  if (now !== undefined && now !== under) movedAt = ticks();
  under = now;
}

/** Where the pointer is, in pixels from the upper edge of the window; `undefined` without one. */
export const pointerY = () => pointer?.y;

/** Whether a row came under the pointer too shortly ago for a person to mean it. */
export function hasJustMoved() {
  return ticks() - movedAt < noticeMs;
}
