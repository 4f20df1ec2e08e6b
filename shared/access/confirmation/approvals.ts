import type { Clock } from '../../lib/clock.ts';
import type { Store } from '../../store/store.ts';
import type { Caller } from '../caller.ts';
import { type ConfirmationRecord, howOf, isOpen } from './record.ts';
import { ConfirmationRecords } from './record-store.ts';
import { type Confirmation, type ConfirmationFault, connectionsOf } from './types.ts';
import { mayApprove, readWaiting } from './waiting.ts';

/** The approver, if the person at the caller's own client agreed. */
export const personAtClient = 'the person at the client';

/** What a person or program can do with another caller's confirmation. Everything rejects if the store does. */
export class Approvals {
  readonly #store: Store;
  readonly #records: ConfirmationRecords;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#records = new ConfirmationRecords(store, clock);
  }

  /**
   * What waits for this approver, the soonest to expire first. A page ends when `limit` offers were read, so it may be short
   * or even empty without being the last.
   */
  async waitingFor(
    approver: Caller,
    query: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<{ readonly confirmations: readonly Confirmation[]; readonly next?: string | undefined }> {
    const { waiting, next } = await readWaiting(this.#store, query);
    const own = waiting.filter((each) => mayApprove(approver, each));
    const shown = await Promise.all(own.map(({ id }) => this.show(id)));
    const pending = shown.filter((each) => each?.state === 'pending');
    return { confirmations: pending.filter((each) => each !== undefined), next };
  }

  /** The confirmation with its jobs; `undefined` if there is none or it has expired. */
  async show(id: string): Promise<Confirmation | undefined> {
    const stored = await this.#records.get(id);
    const jobs = stored && (await this.#records.jobsOf(id, stored));
    if (stored === undefined || jobs === undefined) return undefined;
    const { caller, expiresAt, state, approvedBy, operation } = stored;
    return { id, caller, expiresAt, how: howOf(stored), state, approvedBy, jobs, operation };
  }

  /**
   * Approves a confirmation, so that its caller can use it. An agent can never approve. Neither can a caller without the
   * right at all of the connections, or a caller that may not confirm its own request.
   */
  async approve(id: string, approver: Caller): Promise<ConfirmationFault | undefined> {
    const shown = await this.show(id);
    if (shown === undefined) return 'unknown';
    const { caller } = shown;
    if (!mayApprove(approver, { caller, connections: connectionsOf(shown) })) return 'not_allowed';
    return this.#settle(id, { state: 'approved', approvedBy: approver.id });
  }

  /** Approves a confirmation because the person at the caller's client said yes. */
  approveAtClient(id: string): Promise<ConfirmationFault | undefined> {
    return this.#settle(id, { state: 'approved', approvedBy: personAtClient });
  }

  /** Uses a confirmation at once that the person at the client has just approved. A fault: it was closed or used meanwhile. */
  useAtClient(id: string): Promise<ConfirmationFault | undefined> {
    return this.#settle(id, { state: 'used', approvedBy: personAtClient });
  }

  /** Closes a confirmation, so that it can no longer be used. */
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
