import { exitCodes } from './exit-codes.ts';

/** The signals that end a call: Ctrl-C, a request to stop the process, and the end of the terminal. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What a part of a command does at signals to stop. */
export interface SignalHandlers {
  /** At the first signal, in the place of ending the call. */
  readonly first?: () => void;
  /** At the second signal: says what is known, before the process ends with 1. Without it, the signal ends the process. */
  readonly second?: () => void;
}

/** A call that a signal to stop can end. */
interface Interruptible {
  /** Aborted by the first signal, or once the part of the command ends that has handled it. */
  readonly signal: AbortSignal;
  /** From now on a signal to stop calls these, until the function is called that this returns. */
  handleSignals(handlers: SignalHandlers): () => void;
}

/** Lets signals to stop end a call, and calls `ended` then. A second signal ends the process. */
export function interruptible(ended: () => void): Interruptible {
  const interrupted = new AbortController();
  const parts: SignalHandlers[] = [];
  let signals = 0;
  const end = () => {
    if (interrupted.signal.aborted) return;
    interrupted.abort();
    ended();
  };
  const handle = (ending: NodeJS.Signals) => {
    signals += 1;
    const { first = end, second } = parts.at(-1) ?? {};
    if (signals === 1) return first();
    for (const each of endings) process.off(each, handle);
    if (second === undefined) return void process.kill(process.pid, ending);
    second();
    process.exit(exitCodes.notDone);
  };
  for (const ending of endings) process.on(ending, handle);
  return {
    signal: interrupted.signal,
    handleSignals(handlers) {
      parts.push(handlers);
      return () => {
        parts.splice(parts.indexOf(handlers), 1);
        if (signals > 0) end();
      };
    },
  };
}
