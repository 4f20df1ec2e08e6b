import type { Cause } from '../contract/outcome.ts';
import { systemClock, timestamp } from './clock.ts';
import { traceFields } from './telemetry/trace.ts';

/** The fields of a log line: an allow-list, so that no key and no text from outside can reach a log. */
export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error';
  /** What happened, as a constant of the code; never text from outside. */
  readonly event: string;
  readonly request_id?: string;
  readonly method?: string;
  /** The address of the client, if the operator named the proxies in front. */
  readonly client?: string;
  readonly route?: string;
  readonly status?: number;
  readonly duration_ms?: number;
  readonly connection?: string;
  /** Why something could not be reached, from the closed list of causes. */
  readonly cause?: Cause;
  readonly jobs?: number;
  /** The name of an error's class, never its message, which may hold anything. */
  readonly error?: string;
  /** Why the store could not be used: a code of the system, of SQLite or of AWS. */
  readonly reason?: string;
  /** The command that shows a person more than a log may, or what to do. */
  readonly see?: 'calloff doctor' | 'restart calloff';
}

/** Takes one entry. Never throws. */
export type Log = (entry: LogEntry) => void;

/** An entry as a line of JSON, with its time and the trace that is under way. */
export function logLine(entry: LogEntry): string {
  const time = timestamp(systemClock.wallTime());
  return `${JSON.stringify({ time, ...entry, ...traceFields() })}\n`;
}

/** Writes each entry as a line to standard error, which no surface uses for its own output. */
export const logToStderr: Log = (entry) => {
  process.stderr.write(logLine(entry));
};

/** Logs nothing. */
export const silentLog: Log = () => undefined;

/** The loggable part of a thrown value: the name of its class. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}

/** The system's name for an error, such as `ENOENT`. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
