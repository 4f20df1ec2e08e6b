import { createHash } from 'node:crypto';
import { type Clock, plausibleSkewMs } from '../../../shared/lib/clock.ts';
import { compareAndSwap } from '../../../shared/store/compare-and-swap.ts';
import type { Store } from '../../../shared/store/store.ts';
import type { JobReference, SlackTask } from './task.ts';

/** The progress of a task that may have been delivered before. `abandoned`: its worker died before it answered. */
export type Delivered = 'first' | 'under_way' | 'abandoned' | 'told';

/** Longer than a signature is valid, and longer than a response URL lives. */
const deliveryMs = 31 * 60_000;
/** The longest life of a worker: a task that began earlier is no longer under way. */
const underWayMs = 120_000;
const minuteMs = 60_000;
/** Longer than a question is valid. */
const ticketMs = 6 * 60_000;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Idempotency keys in the store, so that a repeated request is carried out once. Everything rejects if the store does. */
export class Idempotency {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Begins a task, unless it was begun before. */
  async begin({ id }: SlackTask): Promise<Delivered> {
    const now = this.#clock.wallTime();
    const expiresAt = now + deliveryMs;
    if (await this.#store.put(deliveryKey(id), String(now), { version: 0, expiresAt })) return 'first';
    const entry = await this.#store.get(deliveryKey(id));
    if (entry?.value === 'told') return 'told';
    return Math.abs(now - Number(entry?.value)) < underWayMs ? 'under_way' : 'abandoned';
  }

  /** Records that the person was answered; `false` if that was recorded before. */
  async tell({ id }: SlackTask): Promise<boolean> {
    const expiresAt = this.#clock.wallTime() + deliveryMs;
    let first = false;
    await compareAndSwap(this.#store, deliveryKey(id), (value) => {
      first = value !== 'told';
      return first ? { value: 'told', expiresAt } : undefined;
    });
    return first;
  }

  /**
   * Claims the subject of a task: an answer to a question while that is valid, one job for a minute. Several jobs need no
   * claim, because they only lead to a question. `false` if another task of the same person has the claim.
   */
  async claim(work: SlackTask): Promise<boolean> {
    const claimed = claimOf(work);
    if (claimed === undefined) return true;
    const { key, lifeMs } = claimed;
    const now = this.#clock.wallTime();
    const value = `${work.id} ${now}`;
    const expiresAt = now + lifeMs;
    if (await this.#store.put(key, value, { version: 0, expiresAt })) return true;
    const entry = await this.#store.get(key);
    if (entry === undefined || !isOfTheFuture(entry.value, now)) return false;
    return (await this.#store.put(key, value, { version: entry.version, expiresAt })) > 0;
  }

  /** Gives up the claim if the task did nothing, so that the person can repeat the command at once. */
  async release(work: SlackTask): Promise<void> {
    const claimed = claimOf(work);
    if (claimed === undefined) return;
    const expiresAt = this.#clock.wallTime();
    await compareAndSwap(this.#store, claimed.key, (value) =>
      value?.startsWith(`${work.id} `) ? { value, expiresAt } : undefined,
    );
  }
}

/** Whether a claim was made before the clock was set back: it would last too long. */
function isOfTheFuture(claim: string, now: number): boolean {
  const [, claimedAt] = claim.split(' ');
  return Number(claimedAt) > now + plausibleSkewMs;
}

function deliveryKey(id: string): string {
  return `slack/work/${id}`;
}

function claimOf(work: SlackTask): { readonly key: string; readonly lifeMs: number } | undefined {
  const { team, user } = work.who;
  if (work.kind === 'confirm' || work.kind === 'keep')
    return { key: `slack/answer/${digestOf([team, user, work.ticket])}`, lifeMs: ticketMs };
  const [job, another] = work.kind === 'cancel' ? distinctJobs(work.jobs) : [];
  if (job === undefined || another !== undefined) return undefined;
  return { key: `slack/asked/${digestOf([team, user, job])}`, lifeMs: minuteMs };
}

/** The named jobs, each once. UUIDs that differ only in case are the same. */
export function distinctJobs(jobs: readonly JobReference[]): string[] {
  return [...new Set(jobs.map(({ provider, job_id }) => JSON.stringify([provider, canonical(job_id)])))];
}

function canonical(jobId: string): string {
  return uuid.test(jobId) ? jobId.toLowerCase() : jobId;
}

function digestOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
