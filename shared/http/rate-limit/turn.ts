/**
 * What a request is for: `cancel` is a cancel and the look that tells what became of it, `look_before` the look before a
 * cancel, `wait` a further look until a job is over, `read` whatever cancels nothing.
 */
export type TurnClass = 'cancel' | 'look_before' | 'wait' | 'read';

/** In what order requests go: by what they are for, and fairly between the calls that make them. */
export interface Turn {
  readonly class: TurnClass;
  readonly call: symbol;
}

/** A turn for a call of its own. */
export function newTurn(turnClass: TurnClass): Turn {
  return { class: turnClass, call: Symbol(turnClass) };
}

/** Whether requests of a class only ever take what cancels leave of a limit. */
export function givesWay(turnClass: TurnClass): boolean {
  return turnClass === 'wait' || turnClass === 'read';
}
