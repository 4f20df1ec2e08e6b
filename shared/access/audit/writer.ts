import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { codeNames, evidenceSchema, type Outcome, outcomeNames, states } from '../../contract/outcome.ts';
import { type Clock, sleep } from '../../lib/clock.ts';
import { yieldIfBusy } from '../../lib/event-loop.ts';
import { causeIn } from '../../store/errors.ts';
import type { LogRecord, Store } from '../../store/store.ts';
import { actions, callerKinds } from '../caller.ts';

/** Where a request came in. */
export const surfaces = ['http', 'mcp', 'slack', 'stdio', 'cli'] as const;
export type Surface = (typeof surfaces)[number];

/** What is done with a confirmation by whoever is not the one that asked for it. */
export const confirmationSteps = ['show', 'approve', 'decline'] as const;
export type ConfirmationStep = (typeof confirmationSteps)[number];

/**
 * Records are read by other versions than the one that wrote them: keys that are not known here are passed over, so that
 * one that is new does not hide the rest.
 */
const requestSchema = z.object({
  caller: z.string(),
  kind: z.enum(callerKinds),
  surface: z.enum(surfaces),
  action: z.enum(actions),
  /** With `confirm`. */
  step: z.enum(confirmationSteps).optional(),
  /** With `cancel`: nothing was to be sent, and nothing was. */
  dry_run: z.literal(true).optional(),
  reason: z.string().optional(),
  /** The id of the confirmation that was offered, presented, shown, approved or declined; never its token. */
  confirmation: z.string().optional(),
  /** Who confirmed it, where it needed a confirmation. */
  confirmed_by: z.string().optional(),
});
/** A request, as every record of it says. */
export type AuditedRequest = z.infer<typeof requestSchema>;

const settledSchema = z.object({
  connection: z.string(),
  job_id: z.string(),
  outcome: z.enum(outcomeNames),
  state: z.enum(states),
  code: z.enum(codeNames).optional(),
  evidence: z.object(evidenceSchema.shape),
});

/** A record of the audit, as it is kept. */
export const auditBodySchema = z.discriminatedUnion('is', [
  /** Written before anything is sent. Past its deadline, in milliseconds since the epoch, a job without an outcome reads as unknown. */
  z.object({
    is: z.literal('intent'),
    request: requestSchema,
    deadline: z.number(),
    connection: z.string(),
    job_ids: z.array(z.string()),
  }),
  z.object({ is: z.literal('outcomes'), request: requestSchema, jobs: z.array(settledSchema) }),
  /** A request that names no job, or did not come so far. */
  z.object({
    is: z.literal('request'),
    request: requestSchema,
    decision: z.enum(['allowed', 'refused']),
  }),
]);
export type AuditBody = z.infer<typeof auditBodySchema>;

/** So many jobs go into one record: below what a store takes, and few enough records to be cheap where each write is charged for. */
const jobsPerRecord = 100;

/** Of what was sent the record is tried to be kept for so long while another process has the store locked. */
const patienceMs = 8_000;
const pauseMs = 250;

/** The trail of one request. */
export class AuditWriter {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #at: number;
  readonly #requestId: string;
  /** One request may leave several trails within a millisecond: one that shows a confirmation and approves it does. */
  readonly #prefix = randomBytes(4).toString('hex');
  #parts = 0;

  constructor(store: Store, clock: Clock, requestId: string) {
    this.#store = store;
    this.#clock = clock;
    this.#at = clock.wallTime();
    this.#requestId = requestId;
  }

  /** Writes down what is about to be sent. What does not get into the log must not be sent: rejects when the store does. */
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

  /** Writes down what became of the jobs, of which `sent` were sent a cancel: without any, no lock is waited out for it. */
  recordOutcomes(
    request: AuditedRequest,
    outcomes: readonly Outcome[],
    sent = outcomes.length,
  ): Promise<void> {
    const bodyOf = (share: readonly Outcome[]): AuditBody => ({
      is: 'outcomes',
      request,
      jobs: share.map(settled),
    });
    return this.#append(chunks(outcomes), bodyOf, sent > 0 ? patienceMs : 0);
  }

  /** Writes down a request that is not about single jobs. */
  recordRequest(request: AuditedRequest, decision: 'allowed' | 'refused'): Promise<void> {
    return this.#append([request], () => ({ is: 'request', request, decision }));
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

  /** What is appended again is left as it is. */
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

function settled({ provider, job_id, outcome, state, code, evidence }: Outcome) {
  return { connection: provider, job_id, outcome, state, ...(code && { code }), evidence };
}

function chunks<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / jobsPerRecord) }, (_, index) =>
    items.slice(index * jobsPerRecord, (index + 1) * jobsPerRecord),
  );
}
