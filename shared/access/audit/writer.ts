import { randomBytes } from 'node:crypto';
import type { Outcome } from '../../contract/answers/outcome-schema.ts';
import { type Clock, sleep } from '../../lib/clock.ts';
import { yieldIfBusy } from '../../lib/event-loop.ts';
import { causeIn } from '../../store/errors.ts';
import type { LogRecord, Store } from '../../store/store.ts';
import type { AuditBody, AuditedRequest, WebhookFailure } from './body.ts';

/** What the audit records of a job's outcome. */
export type AuditedOutcome = Pick<Outcome, 'provider' | 'job_id' | 'outcome' | 'state' | 'code' | 'evidence'>;

/** The most jobs in one record: within the limits of the stores, and few writes, because AWS charges for each. */
const jobsPerRecord = 100;

/** How long to try to record the outcome of sent cancels while another process has the store locked, in milliseconds. */
const patienceMs = 8_000;
const pauseMs = 250;

/** Writes the audit records of one request. */
export class AuditWriter {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #at: number;
  readonly #requestId: string;
  /** One request may have several writers within a millisecond, such as one that shows a confirmation and approves it. */
  readonly #prefix = randomBytes(4).toString('hex');
  #parts = 0;

  constructor(store: Store, clock: Clock, requestId: string) {
    this.#store = store;
    this.#clock = clock;
    this.#at = clock.wallTime();
    this.#requestId = requestId;
  }

  /** Records the cancels that are about to be sent. Rejects if the store does: cancels without a record must not be sent. */
  recordIntent(
    request: AuditedRequest,
    connection: string,
    jobIds: readonly string[],
    deadline: number,
  ): Promise<void> {
    return this.#append(chunks(jobIds), (job_ids) => ({
      is: 'intent',
      request,
      deadline,
      connection,
      job_ids,
    }));
  }

  /** Records the outcomes of the jobs, of which `sent` were sent a cancel. If none was, it does not wait for a lock. */
  recordOutcomes(
    request: AuditedRequest,
    outcomes: readonly AuditedOutcome[],
    sent = outcomes.length,
  ): Promise<void> {
    const bodyOf = (share: readonly AuditedOutcome[]): AuditBody => ({
      is: 'outcomes',
      request,
      jobs: share.map(jobOutcomeOf),
    });
    return this.#append(chunks(outcomes), bodyOf, sent > 0 ? patienceMs : 0);
  }

  /** Records a request that is not about single jobs. */
  recordRequest(request: AuditedRequest, decision: 'allowed' | 'refused'): Promise<void> {
    return this.#append([request], () => ({ is: 'request', request, decision }));
  }

  /** Records that a message of the webhook did not arrive. */
  recordWebhook(webhook: WebhookFailure): Promise<void> {
    return this.#append([webhook], () => ({ is: 'webhook', webhook }));
  }

  async #append<Share>(
    shares: readonly Share[],
    bodyOf: (share: Share) => AuditBody,
    longestMs = 0,
  ): Promise<void> {
    const records: LogRecord[] = [];
    for (const share of shares) {
      await yieldIfBusy();
      this.#parts += 1;
      const part = `${this.#prefix}-${String(this.#parts).padStart(6, '0')}`;
      records.push({ at: this.#at, requestId: this.#requestId, part, body: JSON.stringify(bodyOf(share)) });
    }
    if (records.length > 0) await this.#keep(records, this.#clock.now() + longestMs);
  }

  /** Appends records. One that is already there is left unchanged. */
  async #keep(records: readonly LogRecord[], until: number): Promise<void> {
    for (;;) {
      try {
        return await this.#store.append(records);
      } catch (error) {
        if (causeIn(error) !== 'store_locked' || this.#clock.now() >= until) throw error;
        await sleep(this.#clock, pauseMs);
      }
    }
  }
}

function jobOutcomeOf({ provider, job_id, outcome, state, code, evidence }: AuditedOutcome) {
  return { connection: provider, job_id, outcome, state, ...(code && { code }), evidence };
}

function chunks<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / jobsPerRecord) }, (_, index) =>
    items.slice(index * jobsPerRecord, (index + 1) * jobsPerRecord),
  );
}
