import type { Cause } from '../contract/outcome.ts';
import { systemClock, timestamp } from './clock.ts';

/** Everything a log line may say: an allow-list, so that nothing from outside and no key can reach a log. */
export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error';
  /** What happened, from the code: never text from outside. */
  readonly event: string;
  readonly request_id?: string;
  readonly method?: string;
  readonly route?: string;
  readonly status?: number;
  readonly duration_ms?: number;
  readonly connection?: string;
  /** Why something could not be reached, from the closed list of outcomes. */
  readonly cause?: Cause;
  readonly jobs?: number;
  /** The name of an error's class, never its message, which may hold anything. */
  readonly error?: string;
  /** Why the store could not be used: a code of the system, of SQLite or of AWS. */
  readonly reason?: string;
  /** The command that tells a person more than a log may. */
  readonly see?: 'calloff doctor';
}

/** Takes one entry. Never throws. */
export type Log = (entry: LogEntry) => void;

/** Writes each entry as a line of JSON to standard error, where no surface's own output goes. */
export const logToStderr: Log = (entry) => {
  process.stderr.write(`${JSON.stringify({ time: timestamp(systemClock.wallTime()), ...entry })}\n`);
};

/** Says nothing. */
export const silentLog: Log = () => undefined;

/** What a log line may say of a thing that was thrown: the name of its class. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
