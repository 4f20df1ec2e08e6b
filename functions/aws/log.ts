import { systemClock, timestamp } from '../../shared/lib/clock.ts';
import type { Log, LogEntry } from '../../shared/lib/log.ts';
import { traceFields } from '../../shared/lib/telemetry/trace.ts';

/** Writes each entry as a line of JSON to standard output, in the form that Lambda filters by. */
export const logToLambda: Log = (entry) => writeLine(entry);

/**
 * Writes an entry as a line of JSON to standard output, with `timestamp` and `level` in the form that Lambda filters by.
 * `more`: what stands beside it for CloudWatch, made from the time in milliseconds since the epoch. Does not use `console`,
 * which would wrap the line in another entry.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
 */
export function writeLine({ level, ...entry }: LogEntry, more?: (now: number) => object): void {
  const now = systemClock.wallTime();
  const line = {
    timestamp: timestamp(now),
    level: level.toUpperCase(),
    ...entry,
    ...traceFields(),
    ...more?.(now),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
