import { ConfigurationError } from '../shared/config/configuration-error.ts';
import type { Log } from '../shared/lib/log.ts';
import { unwritableMessage } from '../shared/messages/faults.ts';

/** Stops on a signal, including the loss of the terminal, after the requests in flight; a second signal ends the process at once. */
export function stopOnSignals(stop: () => Promise<void>, log: Log): void {
  let stopping = false;
  const onSignal = () => {
    if (stopping) process.exit(1);
    stopping = true;
    log({ level: 'info', event: 'stopping' });
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
}

/**
 * Stops and exits with 1 if the lines that say how to reach the server cannot be written. If only the log cannot be
 * written, the server continues without it.
 */
export function stopIfUnwritable(stop: () => Promise<void>): void {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
    process.stderr.write(`${unwritableMessage(code)}\n`);
    const end = () => process.exit(1);
    stop().then(end, end);
  });
}

/** Runs `work`. If the configuration cannot be used, prints the message and exits with 2. */
export async function orExplain(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}
