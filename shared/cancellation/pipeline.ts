import { type AuditedRequest, AuditWriter } from '../access/audit/writer.ts';
import type { JobPattern } from '../access/caller.ts';
import {
  type ConfirmationFault,
  type ConfirmedHow,
  confirmationIdIn,
  type JobName,
  type JobShown,
  type Offer,
  personAtClient,
} from '../access/confirmation/confirmations.ts';
import { authorizeById, authorizeByName, can } from '../access/policy.ts';
import type { Grant } from '../access/rate-limiter.ts';
import type { Outcome } from '../contract/outcome.ts';
import type { HowToCancel } from '../contract/requests.ts';
import { type JobRefusal, lastSeen } from '../engine/attempt-history.ts';
import type { CancelOptions } from '../engine/cancel-rounds.ts';
import type { Target } from '../engine/connection.ts';
import { progressOfAll } from '../engine/progress.ts';
import { runCancels } from '../engine/run-cancels.ts';
import {
  confirmationMessages,
  confirmationNeededMessage,
  confirmationNextSteps,
  unconfirmableStep,
} from '../messages/confirmation.ts';
import { consentQuestion, consentRefusals, consentSteps } from '../messages/consent.ts';
import { noReadLeftMessage, tooManyJobsMessage, tooManyJobsStep } from '../messages/faults.ts';
import { secondsToPass, storeStep, unauditedMessage } from '../messages/store.ts';
import { nameToCompare } from '../providers/parsing.ts';
import { causeIn, loggable } from '../store/errors.ts';
import { CancelQuota } from './cancel-quota.ts';
import { OutcomeMap } from './outcome-map.ts';
import { recordRequest } from './record-request.ts';
import { type RequestContext, requesterOf, type ServiceParts } from './request-context.ts';

/** A cancel whose jobs are known. `claim` is the confirmation that it presents; `always`: it needs one, however few jobs. */
export interface CancelPlan {
  readonly targets: readonly Target[];
  readonly how: HowToCancel;
  /** How long to wait if neither the request nor its confirmation says so. */
  readonly defaultWaitSeconds: number;
  /** The words of the selector that found the jobs. */
  readonly selector?: Readonly<Record<string, string>> | undefined;
  readonly presentedConfirmation?: string | undefined;
  readonly needsConfirmation?: boolean;
  /** Whether the request named its jobs itself: then they must be those of its confirmation. */
  readonly listsJobs: boolean;
  /** With a dry run: how many of the jobs may be looked at. */
  readonly looks?: Grant | undefined;
}

/** One outcome per target, in their order, and what to confirm where that is what is missing. */
export interface CancelReport {
  readonly outcomes: readonly Outcome[];
  readonly offer?: OfferMade | undefined;
}

/** What is offered to be confirmed, and why the client's person has not confirmed it. */
export interface OfferMade extends Offer {
  readonly jobs: number;
  readonly lead?: string | undefined;
}

/**
 * Cancels what the caller may cancel: judges every job by its id, counts, asks for a confirmation where one is needed,
 * judges by names once the jobs were looked at, and writes down what is to be sent before it is, and what came of all.
 */
export function runPipeline(
  asked: CancelPlan,
  parts: ServiceParts,
  context: RequestContext,
): Promise<CancelReport> {
  return new Pipeline(asked, parts, context).run();
}

/** What became of a request before anything was sent: these jobs may go, or none. */
interface Admission {
  readonly targets: readonly Target[];
  readonly offer?: CancelReport['offer'];
}

/** Who agreed, and to what they did. */
interface Confirmed {
  readonly confirmedBy: string;
  readonly how: ConfirmedHow;
}

class Pipeline {
  readonly #asked: CancelPlan;
  readonly #parts: ServiceParts;
  #context: RequestContext;
  readonly #auditWriter: AuditWriter | undefined;
  readonly #spending: CancelQuota;
  readonly #settled = new OutcomeMap();
  /** What was looked at, once or more often. */
  readonly #looked = new Set<Target>();
  #protectedJobs: readonly JobPattern[] = [];
  #confirmed: Confirmed | undefined;
  /** The id of the confirmation that this is about. */
  #confirmation: string | undefined;

