import type { Action } from '../access/caller.ts';
import { countOfJobs } from './counts.ts';

const actionWords: Record<Action, string> = {
  list: 'read jobs',
  cancel: 'cancel jobs',
  confirm: 'confirm the requests of others',
  audit: 'read the audit',
};

/** Says that the policy does not allow the caller to do something here. {@link deniedStep} is what to do then. */
export function deniedMessage(action: Action): string {
  return `The policy of this installation does not allow you to ${actionWords[action]} here.`;
}

/** Why a list says of a job that calloff would refuse its cancel. */
export const wouldRefuseMessages = {
  denied_by_policy: 'The policy of this installation does not allow you to cancel it.',
  protected_job: 'It is protected: no caller may cancel it.',
} as const;

/** What the caller can do then. */
export const deniedStep = 'Ask an administrator for the right to do so.';

/** Says that a call names more jobs than the caller may cancel in one. */
export function tooManyJobsMessage(most: number): string {
  return `You may cancel at most ${countOfJobs(most)} in one call. Nothing was sent.`;
}

/** What the caller can do then. */
export const tooManyJobsStep = 'Name fewer jobs in each call.';

/** Says that an operation has more jobs than its caller may cancel in one. */
export function tooManyOperationJobsMessage(most: number): string {
  return `You may cancel at most ${countOfJobs(most)} in one operation. Nothing was sent.`;
}

/** Says that calloff did not read a job's status, because the caller has used up its reads per minute. */
export const noReadLeftMessage =
  'You have used up your reads for this minute, so calloff did not read the status of this job.';

/** Says that the installation has no audit. */
export const noAuditMessage =
  'This installation has no store, so it keeps no audit. On AWS, set CALLOFF_TABLE to the name of its table.';

/** The number of faults that are not listed. */
export function moreFaultsMessage(count: number): string {
  return `and ${count} more ${count === 1 ? 'fault' : 'faults'}`;
}

/** Says that a list has more entries than one request may hold. */
export function tooManyEntriesMessage(most: number): string {
  return `must name at most ${most} jobs; send the rest in further requests`;
}

/** Says that a document holds more values, or nests deeper, than any request needs. `most`: the jobs one may name. */
export function tooMuchMessage(most: number): string {
  return `is larger or more deeply nested than any request needs; name at most ${most} jobs in one`;
}

/** Says that two parsers could read a JSON text differently. */
export const ambiguousKeyMessage =
  'occurs twice in its object, or is not allowed as a key; write each key once';

/** Says that two parsers could read a query differently. */
export const ambiguousParameterMessage =
  'occurs twice in the query, or is not allowed as a parameter; write each parameter once';

/** Says that a caller has no reads left. */
export function tooOftenMessage(retryAfterSeconds: number): string {
  return `You have used up your reads for this minute. ${tooOftenStep(retryAfterSeconds)}`;
}

/** What to do then. */
export function tooOftenStep(retryAfterSeconds: number): string {
  return `Try again in ${retryAfterSeconds} s.`;
}

/** Says that standard output cannot be written to, and what that means. `code` is a reason such as `ENOSPC`. */
export function unwritableMessage(code: string): string {
  return `Standard output cannot be written to (${code}), so the answer is lost.`;
}

/** How to find out what a command did if its answer is lost. `command` is how the command line is started. */
export const lostAnswers = {
  cancel: (command: string) => `The audit shows what was sent, and the outcomes: ${command} audit`,
  follow: (command: string) => `The list of operations shows how far it is: ${command} operations`,
  resume: (command: string) => `The list of operations shows how far it is: ${command} operations`,
  confirm: (command: string) => `The audit shows whether it was confirmed: ${command} audit`,
  create: (command: string) =>
    `calloff made a token and cannot show it again. If it is in the configuration file, find its id and revoke it: ${command} token list`,
  revoke: () => 'The token is revoked.',
} as const satisfies Record<string, (command: string) => string>;

/** Says that a provider's answers could not be written to a file. `code` is a reason such as `ENOENT`. */
export function recordFault(file: string, code: string): Record<'what' | 'nextStep', string> {
  return {
    what: `The answers cannot be written to ${file} (${code}).`,
    nextStep: 'Name another file with --record.',
  };
}
