import { personAtClient } from '../access/confirmation/approvals.ts';
import type { Grant } from '../access/rate-limiter.ts';
import type { Target } from '../engine/connection.ts';
import { noReadLeftMessage } from '../messages/faults.ts';
import { type Admission, admitConfirmed, goConfirmed } from './admit-confirmed.ts';
import { type CancelState, limitedBy } from './cancel-state.ts';
import { requesterOf } from './request-context.ts';
import { namesOf, requireConfirmation } from './require-confirmation.ts';

/** Inspects jobs, and returns those that would be sent a cancel. The outcome of the others is settled by that. */
export interface Preview {
  inspect(targets: readonly Target[]): Promise<readonly Target[]>;
  /** Forgets what it has shown: it is too old. */
  forget(): void;
}

/**
 * Decides which jobs may go: authorizes them by their ids, takes them from the caller's quota, and requires a confirmation
 * if one is needed. The outcomes of the others are settled. Rejects when the store does.
 */
export async function admit(state: CancelState, preview: Preview): Promise<Admission> {
  const { plan, quota } = state;
  await state.readRules();
  const permitted = state.authorize(plan.targets);
  if (plan.how.dry_run) return admitLooks(state, permitted);
  if (plan.presentedConfirmation !== undefined)
    return admitConfirmed(state, permitted, await quota.takeMinute(permitted.length));
  // Both at once: most calls have room, and the cancel comes after each wait for the store.
  const [minute, isUnasked] = await Promise.all([
    quota.takeMinute(permitted.length),
    goesUnasked(state, permitted),
  ]);
  const within = await withinMinute(state, permitted, minute, preview);
  const isPart = within.length < permitted.length;
  if (isUnasked || (isPart && (await goesUnasked(state, within)))) return { targets: within };
  return admitAsked(state, within, preview);
}

/** Whether nobody has to confirm these jobs; then they are counted. */
async function goesUnasked(
  { plan, quota, rules }: CancelState,
  targets: readonly Target[],
): Promise<boolean> {
  if (plan.needsConfirmation) return false;
  return rules.caller.rights.confirmAbove === undefined || quota.takeUnasked(targets.length);
}

/** Those for which there is room. If that is only a part, what is over already takes none of it. */
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
  const looked = state.first(granted + more.granted, permitted, minute);
  return state.first(granted, await preview.inspect(looked), minute);
}

/** A dry run looks at as many jobs as its caller has reads left. */
function admitLooks({ plan: { looks }, outcomes }: CancelState, permitted: readonly Target[]): Admission {
  if (looks === undefined) return { targets: permitted };
  outcomes.refuse(permitted.slice(looks.granted), { ...limitedBy(looks), message: noReadLeftMessage });
  return { targets: permitted.slice(0, looks.granted) };
}

/** Only what somebody has approved or agrees to, unless fewer jobs are live than were asked for. */
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

/** By the rules, the quota and the status of now: the person who agreed took their time. */
async function goAgreed(state: CancelState, live: readonly Target[], preview: Preview): Promise<Admission> {
  await state.readRulesAgain();
  const permitted = state.authorize(live);
  preview.forget();
  state.logUnwritten(await state.quota.release());
  const minute = await state.quota.takeMinute(permitted.length);
  const going = state.first(minute.granted, permitted, minute);
  return goConfirmed(state, going, { confirmedBy: personAtClient, how: state.howAsked });
}
