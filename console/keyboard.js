/**
 * What the keys do. None of them does anything while the person types, or together with Ctrl, Alt or Cmd.
 * @typedef {object} KeyHandlers
 * @property {(by: 1 | -1) => void} move
 * @property {() => void} tick
 * @property {() => void} open
 * @property {() => void} stop
 * @property {() => void} filter
 * @property {() => void} escape
 * @property {() => void} help
 */

/** @param {EventTarget | null} target */
function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== 'checkbox';
  return (
    target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable
  );
}

/** @param {KeyHandlers} handlers */
export function listenToKeys(handlers) {
  /** @type {Readonly<Record<string, () => void>>} */
  const byKey = {
    j: () => handlers.move(1),
    k: () => handlers.move(-1),
    x: handlers.tick,
    s: handlers.stop,
    '/': handlers.filter,
    '?': handlers.help,
  };
  document.addEventListener('keydown', (event) => {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    // A key that is held down counts once, but for those that move.
    if (event.repeat && key !== 'j' && key !== 'k') return;
    if (ctrlKey || metaKey || altKey || document.querySelector('dialog[open]') !== null) return;
    if (key === 'Escape') return handlers.escape();
    if (isTyping(target)) return;
    // Enter on a button, a link or a box does what that does.
    const isRow = target === document.body || (target instanceof HTMLElement && target.tagName === 'TR');
    const does = key === 'Enter' && isRow ? handlers.open : byKey[key];
    if (does === undefined) return;
    event.preventDefault();
    does();
  });
}
