import type { Clock } from '../../lib/clock.ts';
import { inPool } from '../../lib/concurrency.ts';
import type { Store } from '../../store/store.ts';
import type { Caller } from '../caller.ts';
import { type ConfirmationRecord, howOf, isOpen, ownLifeMs } from './record.ts';
import { ConfirmationRecords } from './record-store.ts';
import { type Confirmation, type ConfirmationFault, connectionsOf, type JobShown } from './types.ts';
import { mayApprove, readWaiting, type WaitingNote, waitingName } from './waiting.ts';

/** The approver, if the person at the caller's own client agreed. */
export const personAtClient = 'the person at the client';

/** So many confirmations are read at once for a list. */
const readAtOnce = 8;
/** A page is read on so often at most, if what was found no longer waits. */
const mostReads = 5;
/** The most that are counted, so that it stays cheap. */
const mostCounted = 1_000;

/** A confirmation in a list, which has the first of its jobs. */
export interface ConfirmationListed extends Confirmation {
  readonly jobsTotal: number;
}

/** What waits for an approver. `next`: where to go on, if there may be more. */
interface WaitingForApprover {
  readonly confirmations: readonly ConfirmationListed[];
  readonly next?: string | undefined;
}

/** What a person or program can do with another caller's confirmation. Everything rejects if the store does. */
export class Approvals {
  readonly #store: Store;
  readonly #records: ConfirmationRecords;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#records = new ConfirmationRecords(store, clock);
  }

  /**
   * What waits for this approver, the soonest to expire first, each with the first of its jobs. It does not matter where it was
   * asked for: only its use is bound to that place. A page may be short or even empty without being the last.
   */
  async waitingFor(
    approver: Caller,
    query: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<WaitingForApprover> {
    const confirmations: ConfirmationListed[] = [];
    let [{ after }, reads] = [query, 0];
    do {
      const place = { after, limit: query.limit - confirmations.length };
      const { waiting, next } = await readWaiting(this.#store, place, (each) => mayApprove(approver, each));
      confirmations.push(...(await this.#pendingOf(waiting)));
      after = next;
      reads += 1;
    } while (after !== undefined && confirmations.length < query.limit && reads < mostReads);
    return { confirmations, next: after };
  }

  /** How many confirmations wait. It counts at most a thousand. */
  async countPending(): Promise<number> {
    const { waiting } = await readWaiting(this.#store, { limit: mostCounted }, () => true);
    return (await this.#pendingOf(waiting)).length;
  }

  /** What still waits of these notes, in their order. */
  async #pendingOf(notes: readonly WaitingNote[]): Promise<ConfirmationListed[]> {
    const found: (ConfirmationListed | undefined)[] = [];
    await inPool([...notes.entries()], readAtOnce, async ([index, note]) => {
      found[index] = await this.#pending(note);
    });
    return found.filter((each) => each !== undefined);
  }

  /** The confirmation that a note is of, if it still waits. */
  async #pending({ id, name, jobs: jobsTotal }: WaitingNote): Promise<ConfirmationListed | undefined> {
    const stored = await this.#records.get(id);
    if (stored?.state !== 'pending' || waitingName(id, stored.expiresAt) !== name) return undefined;
    const jobs = await this.#records.firstJobsOf(id, stored);
    return jobs && { ...shownAs(id, stored, jobs), jobsTotal };
  }

  /** The confirmation with its jobs; `undefined` if there is none or it has expired. */
  async show(id: string): Promise<Confirmation | undefined> {
    const stored = await this.#records.get(id);
    const jobs = stored && (await this.#records.jobsOf(id, stored));
    return jobs && shownAs(id, stored, jobs);
  }

  /**
   * Approves a confirmation, so that its caller can use it. An agent can never approve. Neither can a caller without the
   * right at all of the connections, or a caller that may not confirm its own request. One that is approved stays as it is.
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
      // Of two who approve, the first one did.
      const isAsItWas = known?.state === change.state;
      return known === undefined || fault !== undefined || isAsItWas ? undefined : { ...known, ...change };
    });
    return fault;
  }
}

function shownAs(id: string, stored: ConfirmationRecord, jobs: readonly JobShown[]): Confirmation {
  const { caller, expiresAt, state, approvedBy, operation, lives_ms: livesMs = ownLifeMs } = stored;
  const times = { requestedAt: expiresAt - livesMs, expiresAt };
  return { id, caller, ...times, how: howOf(stored), state, approvedBy, jobs, operation };
}
