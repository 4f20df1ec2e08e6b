import { AuditWriter } from '../access/audit/writer.ts';
import type { Clock } from '../lib/clock.ts';
import { inPool } from '../lib/concurrency.ts';
import type { Log } from '../lib/log.ts';
import { loggable } from '../store/errors.ts';
import { joinKey } from '../store/folder.ts';
import type { FolderEntry, Store } from '../store/store.ts';
import {
  forgottenAt,
  isDeliveryDue,
  mostAttempts,
  readDelivery,
  type StoredDelivery,
  withAttempt,
} from './delivery.ts';
import type { Posted } from './post.ts';

/** The result of a pass. `nextAt`: when to call again, in milliseconds since the epoch; absent if nothing waits. */
export interface DeliveryPass {
  readonly delivered: number;
  readonly failed: number;
  readonly nextAt?: number;
}

/** How many messages are under way at most. */
const atOnce = 4;
const pageSize = 200;
/** After so many failures in a row the receiver is left alone for a while. */
const mostFailures = 3;
const restMs = 15_000;
/** No attempt begins later in a pass, in milliseconds, so that a pass ends within half a minute. */
const longestPassMs = 20_000;

/** Where deliveries are stored, and how one is sent. `useless`: there is nothing to send any more. */
export interface DeliveryWay {
  readonly folder: string;
  send(due: DueDelivery): Promise<Posted | 'useless'>;
}

/** What a pass needs. */
export interface OutboxParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/** A delivery that is due, and where it is stored. */
export interface DueDelivery {
  readonly id: string;
  readonly version: number;
  readonly delivery: StoredDelivery;
}

/**
 * Sends what is due. Each attempt is counted, and the next one scheduled, by one conditional write before it is sent: two
 * processes never make the same attempt, and one that dies leaves a delivery that is sent again with the same id. Failures
 * go into the audit. Never rejects, and begins no attempt once `signal` is aborted. `wayNow`: `undefined` if nothing is to be
 * sent anywhere, `unreadable` if that is not known now.
 */
export async function passOver(
  parts: OutboxParts,
  wayNow: () => Promise<DeliveryWay | 'unreadable' | undefined>,
  signal?: AbortSignal,
): Promise<DeliveryPass> {
  try {
    const way = await wayNow();
    if (way === undefined) return { delivered: 0, failed: 0 };
    return way === 'unreadable' ? later(parts) : await new Pass(parts, way, signal).run();
  } catch (error) {
    parts.log({ level: 'error', event: 'webhook_pass_failed', ...loggable(error) });
    return later(parts);
  }
}

function later({ clock }: OutboxParts): DeliveryPass {
  return { delivered: 0, failed: 0, nextAt: clock.wallTime() + restMs };
}

/** One pass over the stored deliveries. */
class Pass {
  readonly #parts: OutboxParts;
  readonly #way: DeliveryWay;
  readonly #signal: AbortSignal | undefined;
  /** On the monotonic clock. */
  readonly #endsAt: number;
  #delivered = 0;
  #failed = 0;
  #failuresInARow = 0;
  #nextAt = Number.POSITIVE_INFINITY;

  constructor(parts: OutboxParts, way: DeliveryWay, signal: AbortSignal | undefined) {
    this.#parts = parts;
    this.#way = way;
    this.#signal = signal;
    this.#endsAt = parts.clock.now() + longestPassMs;
  }

  async run(): Promise<DeliveryPass> {
    const { store, clock } = this.#parts;
    let after: string | undefined;
    do {
      const page = await store.list(this.#way.folder, { after, limit: pageSize });
      await inPool(this.#dueIn(page.entries), atOnce, (due) => this.#attempt(due));
      after = page.next;
    } while (after !== undefined && !this.#isOver());
    if (this.#isOver()) this.#note(clock.wallTime() + restMs);
    const next = Number.isFinite(this.#nextAt) ? { nextAt: this.#nextAt } : {};
    return { delivered: this.#delivered, failed: this.#failed, ...next };
  }

  #isOver(): boolean {
    const { clock } = this.#parts;
    const isUseless = this.#failuresInARow >= mostFailures;
    return isUseless || this.#signal?.aborted === true || clock.now() >= this.#endsAt;
  }

  #note(at: number): void {
    this.#nextAt = Math.min(this.#nextAt, at);
  }

  /** What is due of a page. Records of another version are left alone. */
  #dueIn(entries: readonly FolderEntry[]): DueDelivery[] {
    const now = this.#parts.clock.wallTime();
    return entries.flatMap(({ name: id, value, version }) => {
      const delivery = readDelivery(value);
      if (delivery === undefined) return [];
      if (isDeliveryDue(delivery, now)) return [{ id, version, delivery }];
      this.#note(delivery.due_at);
      return [];
    });
  }

  async #attempt(due: DueDelivery): Promise<void> {
    if (this.#isOver()) return;
    if (due.delivery.attempts >= mostAttempts) return this.#giveUp(due, { ok: false });
    const claimed = await this.#claim(due);
    if (claimed === undefined) return;
    const posted = await this.#way.send(claimed);
    if (posted === 'useless') await this.#remove(claimed);
    else if (posted.ok) await this.#finish(claimed);
    else await this.#fail(claimed, posted);
  }

  /** Counts the attempt before it is made. `undefined`: another process makes it. */
  async #claim({ id, version, delivery }: DueDelivery): Promise<DueDelivery | undefined> {
    const { store, clock } = this.#parts;
    const now = clock.wallTime();
    const next = withAttempt(delivery, now);
    const terms = { version, expiresAt: forgottenAt(next, now) };
    const claimed = await store.put(this.#keyOf(id), JSON.stringify(next), terms);
    return claimed === 0 ? undefined : { id, version: claimed, delivery: next };
  }

  async #finish(due: DueDelivery): Promise<void> {
    this.#delivered += 1;
    this.#failuresInARow = 0;
    await this.#remove(due);
  }

  async #fail(due: DueDelivery, posted: Posted): Promise<void> {
    this.#failed += 1;
    this.#failuresInARow += 1;
    if (due.delivery.attempts >= mostAttempts) return this.#giveUp(due, posted);
    this.#note(due.delivery.due_at);
    await this.#record(due, 'failed', posted);
  }

  async #giveUp(due: DueDelivery, posted: Posted): Promise<void> {
    this.#parts.log({ level: 'error', event: 'delivery_given_up', request_id: due.id });
    await this.#record(due, 'given_up', posted);
    await this.#remove(due);
  }

  async #record(
    { id, delivery: { event, operation, confirmation, attempts } }: DueDelivery,
    result: 'failed' | 'given_up',
    { status, cause }: Posted,
  ): Promise<void> {
    const { store, clock } = this.#parts;
    const answer = { ...(status !== undefined && { status }), ...(cause && { cause }) };
    const about = { ...(operation !== undefined && { operation }), ...(confirmation && { confirmation }) };
    const told = { event, ...about, result, attempts, ...answer };
    await new AuditWriter(store, clock, id).recordWebhook(told);
  }

  /** A put that has expired removes the value. If another process has changed it, it stays. */
  async #remove({ id, version }: DueDelivery): Promise<void> {
    await this.#parts.store.put(this.#keyOf(id), '', { version, expiresAt: 0 });
  }

  #keyOf(name: string): string {
    return joinKey({ folder: this.#way.folder, name });
  }
}
