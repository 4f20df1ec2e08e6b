/**
 * The purpose of a request: `cancel` is a cancel or the status check after it, `check_before` the check before a cancel,
 * `wait` a further check until the job has ended, `read` every request that cancels nothing.
 */
export type TurnClass = 'cancel' | 'check_before' | 'wait' | 'read';

/** The order of requests: by their purpose, and fairly between calls. */
export interface Turn {
  readonly class: TurnClass;
  readonly call: symbol;
}

/** The turn of a new call. */
export function newTurn(turnClass: TurnClass): Turn {
  return { class: turnClass, call: Symbol(turnClass) };
}

/** Whether requests of a class use only what cancels leave of a limit. */
export function givesWay(turnClass: TurnClass): boolean {
  return turnClass === 'wait' || turnClass === 'read';
}
