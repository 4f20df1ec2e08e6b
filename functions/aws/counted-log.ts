import type { Log } from '../../shared/lib/log.ts';
import type { Measurement, Meter } from '../../shared/lib/telemetry/meter.ts';
import { writeLine } from './log.ts';

/** A log whose lines carry the counts since the line before. */
interface CountedLog {
  readonly log: Log;
  readonly meter: Meter;
  /** Writes the counts that no line has carried yet, if there are any: at the end of a run that logs nothing. */
  flush(): void;
}

/** The name under which CloudWatch keeps the counts. */
const namespace = 'calloff';

/**
 * Counts in lines that are written anyway, in the embedded metric format, so that no call waits for CloudWatch. All functions
 * of an installation share one dimension, its table, because each further value of a dimension is one more metric to pay for.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function countedLog(table = 'none', write: typeof writeLine = writeLine): CountedLog {
  let counts = new Map<string, number>();
  const log: Log = (entry) => {
    if (counts.size === 0) return write(entry);
    const counted = counts;
    counts = new Map();
    write(entry, (timestamp) => embedded(counted, table, timestamp));
  };
  return {
    log,
    meter(measured) {
      for (const [name, value] of countsOf(measured)) counts.set(name, (counts.get(name) ?? 0) + value);
    },
    flush() {
      if (counts.size > 0) log({ level: 'info', event: 'counted' });
    },
  };
}

/** What a measurement adds, under names of a closed list. */
function countsOf(measured: Measurement): readonly (readonly [string, number])[] {
  if (measured.is === 'cancel') return [[`cancels_${measured.outcome}`, 1]];
  if (measured.is === 'provider_request') return [[`provider_requests_${measured.class}`, 1]];
  if (measured.is === 'came_back') return [['came_back', measured.jobs]];
  return measured.is === 'audit_write_failure' ? [['audit_write_failures', 1]] : [];
}

function embedded(counts: ReadonlyMap<string, number>, table: string, timestamp: number): object {
  const metrics = [...counts.keys()].map((name) => ({ Name: name, Unit: 'Count' }));
  const directive = { Namespace: namespace, Dimensions: [['table']], Metrics: metrics };
  return {
    _aws: { Timestamp: timestamp, CloudWatchMetrics: [directive] },
    table,
    ...Object.fromEntries(counts),
  };
}
