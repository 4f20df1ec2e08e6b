import type { Action } from '../access/caller.ts';
import { countOfJobs } from './counts.ts';

const actionWords: Record<Action, string> = {
  list: 'look at jobs',
  cancel: 'cancel jobs',
  confirm: 'confirm what others ask for',
  audit: 'read the audit',
};

/** That a caller may not do something, here or at all. What there is to do then is a step of its own. */
export function deniedMessage(action: Action): string {
  return `The policy of this installation does not allow you to ${actionWords[action]} here.`;
}

/** What there is to do then. */
export const deniedStep = 'Ask an administrator for the right to do so.';

/** That a call names more jobs than the caller may. */
export function tooManyJobsMessage(most: number): string {
  return `You may cancel at most ${countOfJobs(most)} in one call. Nothing was sent.`;
}

/** What there is to do then. */
export const tooManyJobsStep = 'Ask for fewer jobs at a time.';

/** That a job was not looked at, for the haste of its caller. */
export const noReadLeftMessage =
  'You have looked at as many jobs as you may within a minute. This one was not looked at.';

/** That there is nothing to read, because nothing is written down. */
export const noAuditMessage =
  'This installation has no store, so nothing is written down. On AWS, CALLOFF_TABLE names it.';

/** How many faults there are beside those that are told. */
export function moreFaultsMessage(count: number): string {
  return `and ${count} more ${count === 1 ? 'fault' : 'faults'}`;
}

/** That a list has more entries than one request may. */
export function tooManyEntriesMessage(most: number): string {
  return `must name at most ${most} jobs: send them in several requests`;
}

/** That a document holds more values, or nests deeper, than any request needs. `most`: the jobs that one may name. */
export function tooMuchMessage(most: number): string {
  return `holds more, or nests deeper, than any request needs: name at most ${most} jobs in one`;
}

/** That two readers of a JSON text could read it differently. */
export const ambiguousKeyMessage = 'stands twice in its object, or is no name for a key: write each key once';

/** That two readers of a query could read it differently. */
export const ambiguousParameterMessage =
  'stands twice in the query, or is no name for a parameter: write it once';

/** That a caller asks too often. */
export function tooOftenMessage(retryAfterSeconds: number): string {
  return `You have asked too often within a minute. Ask again in ${retryAfterSeconds} s.`;
}

/** What it means that standard output cannot be written to, for a reason such as `ENOSPC`. */
export function unwritableMessage(code: string): string {
  return `Standard output cannot be written to (${code}), so the answer is lost.`;
}

/** Where to find what a command did whose answer is lost. `command` is how the command line is started. */
export const lostAnswers = {
  cancel: (command: string) => `What was sent, and what came of it, is in the audit: ${command} audit`,
  confirm: (command: string) => `What came of the confirmation is in the audit: ${command} audit`,
  create: (command: string) =>
    `The token that was made cannot be shown again. If it is in the configuration file, revoke it; its id: ${command} token list`,
  revoke: () => 'The token is revoked.',
} as const satisfies Record<string, (command: string) => string>;

/** That what a provider answered could not be written to a file, for a reason such as `ENOENT`. */
export function recordFault(file: string, code: string): string {
  return `The answers cannot be written to ${file} (${code}); name another file with --record.`;
}
