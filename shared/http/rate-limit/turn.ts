/**
 * The purpose of a request: `cancel` is a cancel or the status check after it, `check_before` the check before a cancel,
 * `operation` a cancel or a check of an operation, `wait` a further check until the job has ended, `read` every request that
 * cancels nothing, `follow` a check of a job that an operation follows.
 */
export type TurnClass = 'cancel' | 'check_before' | 'operation' | 'wait' | 'read' | 'follow';

/** The order of requests: by their purpose, and fairly between calls. */
export interface Turn {
  readonly class: TurnClass;
  readonly call: symbol;
  /** How many like requests its call will ask for after those that wait, if that is known. */
  left?(): number;
  /** Called for each of its requests that was lost, failed at the provider or was turned away because of the key or the pace. */
  onTrouble?(): void;
}

/** The turn of a new call. */
export function newTurn(turnClass: TurnClass): Turn {
  return { class: turnClass, call: Symbol(turnClass) };
}

/** The turn of a step of a cancel. All steps of an operation have the class `operation`. */
export function turnOfStep(turn: Turn, step: 'cancel' | 'wait'): Turn {
  return turn.class === 'operation' ? turn : { ...turn, class: step };
}

/** Whether requests of a class use only what cancels leave of a limit. */
export function givesWay(turnClass: TurnClass): boolean {
  return turnClass === 'wait' || turnClass === 'read' || turnClass === 'follow';
}
