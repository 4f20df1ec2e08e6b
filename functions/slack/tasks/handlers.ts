import type { RequestContext } from '../../../shared/cancellation/request-context.ts';
import type { Outcome } from '../../../shared/contract/answers/outcome-schema.ts';
import type { BulkResult, ConfirmationView } from '../../../shared/contract/answers/responses.ts';
import type { Result } from '../../../shared/contract/result.ts';
import type { Gateway } from '../../../shared/gateway.ts';
import { howInWords } from '../../../shared/messages/consent.ts';
import { operationInWords } from '../../../shared/messages/operation-request.ts';
import { agentConfirmationCard, awaitingCard, confirmationCard } from '../cards/confirmation-card.ts';
import type { JobSeen } from '../cards/job-line.ts';
import { listCard } from '../cards/list-card.ts';
import type { SlackMessage } from '../cards/message.ts';
import { keptNotice, leftNotice, notice, settledNotice } from '../cards/notices.ts';
import { outcomeMessage } from '../cards/outcome-message.ts';
import { filterWords } from '../list-filters.ts';
import { operationSentences } from '../wording/operations.ts';
import { sentences } from '../wording/sentences.ts';
import { faultsNotice, goneOr } from './fault-notices.ts';
import type { HandlerParts, SlackReply } from './handler-parts.ts';
import { distinctJobs } from './idempotency.ts';
import { beginConfirmed, createAndAsk, pause, resume, showOperations } from './operation-handlers.ts';
import { type AskedTask, mostAtOnce, type SlackTask, type TaskOf } from './task.ts';

type Handlers = {
  readonly [Kind in AskedTask['kind']]: (work: TaskOf<Kind>, parts: HandlerParts) => Promise<SlackReply>;
};

/** The most jobs on a card, each with its button. */
const mostListed = 45;
const liveStates = 'queued,running,cancelling,unknown';

const handlers: Handlers = {
  async cancel(work, parts) {
    const { jobs, reason } = work;
    if (distinctJobs(jobs).length > mostAtOnce) return createAndAsk(work, parts);
    const request = { jobs, reason, wait_seconds: parts.waitSeconds };
    const result = await parts.gateway.cancelJobs(request, parts.call);
    if (!result.ok) return { message: faultsNotice(result.faults, jobs), open: true };
    const open = result.value.outcomes.some(({ outcome }) => isOpenEnd[outcome]);
    return { message: await resultMessage(result.value, work, parts), open };
  },
  async confirm(work, parts) {
    const { ticket, reason, operation } = work;
    if (operation !== undefined) return beginConfirmed(work, operation, parts);
    const request = { confirmation_token: ticket, reason, wait_seconds: parts.waitSeconds };
    const result = await parts.gateway.cancelJobs(request, parts.call);
    if (!result.ok) return { message: goneOr(result.faults), open: true };
    const open = result.value.outcomes.every(({ outcome }) => outcome === 'refused');
    const message = await resultMessage(result.value, work, parts);
    return { message: message.response_type === 'ephemeral' ? inPlace(message) : message, open };
  },
  async keep({ ticket, who, operation }, { gateway, call }) {
    const result = await gateway.withdrawConfirmation({ confirmation_token: ticket }, call);
    if (!result.ok) return { message: goneOr(result.faults), open: true };
    return { message: (operation === undefined ? keptNotice : leftNotice)(who.user) };
  },
  async list(work, { gateway, call, now }) {
    const { provider, state, older_than, newer_than, owner, target, label } = work;
    const filters = { older_than, newer_than, owner, target, label };
    const asked = { provider, state: state ?? liveStates, ...filters };
    const found = await gateway.listJobs({ ...asked, limit: mostListed }, call);
    if (!found.ok) return { message: faultsNotice(found.faults) };
    const { in_other_states: count = 0 } = found.value;
    const command = endedCommand(provider, filters);
    return { message: listCard(found.value, now(), state === undefined ? { count, command } : undefined) };
  },
  async show({ confirmation }, { gateway, call, now }) {
    const shown = await gateway.showConfirmation({ confirmation_id: confirmation }, call);
    if (!shown.ok) return { message: faultsNotice(shown.faults) };
    const { caller, state, reason, expires_at, send_if_status_unknown, selector, operation } = shown.value;
    if (state !== 'pending') return { message: notice(sentences.notPending[state]) };
    const jobs = await statesOf(shown.value.jobs, gateway, call);
    const question = {
      ...{ confirmation, jobs, reason, expiresAt: Date.parse(expires_at), now: now() },
      count: operation?.jobs,
    };
    const how = [
      ...(operation === undefined ? [] : operationInWords(operation)),
      ...howInWords({ sendIfStatusUnknown: send_if_status_unknown === true, selector }),
    ];
    return { message: agentConfirmationCard({ ...question, askedBy: caller, how }) };
  },
  async approve({ confirmation, who }, { gateway, call }) {
    const approved = await gateway.approveConfirmation({ confirmation_id: confirmation }, call);
    return answered(approved, ({ expires_at }) => sentences.approved(who.user, Date.parse(expires_at)));
  },
  async decline({ confirmation, who }, { gateway, call }) {
    const closed = await gateway.closeConfirmation({ confirmation_id: confirmation }, call);
    return answered(closed, () => sentences.declined(who.user));
  },
  operations: (_, parts) => showOperations(parts),
  pause,
  resume,
};

