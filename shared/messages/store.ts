import { type Cause, isPassing } from '../contract/outcome.ts';
import { operatorStep } from './cause.ts';

/** What is wrong with the store, as a clause, and what the reader can do about it. */
interface Trouble {
  readonly what: string;
  readonly step: string;
}

const troubles: Partial<Record<Cause, Trouble>> = {
  store_locked: {
    what: 'Another process has locked the store of this installation',
    step: 'Try again in a few seconds. If that does not help, close the program that has the file open: a backup, a database browser or another calloff.',
  },
  store_slow: {
    what: 'The store of this installation did not answer in time',
    step: 'Try again in a few seconds. If that does not help, its machine or its disk is overloaded, or on AWS its table.',
  },
  store_full: {
    what: 'The disk that holds the store of this installation is full',
    step: operatorStep('Free some space, then try again.'),
  },
  store_gone: {
    what: 'The store of this installation is gone: it was removed or replaced, and cannot be opened',
    step: operatorStep(
      'Restore the folder in CALLOFF_DATA_DIR, or on AWS the table in CALLOFF_TABLE, then try again; or restart calloff with an empty store.',
    ),
  },
  secret_unreadable: {
    what: 'calloff cannot read one of its secrets at the moment',
    step: 'Try again in a few seconds. If that does not help, the log of calloff names the secret.',
  },
};

const unknownTrouble: Trouble = {
  what: 'calloff could not use the store of this installation',
  step: 'Try again. If that does not help, the log of calloff says why.',
};

/** After how many seconds to try again, if the trouble is temporary. */
export function secondsToPass(cause: Cause | undefined): number | undefined {
  return isPassing(cause) ? 5 : undefined;
}

/** Says that the store cannot be used, why, and what to do. */
export function storeMessage(cause: Cause | undefined): string {
  const { what, step } = troubleOf(cause);
  return `${what}. ${step}`;
}

/** Says that the store cannot be used, and why. */
export function storeFinding(cause: Cause | undefined): string {
  return `${troubleOf(cause).what}.`;
}

/** Says that calloff sent nothing because it could not record the cancel first. */
export function unauditedMessage(cause: Cause | undefined): string {
  return `${troubleOf(cause).what}. calloff records every cancel before it sends it. Nothing was sent.`;
}

/** What to do then. */
export function storeStep(cause: Cause | undefined): string {
  return troubleOf(cause).step;
}

/** Says that calloff started nothing because it could not record the request first, and what to do. */
export function unbegunMessage(cause: Cause | undefined): string {
  const { what, step } = troubleOf(cause);
  return `${what}. calloff records every request before it starts. Nothing was started. ${step}`;
}

function troubleOf(cause: Cause | undefined): Trouble {
  return (cause && troubles[cause]) ?? unknownTrouble;
}
