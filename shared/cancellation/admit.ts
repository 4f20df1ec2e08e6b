import type { Grant } from '../access/caller-rate-limiter.ts';
import { personAtClient } from '../access/confirmation/approvals.ts';
import type { Target } from '../engine/connection.ts';
import { noReadLeftMessage } from '../messages/faults.ts';
import { type Admission, admitConfirmed, goConfirmed } from './admit-confirmed.ts';
import { type CancelState, limitedBy } from './cancel-state.ts';
import { requesterOf } from './request-context.ts';
import { namesOf, requireConfirmation } from './require-confirmation.ts';

/** Inspects jobs, and returns those that would be sent a cancel. The others get their outcome from the inspection. */
export interface Preview {
  inspect(targets: readonly Target[]): Promise<readonly Target[]>;
  /** Forgets its results, because they are too old. */
  forget(): void;
}

/**
 * Decides which jobs may be cancelled: authorizes them by their ids, takes them from the caller's quota, and requires a
 * confirmation if one is needed. The others get their outcomes. Rejects if the store does.
 */
export async function admit(state: CancelState, preview: Preview): Promise<Admission> {
  const { plan, quota } = state;
  await state.readRules();
  const permitted = state.authorize(plan.targets);
  if (plan.how.dry_run) return admitReads(state, permitted);
  if (plan.presentedConfirmation !== undefined)
    return admitConfirmed(state, permitted, await quota.takeMinute(permitted.length));
  // Both in parallel: most calls have room, and each wait for the store delays the cancel.
  const [minute, isUnasked] = await Promise.all([
    quota.takeMinute(permitted.length),
    goesUnasked(state, permitted),
  ]);
  const within = await withinMinute(state, permitted, minute, preview);
  const isPart = within.length < permitted.length;
  if (isUnasked || (isPart && (await goesUnasked(state, within)))) return { targets: within };
  return admitAsked(state, within, preview);
}

/**
 * Admits a slice of an operation: the jobs that its caller may cancel by the rules in force now, as many as the caller's
 * minute has room for. The others are left for a later slice.
 */
export async function admitSlice(state: CancelState): Promise<Admission> {
  const { plan, quota } = state;
  await state.readRules();
  const permitted = state.authorize(plan.targets);
  const minute = await quota.takeMinute(permitted.length);
  return { targets: permitted.slice(0, minute.granted), minute };
}

/** Whether these jobs need no confirmation; then they are counted. */
async function goesUnasked(
  { plan, quota, rules }: CancelState,
  targets: readonly Target[],
): Promise<boolean> {
  if (plan.needsConfirmation) return false;
  return rules.caller.rights.confirmAbove === undefined || quota.takeUnasked(targets.length);
}

/** The jobs for which the minute has room. If that is only some, ended jobs take no room. */
async function withinMinute(
  state: CancelState,
  permitted: readonly Target[],
  minute: Grant,
  preview: Preview,
): Promise<readonly Target[]> {
  const { granted } = minute;
  const isPart = granted > 0 && granted < permitted.length;
  if (!isPart) return state.first(granted, permitted, minute);
  const more = await state.quota.takeReads(permitted.length - granted);
  const wanted = state.first(granted + more.granted, permitted, minute);
  return state.first(granted, await preview.inspect(wanted), minute);
}

/** Admits a dry run: as many jobs as its caller has reads left. */
function admitReads({ plan: { reads }, outcomes }: CancelState, permitted: readonly Target[]): Admission {
  if (reads === undefined) return { targets: permitted };
  outcomes.refuse(permitted.slice(reads.granted), { ...limitedBy(reads), message: noReadLeftMessage });
  return { targets: permitted.slice(0, reads.granted) };
}

/** Admits jobs that need a confirmation, if it was given or the person agrees now, or if few enough of the jobs are live. */
async function admitAsked(
  state: CancelState,
  within: readonly Target[],
  preview: Preview,
): Promise<Admission> {
  const { plan, parts, outcomes, audit, rules } = state;
  if (within.length === 0) return { targets: [] };
  const approved = await parts.access?.confirmations.useApproved(
    requesterOf(state.context),
    namesOf(within),
    plan.how.send_if_status_unknown,
  );
  if (approved?.ok) {
    audit.confirmation = approved.id;
    return goConfirmed(state, within, approved);
  }
  const live = await preview.inspect(within);
  if (live.length === 0) return { targets: [] };
  if (await goesUnasked(state, live)) return { targets: live };
  const toConfirm = {
    asked: within.map((target) => [target, outcomes.get(target)] as const),
    live: outcomes.of(live),
    how: state.howAsked,
    confirmAbove: plan.needsConfirmation ? undefined : rules.caller.rights.confirmAbove,
  };
  const consent = await requireConfirmation(toConfirm, parts, state.context);
  audit.confirmation = consent.id;
  if (consent.ok) return goAgreed(state, live, preview);
  outcomes.refuse(live, consent.refusal);
  return { targets: [], offer: consent.offer };
}

/** Admits the jobs by the current rules, quota and status, because the person took time to agree. */
async function goAgreed(state: CancelState, live: readonly Target[], preview: Preview): Promise<Admission> {
  await state.readRulesAgain();
  const permitted = state.authorize(live);
  preview.forget();
  state.logUnwritten(await state.quota.release());
  const minute = await state.quota.takeMinute(permitted.length);
  const going = state.first(minute.granted, permitted, minute);
  return goConfirmed(state, going, { confirmedBy: personAtClient, how: state.howAsked });
}
