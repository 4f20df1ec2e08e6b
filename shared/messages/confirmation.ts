import type { Surface } from '../access/audit/writer.ts';
import type { ConfirmationFault, Offer } from '../access/confirmation/types.ts';
import { timestamp } from '../lib/clock.ts';

/** Where a person can confirm what is asked for at this installation, beside its API. */
export interface WaysToConfirm {
  /** How the command line of this process is started, such as `calloff`. */
  readonly command?: string | undefined;
  readonly slack: boolean;
}

/** Where a confirmation is asked for: in which way, and what other ways there are to give it. */
export interface StepTerms {
  readonly surface: Surface;
  readonly ways: WaysToConfirm;
  /** Whether the request was about one job, or about many. */
  readonly asked: 'one' | 'many';
}

/** Why jobs are not cancelled before somebody has confirmed it: so many at once, or whatever their number. */
export function confirmationNeededMessage(confirmAbove: number | undefined): string {
  if (confirmAbove === undefined)
    return 'This cancel needs a confirmation first, however few jobs it is about. Nothing was sent.';
  return confirmAbove === 0
    ? 'Every cancel of yours needs a confirmation first. Nothing was sent.'
    : `More than ${confirmAbove} cancels within ten minutes need a confirmation first. Nothing was sent.`;
}

/** What there is to do where nothing can be confirmed, because there is nowhere to keep it or no secret to bind it by. */
export const unconfirmableStep =
  'This installation cannot keep confirmations: it has no store, or no pepper. Ask its administrator.';

/** Why a confirmation does not serve. Nothing is sent then. */
export const confirmationMessages: Record<ConfirmationFault, string> = {
  unknown: 'There is no such confirmation for you, or its five minutes are over. Nothing was sent.',
  not_confirmed: 'Nobody has confirmed this yet. Nothing was sent.',
  used: 'This confirmation was used or closed already; each serves once. Nothing was sent.',
  other_jobs: 'The confirmation is for other jobs than these. Nothing was sent.',
  other_how:
    'The confirmation is for a cancel with another send_if_status_unknown than this request has. Nothing was sent.',
  not_allowed: 'You have no right to confirm this.',
};

/** What whoever asked can do then. */
export const confirmationNextSteps: Record<ConfirmationFault, string> = {
  unknown: 'Ask again without a confirmation to be offered a new one.',
  not_confirmed: 'Ask a person to confirm it, then send the request again.',
  used: 'Ask again without a confirmation to be offered a new one.',
  other_jobs: 'Use it for exactly the jobs that it was offered for, or ask again without it.',
  other_how: 'Leave send_if_status_unknown out, or ask again without the confirmation to be offered another.',
  not_allowed: 'Ask someone with the right to confirm, then send the request again.',
};

/** Why whoever is to confirm cannot. */
export const approvalMessages: Record<ConfirmationFault, string> = {
  ...confirmationMessages,
  unknown:
    'There is no such confirmation, or its five minutes are over. The caller who asked for it can ask again and gets a new one.',
  used: 'This confirmation was used or closed already; each serves once.',
  not_allowed:
    'The policy of this installation does not allow you to confirm this: somebody else must, and never an agent.',
};

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Where a person can confirm: at the terminal if calloff runs on their machine, else by the API; in Slack if it is set up. */
function waysInWords(id: string, { surface, ways: { command, slack } }: StepTerms): string {
  const isLocal = surface === 'cli' || surface === 'stdio';
  const terminal = `"${command ?? 'calloff'} confirm ${id}"`;
  const ways = [
    ...(isLocal ? [`${terminal} in a terminal`] : [`POST /v1/confirmations/${id} at this server`]),
    ...(isLocal || command === undefined ? [] : [`${terminal} on its machine`]),
    ...(slack || surface === 'slack' ? [`"/calloff confirm ${id}" in Slack`] : []),
  ];
  return ways.join(', or ');
}

export type Repeat = (confirmation: string, terms: StepTerms) => string;

const repeatStep: Record<'tool' | 'request', Repeat> = {
  tool: (confirmation, { asked }) =>
    asked === 'one'
      ? `call this tool again for the same job with confirmation "${confirmation}"`
      : `call this tool again with confirmation "${confirmation}" in the place of jobs or selector`,
  request: (confirmation, { surface }) => {
    const argument = confirmation.includes('.') ? 'confirmation_token' : `confirmation_id "${confirmation}"`;
    return surface === 'cli'
      ? `ask again with --confirmation${confirmation.includes('.') ? '' : ` ${confirmation}`}`
      : `ask again with ${argument}`;
  },
};

/** How a request that needs a confirmation gets one, and until when, in the terms of the surface that it came through. */
export function confirmationStep(
  { id, token, expiresAt, lead }: Offer & { readonly lead?: string | undefined },
  terms: StepTerms,
): string {
  const until = timestamp(expiresAt);
  const again = repeatStep[terms.surface === 'mcp' || terms.surface === 'stdio' ? 'tool' : 'request'];
  const step =
    token === undefined
      ? `Before ${until} somebody with the right to confirm does so with ${waysInWords(id, terms)}. Then ${again(id, terms)}.`
      : `${capital(again(token, terms))} before ${until}, to cancel exactly these jobs.`;
  return lead === undefined ? step : `${lead} ${step}`;
}
