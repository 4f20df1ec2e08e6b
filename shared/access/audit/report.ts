import type { OutcomeName } from '../../contract/outcome.ts';
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

/** Counts the outcomes of jobs, each under its connection, and logs how many are unknown, because a person must look at these. */
export function reportOutcomes(
  { log, meter }: { readonly log: Log; readonly meter?: Meter | undefined },
  { surface, requestId }: { readonly surface: string; readonly requestId: string },
  outcomes: readonly { readonly provider: string; readonly outcome: OutcomeName }[],
): void {
  for (const { provider: connection, outcome } of outcomes)
    meter?.({ is: 'cancel', connection, outcome, surface });
  const unknown = outcomes.filter(({ outcome }) => outcome === 'unknown');
  for (const [connection, { length: jobs }] of Map.groupBy(unknown, ({ provider }) => provider))
    log({ level: 'warn', event: 'outcome_unknown', request_id: requestId, connection, jobs });
}
