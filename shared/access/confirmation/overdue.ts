import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { loggable } from '../../store/errors.ts';
import type { Store } from '../../store/store.ts';
import { ownLifeMs } from './record.ts';
import { ConfirmationRecords } from './record-store.ts';
import { readWaiting, waitingName } from './waiting.ts';

/** After so long without an answer a confirmation is overdue, or after half of its life. In milliseconds. */
const patienceMs = 600_000;
/** So many confirmations are read at most, the soonest to expire first, so that it stays cheap. */
const mostRead = 100;

/**
 * Logs that a confirmation is overdue, if someone other than its caller must give it, so that an operator hears of it.
 * Called each minute. Never rejects.
 */
export async function logOverdue(store: Store, clock: Clock, log: Log): Promise<void> {
  try {
    if (await hasOverdue(store, clock)) log({ level: 'warn', event: 'confirmation_waits' });
  } catch (error) {
    log({ level: 'error', event: 'confirmations_unreadable', ...loggable(error) });
  }
}

async function hasOverdue(store: Store, clock: Clock): Promise<boolean> {
  const records = new ConfirmationRecords(store, clock);
  const { waiting } = await readWaiting(store, { limit: mostRead }, () => true);
  for (const { id, name } of waiting) {
    const record = await records.get(id);
    if (record?.state !== 'pending' || waitingName(id, record.expiresAt) !== name) continue;
    const { for_another: isForAnother, expiresAt, lives_ms: livesMs = ownLifeMs } = record;
    const waitedMs = clock.wallTime() - (expiresAt - livesMs);
    if (isForAnother && waitedMs >= Math.min(patienceMs, livesMs / 2)) return true;
  }
  return false;
}
