import { can } from '../../../shared/access/policy.ts';
import type { RequestContext } from '../../../shared/cancellation/request-context.ts';
import type { OperationView } from '../../../shared/contract/answers/operation-schema.ts';
import { resumable } from '../../../shared/contract/operations.ts';
import type { Result } from '../../../shared/contract/result.ts';
import { howInWords } from '../../../shared/messages/consent.ts';
import { operationConfirmationNote, operationInWords } from '../../../shared/messages/operation-request.ts';
import { awaitingCard, confirmationCard } from '../cards/confirmation-card.ts';
import type { Showing } from '../cards/message.ts';
import { type OperationTold, operationCard, operationsCard } from '../cards/operation-card.ts';
import { faultsNotice, goneOr } from './fault-notices.ts';
import type { HandlerParts, SlackReply } from './handler-parts.ts';
import type { TaskOf } from './task.ts';

/** The most operations on a card. */
const mostShown = 10;
/** The most jobs that a question names. */
const mostNamed = 20;
/** How often the progress of an operation is read, and when it is told, in milliseconds. */
const pollMs = 2_000;
const updateMs = 15_000;
const longestFollowMs = 45_000;

/** Shows the person's latest operations. */
export async function showOperations(parts: HandlerParts): Promise<SlackReply> {
  const found = await parts.gateway.listOperations({ limit: mostShown }, parts.call);
  if (!found.ok) return { message: faultsNotice(found.faults) };
  const { operations, next_cursor } = found.value;
  return { message: operationsCard(operations, next_cursor !== null, toldOf(parts)) };
}

/** Pauses an operation. */
export async function pause({ operation }: TaskOf<'pause'>, parts: HandlerParts): Promise<SlackReply> {
  const paused = await parts.gateway.pauseOperation({ operation_id: operation }, parts.call);
  return paused.ok ? { message: cardOf(paused.value, parts) } : { message: faultsNotice(paused.faults) };
}

/** Starts or resumes an operation, or asks the person first. */
export async function resume({ operation }: TaskOf<'resume'>, parts: HandlerParts): Promise<SlackReply> {
  const begun = await begin(operation, {}, parts);
  if (!begun.ok) return { message: faultsNotice(begun.faults) };
  return { message: await followedOrAsked(begun.value, parts) };
}

/** Makes an operation of the jobs of a command, and asks the person before it starts. A second delivery finds the same operation. */
export async function createAndAsk(
  { id: idempotencyKey, jobs, reason }: TaskOf<'cancel'>,
  parts: HandlerParts,
): Promise<SlackReply> {
  const call = { ...parts.call, idempotencyKey };
  const created = await parts.gateway.createOperation({ jobs, reason }, call);
  if (!created.ok) return { message: faultsNotice(created.faults, jobs), open: true };
  return { message: await followedOrAsked(created.value, parts) };
}

async function followedOrAsked(view: OperationView, parts: HandlerParts) {
  const { confirmation } = view;
  return confirmation === undefined ? followed(view, parts, {}) : question(view, confirmation, parts);
}

/** Starts or resumes an operation after a yes. */
export async function beginConfirmed(
  { ticket }: TaskOf<'confirm'>,
  operation: string,
  parts: HandlerParts,
): Promise<SlackReply> {
  const begun = await begin(operation, { confirmation_token: ticket }, parts);
  if (!begun.ok) return { message: goneOr(begun.faults), open: true };
  return { message: await followed(begun.value, parts, { replace: true }) };
}

async function begin(
  operation_id: string,
  claim: { readonly confirmation_token?: string },
  { gateway, call }: HandlerParts,
): Promise<Result<OperationView>> {
  const seen = await gateway.getOperation({ operation_id }, call);
  if (!seen.ok) return seen;
  const { state } = seen.value;
  const isNew = state === 'draft' || state === 'waiting_for_confirmation';
  return (isNew ? gateway.startOperation : gateway.resumeOperation)({ operation_id, ...claim }, call);
}

/** Asks the person about the jobs that would be cancelled, of which the first are named. */
async function question(
  view: OperationView,
  { id, confirmation_token: ticket, expires_at, jobs: count }: NonNullable<OperationView['confirmation']>,
  { gateway, call, now }: HandlerParts,
) {
  const outcome = ['pending', ...resumable].join(',');
  const first = await gateway.listOutcomes({ operation_id: view.id, outcome, limit: mostNamed }, call);
  const named = first.ok ? first.value.outcomes : [];
  const { reason, selector, send_if_status_unknown, providers } = view;
  const note = operationConfirmationNote(count);
  const asked = {
    jobs: named.map(({ provider, job_id, state }) => ({ provider, job_id, state })),
    ...{ count, reason, now: now(), expiresAt: Date.parse(expires_at) },
    how: [
      ...operationInWords({ id: view.id, jobs: count, providers, note }),
      ...howInWords({ sendIfStatusUnknown: send_if_status_unknown === true, selector }),
    ],
  };
  return ticket === undefined
    ? awaitingCard({ ...asked, confirmation: id })
    : confirmationCard({ ...asked, ticket, operation: view.id });
}

/** Tells that the operation runs, how far it is after a while, and what it has come to; at the latest before the time is over. */
async function followed(view: OperationView, parts: HandlerParts, showing: Showing) {
  const { gateway, call, tell, sleep } = parts;
  let last = view;
  let isUpdated = false;
  if (isUnderWay(last)) await tell(cardOf(last, parts, showing));
  for (let waitedMs = 0; isUnderWay(last) && waitedMs < longestFollowMs; waitedMs += pollMs) {
    if (call.signal?.aborted) break;
    await sleep(pollMs);
    const read = await gateway.getOperation({ operation_id: view.id }, call);
    if (read.ok) last = read.value;
    if (!isUpdated && waitedMs >= updateMs && isUnderWay(last)) {
      isUpdated = true;
      await tell(cardOf(last, parts, showing));
    }
  }
  return cardOf(last, parts, { ...showing, isWatched: await watched(last, parts) });
}

/** Has the rest told later. One that is paused tells nothing until a person resumes it. */
async function watched(view: OperationView, { watch, now }: HandlerParts): Promise<boolean> {
  const { state } = view;
  if (!isUnderWay(view) && state !== 'following' && state !== 'finished') return false;
  return watch(view, state === 'finished' ? { at: now(), came_back: view.came_back } : undefined);
}

function isUnderWay({ state }: OperationView): boolean {
  return state === 'running' || state === 'listing';
}

/** The card of an operation for the person of a call. */
export function cardOf(
  view: OperationView,
  parts: Pick<HandlerParts, 'call' | 'now' | 'publicUrl'>,
  showing: Showing & { readonly isWatched?: boolean } = {},
) {
  return operationCard(view, { ...toldOf(parts), ...showing });
}

function toldOf({ now, call, publicUrl }: Pick<HandlerParts, 'call' | 'now' | 'publicUrl'>): OperationTold {
  return { now: now(), publicUrl, mayResume: ({ providers }) => mayCancelAll(providers, call) };
}

function mayCancelAll(providers: OperationView['providers'], { caller }: RequestContext): boolean {
  return can(caller, 'cancel') && providers.every(({ provider }) => can(caller, 'cancel', provider));
}
