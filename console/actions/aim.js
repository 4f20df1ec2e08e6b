import { showNotice } from '../announce.js';
import { ticks } from '../time.js';

/** How long a person needs to see that something else came under the pointer, in milliseconds. */
const noticeMs = 600;
/** So far a hand moves the pointer only on purpose, in pixels. */
const leastMovePx = 12;
/** So far below the pointer a notice leaves the row in sight, in pixels. */
const belowPointer = 28;

/** @type {{ x: number, y: number } | undefined} */
let pointer;
/** @type {string | undefined} */
let under;
/** When and where something else last came under the pointer. */
let moved = { at: Number.NEGATIVE_INFINITY, x: 0, y: 0 };
/** A key presses what has the focus, wherever the pointer is. */
let isByKey = false;
/**
 * Where each row and each button of a card stands in the page, in pixels, and since when.
 * @type {ReadonlyMap<string, { readonly top: number, readonly since: number }>}
 */
let places = new Map();

/** What is under the pointer: a row, or a button that says what it does, to what. */
function aimAtPointer() {
  if (pointer === undefined) return undefined;
  const aim = document.elementFromPoint(pointer.x, pointer.y)?.closest('[data-aim], tr[data-key]');
  return aim instanceof HTMLElement ? (aim.dataset.aim ?? aim.dataset.key) : undefined;
}

/** Follows the pointer. What a person scrolls under it, they mean; so they do what they move it to. */
export function watchPointer() {
  const follow = (/** @type {PointerEvent} */ { clientX: x, clientY: y }) => {
    pointer = { x, y };
    const before = under;
    under = aimAtPointer();
    const isFar = Math.hypot(x - moved.x, y - moved.y) >= leastMovePx;
    if (under !== before && isFar) moved = { ...moved, at: Number.NEGATIVE_INFINITY };
  };
  document.addEventListener('pointermove', follow);
  // A finger comes without a move. What moved while it came may be another than it was aimed at.
  const press = (/** @type {PointerEvent} */ event) => {
    isByKey = false;
    follow(event);
    const since = places.get(under ?? '')?.since ?? Number.NEGATIVE_INFINITY;
    if (event.pointerType !== 'mouse' && since > moved.at)
      moved = { at: since, x: event.clientX, y: event.clientY };
  };
  document.addEventListener('pointerdown', press, { capture: true });
  document.addEventListener('keydown', () => (isByKey = true), { capture: true });
  document.addEventListener('scroll', () => (under = aimAtPointer()), { capture: true, passive: true });
}

/** Notes after each drawing whether something else has come under the pointer, and what has moved. */
export function noteAims() {
  notePlaces();
  const now = aimAtPointer();
  if (pointer !== undefined && now !== undefined && now !== under) moved = { at: ticks(), ...pointer };
  under = now;
}

/** Compares where rows and buttons stand with where they stood. To scroll moves none of them in the page. */
function notePlaces() {
  const tops = new Map();
  for (const each of document.querySelectorAll('tr[data-key], article [data-aim]'))
    if (each instanceof HTMLElement) tops.set(each.dataset.aim ?? each.dataset.key, topOf(each));
  const isAnyMoved = [...tops].some(([aim, top]) => (places.get(aim)?.top ?? top) !== top);
  const sinceOf = (/** @type {string} */ aim, /** @type {number} */ top) => {
    const before = places.get(aim);
    const isMoved = before === undefined ? isAnyMoved : before.top !== top;
    return isMoved ? ticks() : (before?.since ?? Number.NEGATIVE_INFINITY);
  };
  places = new Map([...tops].map(([aim, top]) => [aim, { top, since: sinceOf(aim, top) }]));
}

/** @param {HTMLElement} element */
function topOf(element) {
  let top = element.offsetTop;
  for (let above = element.offsetParent; above instanceof HTMLElement; above = above.offsetParent)
    top += above.offsetTop;
  return top;
}

/** Whether what is pressed came under the pointer too shortly ago for a person to mean it. */
function hasJustMoved() {
  return !isByKey && ticks() - moved.at < noticeMs;
}

/**
 * Does what a button does, unless another stood in its place, or another row, right before the press.
 * @template {unknown[]} Given
 * @param {(...given: Given) => void} does
 * @returns {(...given: Given) => void}
 */
export function ifMeant(does) {
  return (...given) => {
    if (!hasJustMoved()) return does(...given);
    const y = (pointer?.y ?? 0) + belowPointer;
    showNotice('What is under the pointer changed just now. Nothing was sent: press again.', y);
  };
}
