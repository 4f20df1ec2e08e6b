import type { CallContext } from '../../shared/cancellation/call-context.ts';
import type { BulkResult } from '../../shared/cancellation/cancel-jobs.ts';
import type { Checked, Fault } from '../../shared/cancellation/check.ts';
import type { ConfirmationView } from '../../shared/cancellation/confirm.ts';
import { howInWords } from '../../shared/cancellation/wording.ts';
import type { Gateway } from '../../shared/gateway.ts';
import type { Outcome } from '../../shared/outcome.ts';
import { agentConfirmationCard, awaitingCard, confirmationCard } from './cards/confirmation-card.ts';
import type { JobSeen } from './cards/job-line.ts';
import { listCard } from './cards/list-card.ts';
import { expiredNotice, keptNotice, notice, refusalNotice } from './cards/notices.ts';
import { outcomeMessage } from './cards/outcome-message.ts';
import { inCode, inProse } from './escape.ts';
import type { SlackMessage } from './message.ts';
import { sentences } from './wording.ts';
import type { JobReference, Work, WorkOf } from './work.ts';

/** What a deed is done with: the call is the person's, and everything else is how it is told. */
export interface DeedParts {
  readonly gateway: Gateway;
  readonly call: CallContext;
  /** Whether everyone in the channel sees what came of a cancel. */
  readonly announce: boolean;
  /** How long to wait for a final state, in seconds: nobody waits for the answer, and it is better for being final. */
  readonly waitSeconds: number;
  now(): number;
}

/** What there is to say, and whether it may be asked for again at once because nothing, or not all, came of it. */
export interface Deed {
  readonly message: SlackMessage;
  readonly open?: boolean;
}

type Deeds = { readonly [Kind in Work['kind']]: (work: WorkOf<Kind>, parts: DeedParts) => Promise<Deed> };

/** As many as a card has room for, each with its button. */
const mostListed = 45;
const liveStates = 'queued,running,cancelling,unknown';