  constructor(asked: CancelPlan, parts: ServiceParts, context: RequestContext) {
    this.#asked = asked;
    this.#parts = parts;
    this.#context = context;
    const { access, clock } = parts;
    this.#auditWriter = access && new AuditWriter(access.store, clock, context.requestId);
    this.#spending = new CancelQuota({
      rateLimiter: access?.rateLimiter,
      caller: () => this.#context.caller,
      forMs: () => parts.time.answerBy - clock.now(),
    });
  }

  async run(): Promise<CancelReport> {
    const { targets } = this.#asked;
    const admission = await this.#admit().catch((error: unknown) => this.#breakOff(error));
    const call = this.#callOf(this.#asked.how.dry_run ?? false);
    const onProgress = this.#progressWith(admission.targets);
    for (const target of admission.targets) this.#looked.add(target);
    const { outcomes, sent } = await runCancels(admission.targets, this.#parts, call, onProgress);
    this.#settled.record(admission.targets, outcomes);
    const all = this.#settled.of(targets);
    await this.#finish(all, sent);
    return { outcomes: all, offer: admission.offer };
  }

  async #admit(): Promise<Admission> {
    this.#protectedJobs = (await this.#parts.protectedJobs?.()) ?? [];
    const permitted = this.#judge();
    if (this.#asked.how.dry_run) return this.#admitLooks(permitted);
    if (this.#asked.presentedConfirmation !== undefined)
      return this.#admitConfirmed(permitted, await this.#spending.takeMinute(permitted.length));
    // Both at once: for most calls there is room, and each wait for the store comes before the cancel.
    const [minute, isUnasked] = await Promise.all([
      this.#spending.takeMinute(permitted.length),
      this.#goesUnasked(permitted),
    ]);
    const within = await this.#within(permitted, minute);
    const isPart = within.length < permitted.length;
    return isUnasked || (isPart && (await this.#goesUnasked(within)))
      ? { targets: within }
      : this.#admitAsked(within);
  }

  /** Whether nobody has to confirm these jobs; then they are counted. */
  async #goesUnasked(targets: readonly Target[]): Promise<boolean> {
    const { needsConfirmation: always = false } = this.#asked;
    if (always) return false;
    return (
      this.#context.caller.rights.confirmAbove === undefined || this.#spending.takeUnasked(targets.length)
    );
  }

  /** Those for which there is room. Where that is only a part, what is over already takes none of it. */
  async #within(permitted: readonly Target[], minute: Grant): Promise<readonly Target[]> {
    const { granted } = minute;
    const isPart = granted > 0 && granted < permitted.length;
    if (!isPart) return this.#first(granted, permitted, minute);
    const more = await this.#spending.takeReads(permitted.length - granted);
    const looked = this.#first(granted + more.granted, permitted, minute);
    return this.#first(granted, await this.#preview(looked), minute);
  }

  /** The first so many. The others are refused, because their turn is another minute. */
  #first(count: number, targets: readonly Target[], minute: Grant): readonly Target[] {
    this.#settled.refuse(targets.slice(count), limitedBy(minute));
    return targets.slice(0, count);
  }

  /** A dry run looks at as many jobs as its caller has reads left. */
  #admitLooks(permitted: readonly Target[]): Admission {
    const { looks } = this.#asked;
    if (looks === undefined) return { targets: permitted };
    const refusal = { ...limitedBy(looks), message: noReadLeftMessage };
    this.#settled.refuse(permitted.slice(looks.granted), refusal);
    return { targets: permitted.slice(0, looks.granted) };
  }

  /** Judges every job by its id; returns those that may go on. */
  #judge(targets = this.#asked.targets): readonly Target[] {
    const { caller } = this.#context;
    if (targets.length > caller.rights.maxJobs) {
      const message = tooManyJobsMessage(caller.rights.maxJobs);
      this.#settled.refuse(targets, { code: 'denied_by_policy', message, nextStep: tooManyJobsStep });
      return [];
    }
    return targets.filter((target) => {
      const { connection, jobId } = target;
      const code = can(caller, 'cancel', connection.name)
        ? authorizeById(caller, this.#protectedJobs, { connection: connection.name, id: jobId })
        : 'denied_by_policy';
      if (code !== undefined) this.#settled.refuse([target], { code });
      return code === undefined;
    });
  }

  /** With a confirmation: all of its jobs or none, so that it is not used up for a part. */
  async #admitConfirmed(permitted: readonly Target[], minute: Grant): Promise<Admission> {
    const { presentedConfirmation: claim = '', listsJobs: named } = this.#asked;
    this.#confirmation = confirmationIdIn(claim);
    if (permitted.length === 0) return { targets: [] };
    const { confirmations } = this.#parts.access ?? {};
    const jobs = named ? namesOf(permitted) : undefined;
    const restated = { jobs, sendIfStatusUnknown: this.#asked.how.send_if_status_unknown };
    const isRoom = minute.granted === permitted.length;
    const asker = requesterOf(this.#context);
    const use = await (isRoom
      ? confirmations?.use(claim, asker, restated)
      : confirmations?.peek(claim, asker, restated));
    if (use?.ok === true)
      return 'confirmedBy' in use
        ? this.#goConfirmed(permitted, use)
        : this.#stop(permitted, limitedBy(minute));
    return this.#stopAt(permitted, use?.fault ?? 'unknown');
  }

  /** Only what somebody has approved, unless fewer jobs are live than were asked for. */
  async #admitAsked(within: readonly Target[]): Promise<Admission> {
    if (within.length === 0) return { targets: [] };
    const approved = await this.#parts.access?.confirmations.useApproved(
      requesterOf(this.#context),
      namesOf(within),
      this.#asked.how.send_if_status_unknown,
    );
    if (approved?.ok) {
      this.#confirmation = approved.id;
      return this.#goConfirmed(within, approved);
    }
    const live = await this.#preview(within);
    if (live.length === 0) return { targets: [] };
    if (await this.#goesUnasked(live)) return { targets: live };
    return this.#confirm(within, live);
  }

  /** Offers a confirmation, and asks the person behind the client for it. Without their yes it can be given in other ways. */
  async #confirm(within: readonly Target[], live: readonly Target[]): Promise<Admission> {
    const { askPerson, caller } = this.#context;
    const offer = await this.#offer(within);
    const shown = { ...this.#confirmedHow(), now: this.#parts.clock.wallTime() };
    const question = consentQuestion(this.#settled.of(live), caller.kind, shown);
    const verdict = (await askPerson?.(question, () => this.#agreeLate(offer))) ?? 'nobody';
    if (verdict === 'nobody') return this.#stopOffering(live, offer, this.#neededMessage());
    // The person took their time: the call has all of its own again.
    this.#parts.time.restart();
    if (verdict !== 'agreed')
      return this.#stopOffering(live, offer, consentRefusals[verdict], consentSteps[verdict]);
    const fault = offer && (await this.#parts.access?.confirmations.useAtClient(offer.id));
    return fault === undefined ? this.#goAgreed(live) : this.#stopAt(live, fault);
  }

  /** Approves what the person at the client agreed to when the call was over: the same request goes through then. */
  async #agreeLate(offer: OfferMade | undefined): Promise<void> {
    const confirmation = offer?.id;
    if (confirmation === undefined) return;
    // The time of the call is over, but not that of its confirmation.
    this.#parts.time.reopen();
    const fault = await this.#parts.access?.confirmations.approveAtClient(confirmation);
    const noted = { action: 'confirm', step: 'approve', confirmation, confirmed_by: personAtClient } as const;
    await recordRequest(noted, fault === undefined ? 'allowed' : 'refused', this.#parts, this.#context);
  }

  async #goAgreed(live: readonly Target[]): Promise<Admission> {
    const permitted = await this.#judgeAnew(live);
    // What it takes of the minute is of now.
    this.#noteUnwritten(await this.#spending.release());
    const minute = await this.#spending.takeMinute(permitted.length);
    const going = this.#first(minute.granted, permitted, minute);
    return this.#goConfirmed(going, { confirmedBy: personAtClient, how: this.#confirmedHow() });
  }

  /** The jobs that were asked for are offered, not only those that would be sent now: so that the same request finds it. */
  async #offer(within: readonly Target[]): Promise<OfferMade | undefined> {
    const shown = within.map((target) => shownAs(target, this.#settled.get(target)));
    const confirmations = this.#parts.access?.confirmations;
    const offer = await confirmations?.offer(requesterOf(this.#context), shown, this.#confirmedHow());
    this.#confirmation = offer?.id;
    return offer && { ...offer, jobs: within.length };
  }

  /** What is to be confirmed, beside which jobs. */
  #confirmedHow(): ConfirmedHow {
    const { how, selector } = this.#asked;
    const { send_if_status_unknown: sendIfStatusUnknown = false, wait_seconds: waitSeconds, reason } = how;
    return { sendIfStatusUnknown, waitSeconds, reason, selector };
  }

  #neededMessage(): string {
    return confirmationNeededMessage(
      this.#asked.needsConfirmation ? undefined : this.#context.caller.rights.confirmAbove,
    );
  }

  /** Leaves jobs to be confirmed in another way, if there is one. */
  #stopOffering(
    live: readonly Target[],
    offer: OfferMade | undefined,
    message: string,
    lead?: string,
  ): Admission {
    const step = offer === undefined ? (lead ?? unconfirmableStep) : undefined;
    return { ...this.#stop(live, unconfirmed(message, step)), offer: offer && { ...offer, lead } };
  }

  #stopAt(targets: readonly Target[], fault: ConfirmationFault): Admission {
    return this.#stop(targets, unconfirmed(confirmationMessages[fault], confirmationNextSteps[fault]));
  }

  /** By the rules in force now: whoever asked may have lost a right while a person thought about it. */
  async #judgeAnew(live: readonly Target[]): Promise<readonly Target[]> {
    this.#protectedJobs = (await this.#parts.protectedJobs?.()) ?? [];
    const caller = await this.#context.callerNow?.();
    if (caller !== undefined) this.#context = { ...this.#context, caller };
    return this.#judge(live);
  }

  /** Looks at jobs once, and returns those that would be sent a cancel. What becomes of the others is settled by that. */
  async #preview(targets: readonly Target[]): Promise<readonly Target[]> {
    const unseen = targets.filter((target) => this.#settled.get(target) === undefined);
    for (const target of unseen) this.#looked.add(target);
    const onProgress = this.#progressWith(unseen, true);
    const { outcomes } = await runCancels(unseen, this.#parts, this.#callOf(true), onProgress);
    this.#settled.record(unseen, outcomes);
    const { send_if_status_unknown = false } = this.#asked.how;
    return targets.filter((target) => {
      const outcome = this.#settled.get(target)?.outcome;
      if (send_if_status_unknown && (outcome === 'failed' || outcome === 'not_attempted')) return true;
      return outcome === 'would_cancel';
    });
  }

  #progressWith(part: readonly Target[], isPreview = false): RequestContext['onProgress'] {
    const others = this.#asked.targets.length - part.length;
    return progressOfAll({ others, isPreview }, this.#context.onProgress);
  }

  /** What is written down from here on is the reason that whoever confirmed it was shown, or gives now for themselves. */
  async #goConfirmed(targets: readonly Target[], confirmed: Confirmed): Promise<Admission> {
    const isOwn = confirmed.confirmedBy === this.#context.caller.id;
    const reason = confirmed.how.reason ?? (isOwn ? this.#asked.how.reason : undefined);
    this.#confirmed = { ...confirmed, how: { ...confirmed.how, reason } };
    await this.#spending.takeConfirmed(targets.length);
    return { targets };
  }

  #stop(targets: readonly Target[], refusal: JobRefusal): Admission {
    this.#settled.refuse(targets, refusal);
    return { targets: [] };
  }

  /** Counts what was used. What cannot be written down stays counted until its time is over. */
  async #spend(sent: number): Promise<void> {
    // The looks of a dry run were counted before.
    const looked = this.#asked.how.dry_run ? 0 : this.#looked.size;
    this.#noteUnwritten(await this.#spending.settle({ sent, looked }));
  }

  #noteUnwritten(reasons: readonly unknown[]): void {
    for (const reason of reasons) this.#note('allowance_unwritable', reason);
  }

  #callOf(dryRun: boolean): CancelOptions {
    const { clock, time } = this.#parts;
    const { answerBy, sendBy } = time;
    const { how, defaultWaitSeconds } = this.#asked;
    const confirmed = this.#confirmed?.how;
    const waitSeconds = how.wait_seconds ?? confirmed?.waitSeconds ?? defaultWaitSeconds;
    return {
      answerBy,
      cut: time.cut,
      patience: (ms) => time.patience(ms),
      sendBy,
      waitMs: waitSeconds * 1_000,
      dryRun,
      sendIfStatusUnknown: confirmed?.sendIfStatusUnknown ?? how.send_if_status_unknown ?? false,
      turn: this.#parts.turn,
      signal: this.#context.signal,
      permit: async (jobs, connection) => {
        const cleared = jobs.filter((job) => {
          const seen = lastSeen(job);
          const name = seen && nameToCompare(seen.job);
          const named = { connection: connection.name, id: job.id, name, isUnseen: seen === undefined };
          const code = authorizeByName(this.#context.caller, this.#protectedJobs, named);
          if (code !== undefined) job.refusal = { code };
          return code === undefined;
        });
        if (dryRun) return;
        const ids = cleared.map(({ id }) => id);
        const deadline = clock.wallTime() + answerBy - clock.now();
        await this.#auditWriter
          ?.recordIntent(this.#request(), connection.name, ids, deadline)
          .catch((error: unknown) => {
            this.#note('audit_unwritable', error);
            for (const job of cleared) job.refusal = unaudited(error);
          });
      },
    };
  }

  /** Where the store fails before anything was sent, nothing is sent. A preview settles only what would not be sent. */
  #breakOff(error: unknown): Admission {
    this.#note('store_broke', error);
    const isOpen = (outcome?: Outcome) => outcome === undefined || outcome.outcome === 'would_cancel';
    const rest = this.#asked.targets.filter((target) => isOpen(this.#settled.get(target)));
    return this.#stop(rest, unaudited(error));
  }

  /** What was sent is sent, and must be told, whatever happens to its record. */
  async #finish(outcomes: readonly Outcome[], sent: number): Promise<void> {
    const written = this.#auditWriter
      ?.recordOutcomes(this.#request(), outcomes, sent)
      .catch((error: unknown) => this.#note('audit_unwritable', error));
    await Promise.all([written, this.#spend(sent)]);
  }

  #request(): AuditedRequest {
    const { caller, surface } = this.#context;
    const { dry_run } = this.#asked.how;
    const confirmed_by = this.#confirmed?.confirmedBy;
    const { reason } = this.#confirmed?.how ?? this.#asked.how;
    const confirmation = this.#confirmation;
    return {
      caller: caller.id,
      kind: caller.kind,
      surface,
      action: 'cancel',
      ...(dry_run ? { dry_run } : {}),
      ...(reason === undefined ? {} : { reason }),
      ...(confirmation === undefined ? {} : { confirmation }),
      ...(confirmed_by === undefined ? {} : { confirmed_by }),
    };
  }

  #note(event: string, error: unknown): void {
    const { requestId } = this.#context;
    this.#parts.log({ level: 'error', event, request_id: requestId, ...loggable(error) });
  }
}

/** A job as a person is shown it who is to agree. */
function shownAs({ connection, jobId }: Target, seen: Outcome | undefined): JobShown {
  const created_at = seen?.details?.created_at;
  return { provider: connection.name, job_id: jobId, state: seen?.state, name: seen?.name, created_at };
}

function namesOf(targets: readonly Target[]): JobName[] {
  return targets.map(({ connection, jobId }) => ({ provider: connection.name, job_id: jobId }));
}

function unconfirmed(message: string, nextStep?: string): JobRefusal {
  return { code: 'confirmation_required', message, nextStep };
}

function unaudited(error: unknown): JobRefusal {
  const cause = causeIn(error);
  const seconds = secondsToPass(cause);
  return {
    ...{ code: 'internal', cause, message: unauditedMessage(cause), nextStep: storeStep(cause) },
    retryAfterMs: seconds && seconds * 1_000,
  };
}

function limitedBy({ retryAfterMs }: Grant): JobRefusal {
  return { code: 'caller_rate_limited', retryAfterMs };
}