/** The command that lists the jobs that have ended, with the other filters of a list. */
function endedCommand(provider: string | undefined, filters: Parameters<typeof filterWords>[0]): string {
  const place = provider === undefined ? [] : [provider];
  return ['/calloff list', ...place, 'completed failed cancelled', ...filterWords(filters)].join(' ');
}

/** Carries out a task through the gateway and words its answer. Rejects if the gateway does. */
export function handleTask(work: AskedTask, parts: HandlerParts): Promise<SlackReply> {
  switch (work.kind) {
    case 'cancel':
      return handlers.cancel(work, parts);
    case 'confirm':
      return handlers.confirm(work, parts);
    case 'keep':
      return handlers.keep(work, parts);
    case 'list':
      return handlers.list(work, parts);
    case 'show':
      return handlers.show(work, parts);
    case 'approve':
      return handlers.approve(work, parts);
    case 'decline':
      return handlers.decline(work, parts);
    case 'operations':
      return handlers.operations(work, parts);
    case 'pause':
      return handlers.pause(work, parts);
    case 'resume':
      return handlers.resume(work, parts);
  }
}

/** Whether the person may repeat the command at once after this outcome. */
const isOpenEnd: Record<Outcome['outcome'], boolean> = {
  cancelled: false,
  cancelling: false,
  already_cancelled: false,
  already_finished: false,
  not_found: false,
  refused: true,
  failed: true,
  unknown: true,
  not_attempted: true,
  would_cancel: true,
};

/** The outcomes of the jobs or, if a confirmation is needed, the question. */
async function resultMessage(
  result: BulkResult,
  work: TaskOf<'cancel' | 'confirm'>,
  parts: HandlerParts,
): Promise<SlackMessage> {
  const { outcomes, confirmation, request_id: requestId, operation } = result;
  const { reason } = work;
  const now = parts.now();
  if (confirmation === undefined) {
    const isWatched = operation !== undefined && (await parts.watch(operation));
    const follow = operation === undefined ? undefined : operationSentences.followed(isWatched);
    return outcomeMessage(outcomes, { now, reason, requestId, follow, ...showing(outcomes, work, parts) });
  }
  const isAsked = ({ code }: Outcome) => code === 'confirmation_required';
  const question = {
    ...{ jobs: outcomes.filter(isAsked).map(seenIn), others: outcomes.filter((each) => !isAsked(each)) },
    ...{ reason, now, expiresAt: Date.parse(confirmation.expires_at) },
  };
  const { confirmation_token: ticket, id } = confirmation;
  return ticket === undefined
    ? awaitingCard({ ...question, confirmation: id })
    : confirmationCard({ ...question, ticket });
}

/** A job as an outcome shows it. */
function seenIn({ provider, job_id, name, owner, state, details }: Outcome): JobSeen {
  const created = details?.created_at && { created_at: details.created_at };
  return { provider, job_id, state, ...(name && { name }), ...(owner && { owner }), ...created };
}

/** The channel sees only jobs that were called off, are being called off, or may be, with the person who asked. */
function showing(outcomes: readonly Outcome[], { who }: SlackTask, { announce }: HandlerParts) {
  const has = (...names: Outcome['outcome'][]) => outcomes.some(({ outcome }) => names.includes(outcome));
  if (!announce || !has('cancelled', 'cancelling', 'unknown')) return {};
  return { inChannel: true, ...(has('cancelled', 'cancelling') ? { by: who.user } : {}) };
}

/** Replaces the question, in a channel too, by what was answered; one that can be answered no more goes as well. */
function answered(
  result: Result<ConfirmationView>,
  sentence: (value: ConfirmationView) => string,
): SlackReply {
  if (!result.ok) return { message: goneOr(result.faults) };
  const { id, caller, jobs, operation } = result.value;
  const about = sentences.answeredAbout(operation?.jobs ?? jobs.length, caller, id);
  return { message: settledNotice(sentence(result.value), about) };
}

/** The jobs with their current status. One that cannot be read now is shown as it was when the confirmation was offered. */
async function statesOf(
  jobs: ConfirmationView['jobs'],
  gateway: Gateway,
  call: RequestContext,
): Promise<JobSeen[]> {
  const named = jobs.map(({ provider, job_id }) => ({ provider, job_id }));
  const seen = await gateway.getJobs({ jobs: named }, call);
  const known = seen.ok ? seen.value : [];
  return jobs.map((job, index) => {
    const now = known[index];
    const isSeen = now !== undefined && now.state !== 'unknown';
    const was = isSeen && job.state !== now.state ? { was: job.state } : {};
    return { ...job, ...(isSeen ? now : {}), state: (isSeen ? now.state : job.state) ?? 'unknown', ...was };
  });
}

function inPlace(message: SlackMessage): SlackMessage {
  return { ...message, replace_original: true };
}
