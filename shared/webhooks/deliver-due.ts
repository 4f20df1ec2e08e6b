import { AuditWriter } from '../access/audit/writer.ts';
import { inPool } from '../lib/concurrency.ts';
import { loggable } from '../store/errors.ts';
import { joinKey } from '../store/folder.ts';
import type { FolderEntry } from '../store/store.ts';
import {
  isDeliveryDue,
  keptMs,
  mostAttempts,
  readDelivery,
  type StoredDelivery,
  webhookFolder,
  withAttempt,
} from './delivery.ts';
import type { WebhookParts, WebhookTarget } from './enqueue.ts';
import { type Posted, post } from './post.ts';
import { signedHeaders } from './signature.ts';

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

/** A delivery that is due, and where it is stored. */
interface DueDelivery {
  readonly id: string;
  readonly version: number;
  readonly delivery: StoredDelivery;
}

/**
 * Sends what is due. Each attempt is counted, and the next one scheduled, by one conditional write before it is sent: two
 * processes never make the same attempt, and one that dies leaves a delivery that is sent again with the same id. Failures
 * go into the audit. Never rejects, and begins no attempt once `signal` is aborted.
 */
export async function deliverDue(parts: WebhookParts, signal?: AbortSignal): Promise<DeliveryPass> {
  try {
    const target = await parts.target();
    if (target === undefined) return { delivered: 0, failed: 0 };
    const isReady = target !== 'unreadable' && target.keys.length > 0;
    return isReady ? await new Pass(parts, target, signal).run() : later(parts);
  } catch (error) {
    parts.log({ level: 'error', event: 'webhook_pass_failed', ...loggable(error) });
    return later(parts);
  }
}

function later({ clock }: WebhookParts): DeliveryPass {
  return { delivered: 0, failed: 0, nextAt: clock.wallTime() + restMs };
}

/** One pass over the stored deliveries. */
class Pass {
  readonly #parts: WebhookParts;
  readonly #target: WebhookTarget;
  readonly #signal: AbortSignal | undefined;
  /** On the monotonic clock. */
  readonly #endsAt: number;
  #delivered = 0;
  #failed = 0;
  #failuresInARow = 0;
  #nextAt = Number.POSITIVE_INFINITY;

  constructor(parts: WebhookParts, target: WebhookTarget, signal: AbortSignal | undefined) {
    this.#parts = parts;
    this.#target = target;
    this.#signal = signal;
    this.#endsAt = parts.clock.now() + longestPassMs;
  }

  async run(): Promise<DeliveryPass> {
    const { store, clock } = this.#parts;
    let after: string | undefined;
    do {
      const page = await store.list(webhookFolder, { after, limit: pageSize });
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
    const posted = await this.#send(claimed);
    if (posted.ok) await this.#finish(claimed);
    else await this.#fail(claimed, posted);
  }

  /** Counts the attempt before it is made. `undefined`: another process makes it. */
  async #claim({ id, version, delivery }: DueDelivery): Promise<DueDelivery | undefined> {
    const { store, clock } = this.#parts;
    const now = clock.wallTime();
    const next = withAttempt(delivery, now);
    const terms = { version, expiresAt: now + keptMs };
    const claimed = await store.put(keyOf(id), JSON.stringify(next), terms);
    return claimed === 0 ? undefined : { id, version: claimed, delivery: next };
  }

  #send({ id, delivery: { body } }: DueDelivery): Promise<Posted> {
    const { fetch, clock } = this.#parts;
    const timestamp = Math.floor(clock.wallTime() / 1_000);
    const headers = signedHeaders(this.#target.keys, { id, timestamp, body });
    return post(this.#target.url, body, { fetch, clock, headers });
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
    await this.#record(due, 'given_up', posted);
    await this.#remove(due);
  }

  async #record(
    { id, delivery: { event, operation, attempts } }: DueDelivery,
    result: 'failed' | 'given_up',
    { status, cause }: Posted,
  ): Promise<void> {
    const { store, clock } = this.#parts;
    const answer = { ...(status !== undefined && { status }), ...(cause && { cause }) };
    await new AuditWriter(store, clock, id).recordWebhook({ event, operation, result, attempts, ...answer });
  }

  /** A put that has expired removes the value. If another process has changed it, it stays. */
  async #remove({ id, version }: DueDelivery): Promise<void> {
    await this.#parts.store.put(keyOf(id), '', { version, expiresAt: 0 });
  }
}

function keyOf(name: string): string {
  return joinKey({ folder: webhookFolder, name });
}
