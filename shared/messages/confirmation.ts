import type { Surface } from '../access/audit/steps.ts';
import type { ConfirmationFault, Offer } from '../access/confirmation/types.ts';
import { pageLink } from '../contract/page-link.ts';
import { timestamp } from '../lib/clock.ts';
import { capitalized } from '../lib/text.ts';

/** How a person can confirm a request at this installation, besides its API. */
export interface WaysToConfirm {
  /** How the command line of this process is started, such as `calloff`. */
  readonly command?: string | undefined;
  readonly slack: boolean;
  /** The address of the page for people, if it is known. */
  readonly page?: URL | undefined;
}

/** The surface that the request came through, and the ways in which a person can confirm it. */
export interface StepTerms {
  readonly surface: Surface;
  readonly ways: WaysToConfirm;
  /** Whether the request was about one job, or about many. */
  readonly asked: 'one' | 'many';
}

/** Why a cancel needs a confirmation: because of its selector, of its number of jobs, or of the caller's recent cancels. */
export function confirmationNeededMessage(confirmAbove: number | undefined, hasSelector: boolean): string {
  if (confirmAbove === undefined)
    return hasSelector
      ? 'A cancel with a selector needs a confirmation first, even for one job. Nothing was sent.'
      : 'This cancel needs a confirmation first, because it is about several jobs. Nothing was sent.';
  return confirmAbove === 0
    ? 'Each of your cancels needs a confirmation first. Nothing was sent.'
    : `More than ${confirmAbove} cancels within ten minutes need a confirmation first. Nothing was sent.`;
}

/** What the caller can do if the installation has no store or no pepper, and so cannot keep confirmations. */
export const unconfirmableStep =
  'This installation cannot keep confirmations, because it has no store or no pepper. Ask its administrator to set them up.';

/** Why a confirmation is not valid for the request. Nothing is sent then. */
export const confirmationMessages: Record<ConfirmationFault, string> = {
  unknown: 'You have no such confirmation, or its time is over. Nothing was sent.',
  not_confirmed: 'This has not been confirmed yet. Nothing was sent.',
  used: 'This confirmation has already been used or closed; each works once. This request sent nothing.',
  other_jobs: 'The confirmation is for different jobs. Nothing was sent.',
  other_how:
    'The confirmation is for a cancel with a different value of send_if_status_unknown. Nothing was sent.',
  not_allowed: 'You do not have the right to confirm this.',
};

/** What the caller can do then. */
export const confirmationNextSteps: Record<ConfirmationFault, string> = {
  unknown: 'Send the request without a confirmation to get a new one.',
  not_confirmed: 'Ask a person to confirm it, then send the request again.',
  used: 'Send the request without a confirmation to get a new one.',
  other_jobs:
    'Use it for exactly the jobs that it was offered for, or send the request without it to get a new one.',
  other_how:
    'Leave send_if_status_unknown out, or send the request without the confirmation to get a new one.',
  not_allowed: 'Ask someone with the right to confirm, then send the request again.',
};

/** Why the person who wants to confirm cannot. */
export const approvalMessages: Record<ConfirmationFault, string> = {
  ...confirmationMessages,
  unknown:
    'There is no such confirmation, or its time is over. The caller can send the request again to get a new one.',
  used: 'This confirmation has already been used or closed; each works once.',
  not_allowed:
    'The policy of this installation does not allow you to confirm this. Someone else must do it, and an agent never can.',
};

/** How a person can confirm: at the terminal if calloff runs on their machine, otherwise by the API; in Slack and on the page if these are set up. */
export function waysInWords(
  id: string,
  { surface, ways: { command, slack, page } }: Pick<StepTerms, 'surface' | 'ways'>,
): string {
  const isLocal = surface === 'cli' || surface === 'stdio';
  const terminal = `"${command ?? 'calloff'} confirm ${id}"`;
  const ways = [
    ...(isLocal ? [`${terminal} in a terminal`] : [`POST /v1/confirmations/${id} at this server`]),
    ...(isLocal || command === undefined ? [] : [`${terminal} on its machine`]),
    ...(slack || surface === 'slack' ? [`"/calloff confirm ${id}" in Slack`] : []),
    ...(page === undefined ? [] : [`on the page: ${pageLink(page, { view: 'waiting', confirmation: id })}`]),
  ];
  return ways.join(', or ');
}

export type Repeat = (confirmation: string, terms: StepTerms) => string;

const repeatStep: Record<'tool' | 'request', Repeat> = {
  tool: (confirmation, { asked }) =>
    asked === 'one'
      ? `call this tool again for the same job with confirmation "${confirmation}"`
      : `call this tool again with confirmation "${confirmation}" instead of jobs or selector`,
  request: (confirmation, { surface }) => {
    const argument = confirmation.includes('.') ? 'confirmation_token' : `confirmation_id "${confirmation}"`;
    return surface === 'cli'
      ? `send the request again with --confirmation${confirmation.includes('.') ? '' : ` ${confirmation}`}`
      : `send the request again with ${argument}`;
  },
};

/** How a request gets its confirmation, and until when, in the terms of the surface that it came through. */
export function confirmationStep(
  { id, token, expiresAt, lead }: Offer & { readonly lead?: string | undefined },
  terms: StepTerms,
): string {
  const until = timestamp(expiresAt);
  const again = repeatStep[terms.surface === 'mcp' || terms.surface === 'stdio' ? 'tool' : 'request'];
  const step =
    token === undefined
      ? `Ask someone with the right to confirm to do so before ${until} with ${waysInWords(id, terms)}. Then ${again(id, terms)}.`
      : `${capitalized(again(token, terms))} before ${until} to cancel exactly these jobs.`;
  return lead === undefined ? step : `${lead} ${step}`;
}
