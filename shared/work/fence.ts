import type { Clock } from '../lib/clock.ts';
import type { OperationRecord } from '../operations/operation.ts';
import type { OperationRecords } from '../operations/operation-records.ts';
import { isToSend } from '../operations/state.ts';
import type { Lease } from './lease.ts';

/** How old the last read of lease and operation may be when a cancel leaves, in milliseconds, from when the read began. */
const freshMs = 800;
/** From this age on they are read again in the background, so that no cancel has to wait for it. */
const renewAfterMs = 300;
/** How often a cancel waits for a read before it stays. A store that is that slow pauses the sending. */
const mostReads = 3;

/** What a fence reads. */
interface FenceParts {
  readonly records: OperationRecords;
  readonly clock: Clock;
  /** The caller in whose name an operation is carried out; `undefined` if it is gone. */
  callerOf(operation: OperationRecord): Promise<unknown>;
  /** Whether the connection still leads to the host of the share. */
  isThere(): Promise<boolean>;
}

/**
 * Lets a cancel of an operation leave only if, less than 800 ms ago, this worker held the lease, the operation was to run, its
 * caller was there, and the connection led to the same host. So a pause holds within a second of its answer, a worker that was
 * taken for dead sends nothing, and a slow store pauses the sending.
 */
export class Fence {
  readonly #lease: Lease;
  readonly #parts: FenceParts;
  readonly #operation: OperationRecord;
  #read: { readonly began: number; readonly open: boolean } | undefined;
  #reading: Promise<void> | undefined;
  #isBlind = false;
  #wasLate = false;

  constructor(lease: Lease, operation: OperationRecord, parts: FenceParts) {
    this.#lease = lease;
    this.#operation = operation;
    this.#parts = parts;
  }

  /** Whether the fence was found closed: nothing more leaves in this round. */
  get isClosed(): boolean {
    return this.#read?.open === false || this.#lease.isLost;
  }

  /** Whether a cancel stayed because the store could not be read in time. */
  get isBlind(): boolean {
    return this.#isBlind;
  }

  /** Whether a cancel may leave now. Never rejects. */
  async leave(): Promise<boolean> {
    for (let reads = 0; ; reads += 1) {
      if (this.isClosed) return false;
      const ageMs = this.#parts.clock.now() - (this.#read?.began ?? Number.NEGATIVE_INFINITY);
      if (ageMs < freshMs) {
        if (ageMs >= renewAfterMs) void this.#renew();
        return true;
      }
      if (reads === mostReads) {
        this.#isBlind = true;
        return false;
      }
      await this.#renew();
    }
  }

  /** Whether another worker may have taken the lease by now. Never rejects. */
  async isLate(): Promise<boolean> {
    this.#wasLate = !(await this.#lease.check().catch(() => false));
    return this.#wasLate;
  }

  /** What {@link isLate} said last. */
  get wasLate(): boolean {
    return this.#wasLate;
  }

  #renew(): Promise<void> {
    this.#reading ??= this.#readNow().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readNow(): Promise<void> {
    const { records, clock } = this.#parts;
    const { id, round } = this.#operation;
    const began = clock.now();
    try {
      const [isHeld, record, caller, isThere] = await Promise.all([
        this.#lease.check(),
        records.get(id),
        this.#parts.callerOf(this.#operation),
        this.#parts.isThere(),
      ]);
      const open = isHeld && isThere && caller !== undefined && maySend(record, round, clock.wallTime());
      this.#read = { began, open };
    } catch {
      // It cannot be read now; the cancel asks again, and stays if it cannot be read by then.
    }
  }
}

/** Whether an operation is to send in this round at a wall time. */
function maySend(record: OperationRecord | undefined, round: number, now: number): boolean {
  return record !== undefined && record.round === round && isToSend(record, now);
}
