import type { Clock } from '../../lib/clock.ts';
import type { Store } from '../../store/store.ts';
import type { Caller } from '../caller.ts';
import { can } from '../policy.ts';
import { type ConfirmationRecord, howOf, isOpen } from './record.ts';
import { ConfirmationRecords } from './record-store.ts';
import type { Confirmation, ConfirmationFault } from './types.ts';

/** Who agreed, if it was at the client of whoever asked. */
export const personAtClient = 'the person at the client';

/** What the person or program that confirms can do with a confirmation. Everything rejects when the store does. */
export class Approvals {
  readonly #records: ConfirmationRecords;

  constructor(store: Store, clock: Clock) {
    this.#records = new ConfirmationRecords(store, clock);
  }

  /** The confirmation, with its jobs; `undefined` where there is none, or its time is over. */
  async show(id: string): Promise<Confirmation | undefined> {
    const stored = await this.#records.get(id);
    const jobs = stored && (await this.#records.jobsOf(id, stored));
    if (stored === undefined || jobs === undefined) return undefined;
    const { caller, expiresAt, state, approvedBy } = stored;
    return { id, caller, expiresAt, how: howOf(stored), state, approvedBy, jobs };
  }

  /**
   * Lets the caller who asked go ahead. An agent cannot, whatever its rights, nor can who has no right to at one of the
   * connections, nor who asked and may not confirm for themselves.
   */
  async approve(id: string, approver: Caller): Promise<ConfirmationFault | undefined> {
    const shown = await this.show(id);
    if (shown === undefined) return 'unknown';
    const connections = new Set(shown.jobs.map(({ provider }) => provider));
    const isOwn = shown.caller === approver.id;
    if (approver.kind === 'agent' || (isOwn && !approver.rights.selfConfirm)) return 'not_allowed';
    if (![...connections].every((name) => can(approver, 'confirm', name))) return 'not_allowed';
    return this.#settle(id, { state: 'approved', approvedBy: approver.id });
  }

  /** Lets whoever asked go ahead on the yes of the person at their client. */
  approveAtClient(id: string): Promise<ConfirmationFault | undefined> {
    return this.#settle(id, { state: 'approved', approvedBy: personAtClient });
  }

  /** Uses at once a confirmation that the person at the client has just given. A fault: it was closed or used meanwhile. */
  useAtClient(id: string): Promise<ConfirmationFault | undefined> {
    return this.#settle(id, { state: 'used', approvedBy: personAtClient });
  }

  /** Ends a confirmation that nobody is to use any more. */
  close(id: string): Promise<ConfirmationFault | undefined> {
    return this.#settle(id, { state: 'closed' });
  }

  async #settle(
    id: string,
    change: Pick<ConfirmationRecord, 'state' | 'approvedBy'>,
  ): Promise<ConfirmationFault | undefined> {
    let fault: ConfirmationFault | undefined;
    await this.#records.change(id, (known) => {
      fault = known === undefined ? 'unknown' : isOpen(known) ? undefined : 'used';
      return known === undefined || fault !== undefined ? undefined : { ...known, ...change };
    });
    return fault;
  }
}
