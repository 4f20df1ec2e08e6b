import type { AuditedRequest } from '../access/audit/body.ts';
import { reportOutcomes, reportUnwritten } from '../access/audit/report.ts';
import { AuditWriter } from '../access/audit/writer.ts';
import type { ConfirmedHow } from '../access/confirmation/types.ts';
import type { Outcome } from '../contract/answers/outcome-schema.ts';
import type { HowToCancel } from '../contract/requests.ts';
import type { AttemptHistory, JobRefusal } from '../engine/attempt-history.ts';
import type { Connection } from '../engine/connection.ts';
import { secondsToPass, storeStep, unauditedMessage } from '../messages/store.ts';
import { causeIn, loggable } from '../store/errors.ts';
import type { RequestContext, ServiceParts } from './request-context.ts';

/** Who confirmed, and what. */
export interface Confirmed {
  readonly confirmedBy: string;
  readonly how: ConfirmedHow;
}

/** The audit of one cancel: the intents before anything is sent, and the outcomes afterwards. Records nothing without a store. */
export class CancelAudit {
  readonly #how: HowToCancel;
  readonly #parts: ServiceParts;
  readonly #context: () => RequestContext;
  readonly #writer: AuditWriter | undefined;
  /** The id of the cancel's confirmation. */
  confirmation: string | undefined;
  confirmed: Confirmed | undefined;

  /** `context`: the request's context, with the caller by the rules in force now. */
  constructor(how: HowToCancel, parts: ServiceParts, context: () => RequestContext) {
    this.#how = how;
    this.#parts = parts;
    this.#context = context;
    const { access, clock } = parts;
    this.#writer = access && new AuditWriter(access.store, clock, context().requestId);
  }

  /** Records the cancels that are about to be sent. If they cannot be recorded, returns why they must not be sent. */
  async recordIntent(jobs: readonly AttemptHistory[], { name }: Connection): Promise<JobRefusal | undefined> {
    const { clock, time } = this.#parts;
    const ids = jobs.map(({ id }) => id);
    const deadline = clock.wallTime() + time.answerBy - clock.now();
    try {
      await this.#writer?.recordIntent(this.#request(), name, ids, deadline);
      return undefined;
    } catch (error) {
      this.#reportUnwritten(error);
      return unaudited(error);
    }
  }

  /** Records and counts the outcomes. Never rejects, because the caller must learn about sent cancels even without a record. */
  async recordOutcomes(outcomes: readonly Outcome[], sent: number): Promise<void> {
    if (!this.#how.dry_run) reportOutcomes(this.#parts, this.#context(), outcomes);
    await this.#writer
      ?.recordOutcomes(this.#request(), outcomes, sent)
      .catch((error: unknown) => this.#reportUnwritten(error));
  }

  #reportUnwritten(error: unknown): void {
    reportUnwritten(this.#parts, this.#context().requestId, error);
  }

  /** Logs that the store failed. */
  logFailure(event: string, error: unknown): void {
    const { requestId } = this.#context();
    this.#parts.log({ level: 'error', event, request_id: requestId, ...loggable(error) });
  }

  #request(): AuditedRequest {
    const { caller, surface, operation } = this.#context();
    const { dry_run } = this.#how;
    const { reason } = this.confirmed?.how ?? this.#how;
    const confirmation = this.confirmation;
    const confirmed_by = this.confirmed?.confirmedBy;
    return {
      caller: caller.id,
      kind: caller.kind,
      surface,
      action: 'cancel',
      ...(dry_run ? { dry_run } : {}),
      ...(reason === undefined ? {} : { reason }),
      ...(confirmation === undefined ? {} : { confirmation }),
      ...(confirmed_by === undefined ? {} : { confirmed_by }),
      ...(operation === undefined ? {} : { operation }),
    };
  }
}

/** The refusal of cancels that could not be recorded first. */
export function unaudited(error: unknown): JobRefusal {
  const cause = causeIn(error);
  const seconds = secondsToPass(cause);
  return {
    ...{ code: 'internal', cause, message: unauditedMessage(cause), nextStep: storeStep(cause) },
    retryAfterMs: seconds && seconds * 1_000,
  };
}