const deeds: Deeds = {
  async cancel(work, parts) {
    const { jobs, reason } = work;
    const request = { jobs, reason, wait_seconds: parts.waitSeconds };
    const result = await parts.gateway.cancelJobs(request, parts.call);
    if (!result.ok) return { message: faultsNotice(result.faults, jobs), open: true };
    const open = result.value.outcomes.some(({ outcome }) => isOpenEnd[outcome]);
    return { message: resultMessage(result.value, work, parts), open };
  },
  async confirm(work, parts) {
    const { ticket, reason } = work;
    const request = { confirmation_token: ticket, reason, wait_seconds: parts.waitSeconds };
    const result = await parts.gateway.cancelJobs(request, parts.call);
    if (!result.ok) return { message: goneOr(result.faults), open: true };
    const open = result.value.outcomes.every(({ outcome }) => outcome === 'refused');
    const message = resultMessage(result.value, work, parts);
    return { message: message.response_type === 'ephemeral' ? inPlace(message) : message, open };
  },
  async keep({ ticket, who }, { gateway, call }) {
    const result = await gateway.withdrawConfirmation({ confirmation_token: ticket }, call);
    return result.ok ? { message: keptNotice(who.user) } : { message: goneOr(result.faults), open: true };
  },
  async list({ provider, state = liveStates, older_than, newer_than }, { gateway, call, now }) {
    const filters = { provider, state, older_than, newer_than };
    const found = await gateway.find({ ...filters, limit: mostListed }, call);
    return { message: found.ok ? listCard(found.value, now()) : faultsNotice(found.faults) };
  },
  async show({ confirmation }, { gateway, call, now }) {
    const shown = await gateway.showConfirmation({ confirmation_id: confirmation }, call);
    if (!shown.ok) return { message: faultsNotice(shown.faults) };
    const { caller, state, reason, expires_at, send_unseen, selector } = shown.value;
    if (state !== 'pending') return { message: notice(sentences.notPending[state]) };
    const jobs = await statesOf(shown.value.jobs, gateway, call);
    const question = { confirmation, jobs, reason, expiresAt: Date.parse(expires_at), now: now() };
    const how = howInWords({ sendUnseen: send_unseen === true, selector });
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
};

/** Does the work, and says what came of it: exactly what the gateway said. Rejects where the gateway does. */
export function doDeed(work: Work, parts: DeedParts): Promise<Deed> {
  switch (work.kind) {
    case 'cancel':
      return deeds.cancel(work, parts);
    case 'confirm':
      return deeds.confirm(work, parts);
    case 'keep':
      return deeds.keep(work, parts);
    case 'list':
      return deeds.list(work, parts);
    case 'show':
      return deeds.show(work, parts);
    case 'approve':
      return deeds.approve(work, parts);
    case 'decline':
      return deeds.decline(work, parts);
  }
}

/** Ends after which the person should be able to ask again at once. */
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

/** What became of the jobs; or, where a confirmation is needed, the question. */
function resultMessage(
  result: BulkResult,
  work: WorkOf<'cancel' | 'confirm'>,
  parts: DeedParts,
): SlackMessage {
  const { outcomes, confirmation, request_id: requestId } = result;
  const { reason } = work;
  const now = parts.now();
  if (confirmation === undefined)
    return outcomeMessage(outcomes, { now, reason, requestId, ...showing(outcomes, work, parts) });
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
function seenIn({ provider, job_id, name, state, details }: Outcome): JobSeen {
  const created = details?.created_at && { created_at: details.created_at };
  return { provider, job_id, state, ...(name && { name }), ...created };
}

/** The channel is told of what was called off, is being called off or may be, by whose wish where it is, and of nothing else. */
function showing(outcomes: readonly Outcome[], { who }: Work, { announce }: DeedParts) {
  const has = (...names: Outcome['outcome'][]) => outcomes.some(({ outcome }) => names.includes(outcome));
  if (!announce || !has('cancelled', 'cancelling', 'unknown')) return {};
  return { inChannel: true, ...(has('cancelled', 'cancelling') ? { by: who.user } : {}) };
}

function answered<T>(result: Checked<T>, sentence: (value: T) => string): Deed {
  if (!result.ok) return { message: faultsNotice(result.faults) };
  return { message: notice(sentence(result.value), { replace: true }) };
}

/** Jobs as they are now; one that cannot be seen now is shown as it was when the confirmation was asked for. */
async function statesOf(
  jobs: ConfirmationView['jobs'],
  gateway: Gateway,
  call: CallContext,
): Promise<JobSeen[]> {
  const named = jobs.map(({ provider, job_id }) => ({ provider, job_id }));
  const seen = await gateway.lookMany({ jobs: named }, call);
  const known = seen.ok ? seen.value : [];
  return jobs.map((job, index) => {
    const now = known[index];
    const isSeen = now !== undefined && now.state !== 'unknown';
    return { ...job, ...(isSeen ? now : {}), state: (isSeen ? now.state : job.state) ?? 'unknown' };
  });
}

/** A question that cannot be answered any more is taken away. */
function goneOr(faults: readonly Fault[]): SlackMessage {
  return faults.some(({ kind }) => kind === 'confirmation') ? expiredNotice() : faultsNotice(faults);
}

/** Faults as the service words them, with the job that each is about. */
function faultsNotice(faults: readonly Fault[], jobs: readonly JobReference[] = []): SlackMessage {
  return refusalNotice(
    faults.map(({ path, message }) => {
      const [, index = ''] = /^jobs\[(\d+)\]/.exec(path) ?? [];
      const job = jobs[Number(index)];
      const what = index === '' || job === undefined ? '' : `${inCode(job.job_id)}: `;
      return `${what}${inProse(message)}`;
    }),
  );
}

function inPlace(message: SlackMessage): SlackMessage {
  return { ...message, replace_original: true };
}
