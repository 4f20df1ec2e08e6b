import type { Log } from '../../lib/log.ts';
import type { Meter } from '../../lib/telemetry/meter.ts';
import { loggable } from '../../store/errors.ts';

/** Says in the log, and counts, that a record of the audit could not be written. */
export function reportUnwritten(
  { log, meter }: { readonly log: Log; readonly meter?: Meter | undefined },
  request_id: string,
  error: unknown,
): void {
  meter?.({ is: 'audit_write_failure' });
  log({ level: 'error', event: 'audit_unwritable', request_id, ...loggable(error) });
}
