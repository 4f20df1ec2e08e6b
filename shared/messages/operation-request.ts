import type { Surface } from '../access/audit/steps.ts';
import type { Offer } from '../access/confirmation/types.ts';
import type { ConfirmationView } from '../contract/answers/responses.ts';
import { timestamp } from '../lib/clock.ts';
import { capitalized } from '../lib/text.ts';
import { type StepTerms, waysInWords } from './confirmation.ts';
import { countOfJobs } from './counts.ts';

/** A start or a resume that needs a confirmation. */
export interface OperationOffer extends Offer {
  /** Why the person at the client has not given it, if calloff asked. */
  readonly lead?: string | undefined;
  readonly operation: string;
  readonly verb: 'start' | 'resume';
  /**
   * What a caller without its token can do: `begin` the same again, and get a token that it may use itself; `approve` another
   * caller's. By default it needs someone else.
   */
  readonly reader?: 'begin' | 'approve' | undefined;
}

/** How the start or the resume of an operation gets its confirmation, in the terms of the surface that it came through. */
export function operationConfirmationStep(
  offer: OperationOffer,
  terms: Pick<StepTerms, 'surface' | 'ways'>,
): string {
  const { lead } = offer;
  const step = stepWithout(offer, terms);
  return lead === undefined ? step : `${lead} ${step}`;
}

function stepWithout(
  { id, token, expiresAt, operation, verb, reader }: OperationOffer,
  terms: Pick<StepTerms, 'surface' | 'ways'>,
): string {
  const until = timestamp(expiresAt);
  const again = (confirmation?: string) => againStep(operation, verb, confirmation, terms);
  if (token !== undefined)
    return `${capitalized(again(token))} before ${until} to cancel exactly these jobs.`;
  if (reader === 'begin')
    return `You can confirm this yourself: ${again()} before ${until}; ${tokenComes[terms.surface] ?? 'the answer has the confirmation_token'}.`;
  const ways = waysInWords(id, terms);
  if (reader === 'approve')
    return `You can confirm this before ${until} with ${ways}. Then its caller can ${verb} it.`;
  return `Ask someone with the right to confirm to do so before ${until} with ${ways}. Then ${again(id)}.`;
}

/** Where the token of a confirmation comes from, if not in an answer over HTTP. */
const tokenComes: Partial<Record<Surface, string>> = {
  mcp: 'the answer says with which confirmation to call it again',
  stdio: 'the answer says with which confirmation to call it again',
  cli: 'it asks you at the terminal, or prints the command with the confirmation',
  slack: 'calloff then asks you',
};

function againStep(
  operation: string,
  verb: OperationOffer['verb'],
  confirmation: string | undefined,
  { surface, ways }: Pick<StepTerms, 'surface' | 'ways'>,
): string {
  const isToken = confirmation?.includes('.') === true;
  const withIt = (text: string) => (confirmation === undefined ? '' : text);
  if (surface === 'mcp' || surface === 'stdio')
    return `call cancel_jobs with operation_id "${operation}"${withIt(` and confirmation "${confirmation}"`)}`;
  if (surface === 'cli')
    return `run ${ways.command ?? 'calloff'} resume ${operation}${withIt(` --confirmation ${confirmation}`)}`;
  if (surface === 'slack')
    return `resume ${operation}${withIt(` with the confirmation${isToken ? '' : ` ${confirmation}`}`)}`;
  const argument = isToken ? 'confirmation_token' : `confirmation_id "${confirmation}"`;
  return `send POST /v1/operations/${operation}/${verb}${withIt(` with ${argument}`)}`;
}

/** What the person who may confirm an operation must know of its jobs. */
export function operationConfirmationNote(jobs: number): string {
  return `This is an operation with ${countOfJobs(jobs)}. calloff has not checked their status: some may have ended already.`;
}

/** The number of jobs of an operation at each connection, if it has several, and what must be known of them. */
export function operationInWords({ providers, note }: NonNullable<ConfirmationView['operation']>): string[] {
  const shares = providers.map(({ provider, jobs }) => `${provider}: ${countOfJobs(jobs)}`);
  return [note, ...(shares.length > 1 ? shares : [])];
}

/** Says how long calloff goes on checking the jobs that a cancel left cancelling or unknown, and how to see the result. */
export function followingStep(
  id: string,
  { jobs, hours }: { readonly jobs: number; readonly hours: number },
  { surface, isRemote = false }: { readonly surface: Surface; readonly isRemote?: boolean | undefined },
): string {
  const them = jobs === 1 ? 'it' : 'them';
  const until = `${jobs === 1 ? 'it ends' : 'they end'}, for up to ${hours} hours`;
  if (surface === 'cli' && !isRemote)
    return `A calloff server on this machine keeps checking ${them} until ${until}; without one, calloff follow ${id} does.`;
  const tool = `get_operation with operation_id "${id}"`;
  if (surface === 'stdio' && !isRemote)
    return `calloff keeps checking ${them} until ${until}, as long as this client or a calloff server on this machine runs: see ${tool}.`;
  const how =
    surface === 'cli'
      ? `calloff follow ${id}`
      : surface === 'http' || surface === 'console'
        ? `GET /v1/operations/${id}`
        : tool;
  return surface === 'slack'
    ? `calloff keeps checking ${them} until ${until}, as operation ${id}.`
    : `calloff keeps checking ${them} until ${until}: see ${how}.`;
}

/** Why something cannot be done with an operation. */
export const operationFaults = {
  unknown: 'You have no such operation, or it has expired.',
  notDraft: 'The operation has been started, so its jobs cannot change.',
  notStarted: 'The operation has not been started. Start it, or delete it.',
  paused: 'The operation has been started and is paused. Resume it to go on.',
  empty: 'The operation has no jobs. Add a page of jobs first.',
  whole:
    'The operation was created with its jobs or a selector, so it takes no pages. Create another one with draft.',
  following:
    'The operation only checks jobs whose cancel was sent before. Resume it to cancel those that need it.',
  tooOld: 'The operation is too old to be resumed. Create a new one.',
  nothingToDo: 'The operation has no jobs with such an outcome, so there is nothing to resume.',
  changed: 'The operation was changed at the same time. Send the request again.',
  otherRequest:
    'You have used this idempotency key for another request. Use a new key, or repeat that request unchanged.',
} as const;

/** Says that an operation has more jobs than any may have. */
export function tooManyInOperationMessage(most: number): string {
  return `must have at most ${most} distinct jobs; put the rest into further operations`;
}

/** Says that a caller has too many operations that have not ended. */
export function tooManyUnfinishedMessage(most: number): string {
  return `You have ${most} operations that have not ended, which is the most. Delete a draft, or wait until one has finished.`;
}

/** Of an operation whose selector picked no job. `isPartly`: some jobs could not be listed. */
export function noJobMessage(isPartly: boolean): string {
  return isPartly
    ? 'calloff could not list all jobs, and the selector picked none of those that it listed. Nothing was sent.'
    : 'The selector picked no job. Nothing was sent.';
}

/** What to do about jobs that could not be listed. */
export const unlistedStep = 'See in unavailable what could not be listed, then create the operation again.';
