import { type Cause, isPassing } from '../contract/outcome.ts';

/** What is wrong with the store, as a clause, and what there is to do about it. */
interface Trouble {
  readonly what: string;
  readonly step: string;
}

const troubles: Partial<Record<Cause, Trouble>> = {
  store_locked: {
    what: 'Another process keeps the store of this installation locked',
    step: 'Ask again in a few seconds. If it stays so, end what has the file open: a backup, a database browser, another calloff.',
  },
  store_full: {
    what: 'The disk that holds the store of this installation is full',
    step: 'Make room on it, then ask again.',
  },
  store_gone: {
    what: 'The store of this installation is gone: what held it was removed or replaced, and cannot be opened',
    step: 'Restore what CALLOFF_DATA_DIR names, or CALLOFF_TABLE on AWS, then ask again; or restart calloff with an empty store.',
  },
  secret_unreadable: {
    what: 'A secret of this installation cannot be read at the moment',
    step: 'Ask again in a few seconds. If it stays so, the log of calloff says which.',
  },
};

const unknownTrouble: Trouble = {
  what: 'The store of this installation could not be used',
  step: 'Ask again. If it stays so, the log of calloff says why.',
};

/** After how many seconds to ask again, where what is wrong passes by itself. */
export function secondsToPass(cause: Cause | undefined): number | undefined {
  return isPassing(cause) ? 5 : undefined;
}

/** That something cannot be done without the store, why, and what there is to do. */
export function storeMessage(cause: Cause | undefined): string {
  const { what, step } = troubleOf(cause);
  return `${what}. ${step}`;
}

/** That nothing may be sent because it could not be written down first. */
export function unauditedMessage(cause: Cause | undefined): string {
  return `${troubleOf(cause).what}. calloff records every cancel before it sends it. Nothing was sent.`;
}

/** What there is to do then. */
export function storeStep(cause: Cause | undefined): string {
  return troubleOf(cause).step;
}

/** That nothing may be begun for the same reason, and what there is to do. */
export function unbegunMessage(cause: Cause | undefined): string {
  const { what, step } = troubleOf(cause);
  return `${what}. calloff records every request before it starts on it. Nothing was started. ${step}`;
}

function troubleOf(cause: Cause | undefined): Trouble {
  return (cause && troubles[cause]) ?? unknownTrouble;
}
