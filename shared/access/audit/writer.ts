import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import {
  causes,
  codeNames,
  evidenceSchema,
  type Outcome,
  outcomeNames,
  states,
} from '../../contract/outcome.ts';
import { webhookEventTypes } from '../../contract/webhook-events.ts';
import { type Clock, sleep } from '../../lib/clock.ts';
import { yieldIfBusy } from '../../lib/event-loop.ts';
import { causeIn } from '../../store/errors.ts';
import type { LogRecord, Store } from '../../store/store.ts';
import { actions, callerKinds } from '../caller.ts';

/** The surfaces. */
export const surfaces = ['http', 'mcp', 'slack', 'stdio', 'cli', 'console'] as const;
export type Surface = (typeof surfaces)[number];

/** What another caller does with a confirmation. */
export const confirmationSteps = ['show', 'approve', 'decline'] as const;
export type ConfirmationStep = (typeof confirmationSteps)[number];

/** What a caller does with an operation. */
export const operationSteps = ['create', 'upload', 'start', 'pause', 'resume', 'delete', 'read'] as const;
export type OperationStep = (typeof operationSteps)[number];

/** What is done with the store. */
export const storeSteps = ['restore'] as const;

/**
 * Other versions may read a record: unknown keys are ignored, so that a new one does not hide the rest.
 */
const requestSchema = z.object({
  caller: z.string(),
  kind: z.enum(callerKinds),
  surface: z.enum(surfaces),
  action: z.enum(actions),
  /** With `confirm`, or about an operation or the store. */
  step: z.enum([...confirmationSteps, ...operationSteps, ...storeSteps]).optional(),
  /** With `cancel`: a dry run. */
  dry_run: z.literal(true).optional(),
  reason: z.string().optional(),
  /** The id, never the token, of the confirmation that was offered, presented, shown, approved or declined. */
  confirmation: z.string().optional(),
  /** Who confirmed it, if it needed a confirmation. */
  confirmed_by: z.string().optional(),
  /** The id of the stored operation that it is about or that it carries out. */
  operation: z.string().optional(),
});
/** The part of a request that every record of it holds. */
export type AuditedRequest = z.infer<typeof requestSchema>;

const jobOutcomeSchema = z.object({
  connection: z.string(),
  job_id: z.string(),
  outcome: z.enum(outcomeNames),
  state: z.enum(states),
  code: z.enum(codeNames).optional(),
  evidence: z.object(evidenceSchema.shape),
});

/** What happened to a message of the webhook: `failed` is tried again, `given_up` is not. It holds no text of the receiver. */
export const webhookFailureSchema = z.object({
  event: z.enum(webhookEventTypes),
  operation: z.string().optional(),
  confirmation: z.string().optional(),
  result: z.enum(['failed', 'given_up']),
  /** How many attempts were begun. */
  attempts: z.number(),
  /** The HTTP status of the answer, if there was one. */
  status: z.number().optional(),
  cause: z.enum(causes).optional(),
});
export type WebhookFailure = z.infer<typeof webhookFailureSchema>;

/** A stored record of the audit. */
export const auditBodySchema = z.discriminatedUnion('is', [
  /** Written before anything is sent. After its deadline, in milliseconds since the epoch, a job without an outcome reads as `unknown`. */
  z.object({
    is: z.literal('intent'),
    request: requestSchema,
    deadline: z.number(),
    connection: z.string(),
    job_ids: z.array(z.string()),
  }),
  z.object({ is: z.literal('outcomes'), request: requestSchema, jobs: z.array(jobOutcomeSchema) }),
  /** A request that names no job, or was refused before its jobs were decided. */
  z.object({
    is: z.literal('request'),
    request: requestSchema,
    decision: z.enum(['allowed', 'refused']),
  }),
  /** A message of the webhook that did not arrive, whose id is the id of the request. */
  z.object({ is: z.literal('webhook'), webhook: webhookFailureSchema }),
]);
export type AuditBody = z.infer<typeof auditBodySchema>;

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
