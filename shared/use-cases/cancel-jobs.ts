import type { Grant } from '../access/caller-rate-limiter.ts';
import { takeReads } from '../cancellation/cancel-quota.ts';
import type { CancelPlan } from '../cancellation/cancel-state.ts';
import { type CancelReport, runPipeline } from '../cancellation/pipeline.ts';
import { type RequestContext, requesterOf, type ServiceParts } from '../cancellation/request-context.ts';
import type { Outcome } from '../contract/answers/outcome-schema.ts';
import type { BulkResult, OneResult } from '../contract/answers/responses.ts';
import { countOutcomes } from '../contract/outcome.ts';
import {
  cancelJobRequest,
  cancelJobsRequest,
  getJobsRequest,
  type HowToCancel,
  type Selector,
  selectorWords,
} from '../contract/requests.ts';
import { faulty, invalid, type Result } from '../contract/result.ts';
import type { Target } from '../engine/connection.ts';
import { timestamp } from '../lib/clock.ts';
import { confirmationStep } from '../messages/confirmation.ts';
import { followCancel } from './operations/follow-cancel.ts';
import { type ResolvedSelector, resolveSelector } from './resolve-selector.ts';
import { claimIn, confirmationFaultOf, readJobRequest, readJobsRequest } from './validate.ts';
import { waysAt } from './ways-at.ts';
import { readTooOften, tooOften } from './with-audit.ts';

const defaultWaitSeconds = { one: 2, many: 10 };

/** Cancels one job. @see cancelJobs */
export async function cancelJob(
  parts: ServiceParts,
  input: unknown,
  context: RequestContext,
): Promise<Result<OneResult>> {
  const read = readJobRequest(cancelJobRequest, input, { ...parts, ...context });
  if (!read.ok) return read;
  const { provider: _, job_id: __, ...how } = read.value.request;
  const claim = claimIn(how);
  if (!claim.ok) return claim;
  const { targets } = read.value;
  const reads = await readsFor(targets, how, parts, context);
  if (reads?.granted === 0) return tooOften(reads);
  const asked: CancelPlan = {
    ...{ targets, how, reads },
    defaultWaitSeconds: defaultWaitSeconds.one,
    presentedConfirmation: claim.value,
    listsJobs: true,
  };
  const guarded = await runPipeline(asked, inTurn(how, parts), context);
  const [outcome] = guarded.outcomes;
  if (outcome === undefined) throw new Error('a job without an outcome');
  const following = await followCancel(guarded.open, how.reason, parts, context);
  const offer = await offerOf(guarded, parts, context, 'one');
  return { ok: true, value: { ...outcome, ...offer, ...following } };
}

/**
 * Cancels many jobs, at several connections in parallel. One fault refuses the whole request before anything is sent;
 * after that every job has its own outcome, independent of the others.
 */
export async function cancelJobs(
  parts: ServiceParts,
  input: unknown,
  context: RequestContext,
): Promise<Result<BulkResult>> {
  const read = readJobsRequest(cancelJobsRequest, input, { ...parts, ...context });
  if (!read.ok) return read;
  const { jobs, selector, ...how } = read.value.request;
  const claim = claimIn(how, selector === undefined ? [] : ['selector']);
  if (!claim.ok) return claim;
  const searchedTooOften = selector && (await readTooOften(parts, context));
  if (searchedTooOften !== undefined) return searchedTooOften;
  const inOrder = inTurn(how, parts);
  const named = read.value.targets;
  const source = await targetsOf({ named, selector, claim: claim.value }, inOrder, context);
  if (!source.ok) return source;
  const targets = withoutDuplicates(source.value.targets);
  const reads = await readsFor(targets, how, parts, context);
  if (reads?.granted === 0 && targets.length > 0) return tooOften(reads);
  const asked: CancelPlan = {
    targets,
    how,
    reads,
    defaultWaitSeconds: defaultWaitSeconds.many,
    selector: selector && selectorWords(selector),
    presentedConfirmation: claim.value,
    needsConfirmation: selector !== undefined || (context.confirmFirst === true && targets.length > 1),
    listsJobs: jobs !== undefined,
  };
  const guarded = await runPipeline(asked, inOrder, context);
  const { outcomes } = guarded;
  return {
    ok: true,
    value: {
      request_id: context.requestId,
      outcomes: withinAnswer(outcomes),
      counts: countOutcomes(outcomes),
      duplicates: jobs === undefined ? 0 : jobs.length - outcomes.length,
      ...(await offerOf(guarded, parts, context, 'many')),
      ...(await followCancel(guarded.open, how.reason, parts, context)),
      ...(source.value.unavailable.length === 0 ? {} : { unavailable: [...source.value.unavailable] }),
    },
  };
}

