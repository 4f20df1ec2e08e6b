/** After so long a pause what a person types takes effect, in milliseconds. */
const pauseMs = 300;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let pause;
/** Whether what is typed in the field has taken effect before, so that it goes on with the same step of the history. */
let isContinued = false;

/** Ends what was typed: what is typed next is a step of the history of its own. */
function endTyping() {
  clearTimeout(pause);
  pause = undefined;
  isContinued = false;
}

/**
 * Takes effect after a pause.
 * @param {() => string} read what stands in the field
 * @param {(value: string, isContinued: boolean) => void} set
 */
function typed(read, set) {
  clearTimeout(pause);
  pause = setTimeout(() => {
    pause = undefined;
    const wasContinued = isContinued;
    isContinued = true;
    set(read(), wasContinued);
  }, pauseMs);
}

/**
 * What a field does that takes effect while a person types: after a pause, and at once when they press Enter or leave it.
 * @param {(value: string, isContinued: boolean) => void} set
 */
export function whileTyping(set) {
  /** @param {Event & { target: HTMLInputElement }} event */
  const input = ({ target }) => typed(() => target.value.trim(), set);
  /** @param {Event & { target: HTMLInputElement }} event */
  const change = ({ target }) => {
    const wasContinued = isContinued;
    endTyping();
    set(target.value.trim(), wasContinued);
  };
  return { input, change };
}

/**
 * What the field shows: what is typed in it stays as it is, also a space at its end.
 * @param {string} name of the field
 * @param {string} value that has taken effect
 */
export function shownWhileTyping(name, value) {
  const field = document.activeElement;
  if (!(field instanceof HTMLInputElement) || field.name !== name) return value;
  return pause !== undefined || field.value.trim() === value ? field.value : value;
}

window.addEventListener('popstate', endTyping);
