import { mostOperationJobs, type OperationState } from '../contract/operations.ts';
import { countOfJobs, lookBack } from './counts.ts';
import { noJobMessage, unlistedStep } from './operation-request.ts';

/** What the sentences about an operation need to know of it. */
export interface OperationWords {
  readonly id: string;
  readonly state: OperationState;
  readonly jobs: number;
  /** How many jobs have no outcome yet. */
  readonly pending: number;
  /** For how many of these a slice that is under way has sent a cancel, or seen that none is needed. */
  readonly underWay?: number;
  /** How many jobs are cancelling or unknown, and how many of them are cancelling. */
  readonly open: number;
  readonly cancelling: number;
  /** How many jobs `resume` would do again. */
  readonly resumable: number;
  readonly cameBack: number;
  /** How many cancelled jobs were not checked a second time. */
  readonly notCheckedAgain: number;
  readonly pausedBecause?: PauseReason | undefined;
  /** The time after which its jobs are not checked any more, RFC 3339. */
  readonly followUntil?: string | undefined;
  readonly hasSelector: boolean;
  /** Whether jobs that the selector may pick could not be listed. */
  readonly isPartlyListed: boolean;
  /** It sends nothing, and only checks jobs whose cancel was sent before. */
  readonly isFollowing: boolean;
}

/** Why an operation paused by itself. `time`: it may not send any longer. */
export type PauseReason = 'caller' | 'time' | 'restored' | 'too_many';

const pauseReasons: Record<PauseReason, string> = {
  caller: 'It paused by itself, because the caller in whose name it sends is gone or has lost its token.',
  time: 'It paused by itself, because nothing is sent later than 24 hours after the last start or resume.',
  too_many: `Its selector picks more than ${mostOperationJobs.toLocaleString('en')} jobs, the most for one operation. Nothing was sent.`,
  restored:
    'It paused by itself, because the store was restored from a copy: what was sent since the copy is not in it.',
};

type Said = (words: OperationWords) => string;

const stateMessages: Record<OperationState, Said> = {
  draft: ({ jobs }) =>
    jobs === 0
      ? 'This is a draft. Nothing was sent.'
      : `This is a draft with ${countOfJobs(jobs)}. Nothing was sent.`,
  listing: () => 'calloff is listing the jobs that the selector picks. Nothing was sent.',
  waiting_for_confirmation: ({ jobs }) =>
    `The cancel of ${countOfJobs(jobs)} needs a confirmation first. Nothing was sent.`,
  running: ({ jobs, pending, underWay = 0 }) => {
    const left = `${pending} ${pending === 1 ? 'has' : 'have'} no outcome yet`;
    const whose = underWay === 1 ? 'its outcome is' : 'their outcomes are';
    const soon =
      underWay === 0
        ? ''
        : ` For ${underWay} of these calloff has sent a cancel or seen that none is needed; ${whose} counted within a minute.`;
    return `calloff is cancelling ${countOfJobs(jobs)}; ${left}.${soon}`;
  },
  paused: ({ pausedBecause, pending }) => {
    if (pausedBecause === 'too_many') return pauseReasons.too_many;
    const why = pausedBecause === undefined ? 'The operation is paused.' : pauseReasons[pausedBecause];
    const left =
      pending === 0 ? '' : `; ${pending === 1 ? '1 job has' : `${pending} jobs have`} no outcome yet`;
    return `${why} Until it is resumed, no cancel is sent${left}. Jobs that are not cancelled keep running.`;
  },
  following: ({ open, isFollowing, followUntil }) => {
    const sending = isFollowing
      ? 'calloff sends no further cancel'
      : 'Every cancel that was to be sent was sent';
    const limit = followUntil === undefined ? '' : `, but not after ${followUntil}`;
    return `${sending}. calloff keeps checking ${countOfJobs(open)} until ${open === 1 ? 'it ends' : 'they end'}${limit}.`;
  },
  finished: ({ open, jobs, hasSelector, isPartlyListed }) => {
    if (jobs === 0 && hasSelector) return noJobMessage(isPartlyListed);
    return open === 0
      ? 'Every job has an outcome that will not change by itself.'
      : `The time to check the jobs is over; ${open === 1 ? '1 job had' : `${open} jobs had`} not ended when calloff checked last.`;
  },
};

const stateSteps: Record<OperationState, ((words: OperationWords) => string | undefined) | undefined> = {
  draft: ({ id, jobs }) =>
    jobs === 0 ? `Add pages of jobs to ${id}, then start it.` : `Start ${id}, or delete it.`,
  listing: undefined,
  waiting_for_confirmation: undefined,
  running: undefined,
  paused: ({ id, pausedBecause }) =>
    pausedBecause === 'too_many'
      ? 'Create several operations with narrower selectors.'
      : `Resume ${id} to go on.`,
  following: undefined,
  finished: ({ id, jobs, cancelling, resumable, isPartlyListed }) => {
    if (jobs === 0 && isPartlyListed) return unlistedStep;
    const steps = [
      ...(cancelling === 0 ? [] : [cancellingStep(cancelling)]),
      ...(resumable === 0
        ? []
        : [
            `Resume ${id} to try ${countOfJobs(resumable)} again that ${resumable === 1 ? 'is' : 'are'} not attempted, unknown or failed.`,
          ]),
    ];
    return steps.length === 0 ? undefined : steps.join(' ');
  },
};

/** A resume sends nothing to these jobs, because their providers have accepted the cancel. */
function cancellingStep(count: number): string {
  return count === 1
    ? 'Check the status of the job whose outcome is "cancelling": it may have ended since. Sending its cancel again is harmless.'
    : `Check the status of the ${count} jobs whose outcome is "cancelling": they may have ended since. Sending their cancels again is harmless.`;
}

/** What an operation does at the moment, in one or two sentences. */
export function operationMessage(words: OperationWords): string {
  return [stateMessages[words.state](words), ...lookBack(words)].join(' ');
}

/** What its caller can do; `undefined` if there is nothing to do. */
export function operationNextStep(words: OperationWords): string | undefined {
  const step = stateSteps[words.state]?.(words);
  if (words.cameBack === 0) return step;
  const check = 'Check the jobs that came back: calloff does not cancel them again by itself.';
  return step === undefined ? check : `${check} ${step}`;
}

/** Says that a job has no outcome yet. `maybeSent`: a cancel for it is being sent now, or was when a worker died. */
export function pendingMessage(maybeSent: boolean): string {
  return maybeSent
    ? 'calloff may have sent a cancel for this job, and has no outcome for it yet.'
    : 'calloff has not come to this job yet. Nothing was sent for it.';
}

/** Says that a job was seen alive again. */
export function cameBackMessage(provider: string): string {
  return `${provider} reported the job as cancelled, and now shows it as alive again. calloff does not cancel it again by itself.`;
}

/** What the caller can do about a job that came back. */
export const cameBackStep = 'Cancel the job again if it should not run.';