/** An answer about more jobs leaves out their details, which a status request for one job shows. */
const mostDetailed = 3_000;

/**
 * The outcomes as the answer holds them. With the details of 5,000 jobs it could exceed what Lambda returns, and would be
 * lost after the cancels were sent.
 */
function withinAnswer(outcomes: readonly Outcome[]): Outcome[] {
  if (outcomes.length <= mostDetailed) return [...outcomes];
  return outcomes.map(({ details: _, name: __, owner: ___, ...rest }) => rest);
}

interface Source {
  readonly named: readonly Target[];
  readonly selector?: Selector | undefined;
  readonly claim?: string | undefined;
}

/** The jobs of a request: those it names, those its selector picks, or those of its confirmation. */
async function targetsOf(
  { named, selector, claim }: Source,
  parts: ServiceParts,
  context: RequestContext,
): Promise<Result<ResolvedSelector>> {
  if (named.length > 0 && selector === undefined)
    return { ok: true, value: { targets: named, unavailable: [] } };
  if (selector !== undefined && named.length === 0) return resolveSelector(selector, parts, context);
  if (claim === undefined)
    return invalid('jobs', 'must name the jobs to cancel; give either jobs or a selector');
  const held = await parts.access?.confirmations.peek(claim, requesterOf(context));
  if (held?.ok !== true) return faulty(confirmationFaultOf(held?.fault ?? 'unknown'));
  const jobs = held.jobs.map(({ provider, job_id }) => ({ provider, job_id }));
  const read = readJobsRequest(getJobsRequest, { jobs }, { ...parts, ...context });
  return read.ok ? { ok: true, value: { targets: read.value.targets, unavailable: [] } } : read;
}

/** The reads that a dry run takes: one for each job. */
async function readsFor(
  targets: readonly Target[],
  { dry_run }: HowToCancel,
  { access }: ServiceParts,
  { caller }: RequestContext,
): Promise<Grant | undefined> {
  return dry_run ? takeReads(access?.rateLimiter, caller, targets.length) : undefined;
}

/** A dry run cancels nothing, so it gives way to real cancels. */
function inTurn({ dry_run }: HowToCancel, parts: ServiceParts): ServiceParts {
  return dry_run ? { ...parts, turn: { ...parts.turn, class: 'read' } } : parts;
}

async function offerOf(
  { offer }: CancelReport,
  parts: ServiceParts,
  context: RequestContext,
  asked: 'one' | 'many',
): Promise<Pick<BulkResult, 'confirmation'>> {
  if (offer === undefined) return {};
  const { id, expiresAt, token, jobs } = offer;
  const expires_at = timestamp(expiresAt);
  const { surface } = context;
  const next_step = confirmationStep(offer, { surface, ways: await waysAt(parts, context), asked });
  return { confirmation: { id, expires_at, jobs, ...(token && { confirmation_token: token }), next_step } };
}

function withoutDuplicates(targets: readonly Target[]): Target[] {
  const distinct = new Map(targets.map((target) => [`${target.connection.name}/${target.jobId}`, target]));
  return [...distinct.values()];
}
