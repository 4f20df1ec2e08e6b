import { systemClock, timestamp } from '../../shared/lib/clock.ts';
import type { Log } from '../../shared/lib/log.ts';

/**
 * Writes each entry as a line of JSON to standard output, with `timestamp` and `level` in the form that Lambda filters by.
 * Does not use `console`, which would wrap the line in another entry.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
 */
export const logToLambda: Log = ({ level, ...entry }) => {
  const line = { timestamp: timestamp(systemClock.wallTime()), level: level.toUpperCase(), ...entry };
  process.stdout.write(`${JSON.stringify(line)}\n`);
};
