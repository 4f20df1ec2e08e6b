import { twins } from '../../../sandbox/providers/index.ts';
import type { Exchange, ProviderName, TrueJob } from '../../../sandbox/sandbox.ts';
import type { TwinFacts } from '../../../sandbox/twin/provider-model.ts';
import type { OutcomeName, State } from '../../../shared/contract/outcome.ts';

/** A word about one job, wherever it stood: in an answer, in an operation, in the audit. */
export interface Said {
  readonly surface: string;
  readonly outcome: OutcomeName;
  readonly state: State;
  /** The number of the last exchange of the provider when the word was heard; later ones cannot be its reason. */
  readonly heardAfter: number;
  /** Whether no other request was about this job, so that each cancel of it belongs to the word. */
  readonly isAlone: boolean;
  /** Whether the word may be about a cancel that never left, because the process that was to send it died. */
  readonly mayBeUnsent?: boolean;
  /** Whether the job may be tried again after the word, as by a later slice of an operation. */
  readonly mayBeRetried?: boolean;
}

/** What a provider knows of one job. */
export interface JobFile {
  readonly provider: ProviderName;
  readonly id: string;
  /** Every exchange that named or showed the job, oldest first. */
  readonly exchanges: readonly Exchange[];
  readonly truth: TrueJob | undefined;
}

function isCancel({ operation }: Exchange): boolean {
  return operation === 'cancel' || operation === 'cancelMany';
}

/** A cancel that may have acted: neither refused for its key, its method nor its pace. */
function mayHaveActed(exchange: Exchange): boolean {
  const { status, keyAccepted } = exchange;
  return isCancel(exchange) && keyAccepted && ![401, 403, 405, 429].some((refusal) => refusal === status);
}

/** What is false about a word, as a clause; an honest word has nothing. */
export function falsehoods(said: Said, file: JobFile): string[] {
  const { id, truth } = file;
  const { outcome, heardAfter, isAlone, mayBeUnsent = false, mayBeRetried = false } = said;
  const known = file.exchanges.filter(({ sequence }) => sequence <= heardAfter);
  const cancels = known.filter(mayHaveActed);
  const [first] = cancels;
  const shown = (state: State, since = 0) =>
    known.some((each) => each.sequence > since && shows(file, each, state));
  const isOurs = isAlone && known.some(({ effective }) => effective.includes(id));
  const isLast = isAlone && !mayBeRetried;
  const rules: Record<OutcomeName, readonly (string | false)[]> = {
    cancelled: [
      first === undefined && 'but no cancel had arrived',
      first !== undefined && !shown('cancelled', first.sequence) && 'but no status after the cancel said so',
      truth?.state !== 'cancelled' && 'but it is not',
    ],
    already_cancelled: [
      !shown('cancelled') && 'but no status said so',
      isOurs && 'but a cancel of calloff took effect',
      truth?.state !== 'cancelled' && 'but it is not',
    ],
    already_finished: [!shown('completed') && !shown('failed') && 'but no status said so'],
    not_found: [truth !== undefined && 'but it is there'],
    cancelling: [first === undefined && !shown('cancelling') && 'but nothing was sent'],
    unknown: [!known.some(isCancel) && isAlone && !mayBeUnsent && 'but nothing was sent'],
    refused: [isOurs && isLast && 'but a cancel took effect'],
    failed: [isOurs && isLast && 'but a cancel took effect'],
    not_attempted: [isLast && first !== undefined && 'but a cancel was sent'],
    would_cancel: [isAlone && first !== undefined && 'but a cancel was sent'],
  };
  return rules[outcome].filter((lie) => lie !== false);
}

/** Whether an answer shows a job in a state. At some providers flags tell of an end where the word does not. */
function shows({ provider, id }: JobFile, { served, fault }: Exchange, state: State): boolean {
  const { meanings, flagged = [] }: TwinFacts = twins[provider];
  const word = served[id];
  if (word === undefined) return false;
  if (flagged.some((kind) => kind === fault)) return state === 'completed' || state === 'failed';
  return meanings[word.toUpperCase()] === state;
}

/** Whether a cancel of many jobs was refused as a whole, for what it says: it is sent again in parts, to find out which job that is. */
function isRefusedWhole({ operation, status, effective }: Exchange): boolean {
  const isOfContent = [400, 404, 413].some((refusal) => refusal === status);
  return operation === 'cancelMany' && isOfContent && effective.length === 0;
}

/** How often a cancel of the job was sent again without a look since the one before. */
export function blindRepeats({ exchanges }: Pick<JobFile, 'exchanges'>): number {
  let isOpen = false;
  let repeats = 0;
  for (const exchange of exchanges) {
    if (!isCancel(exchange)) isOpen = false;
    else if (mayHaveActed(exchange) && !isRefusedWhole(exchange)) {
      if (isOpen) repeats += 1;
      isOpen = true;
    }
  }
  return repeats;
}

/** A part of a run in which something was broken on purpose, in milliseconds of the run's clock. */
export interface Trouble {
  /** The server that it is about, or the store. */
  readonly place: string;
  readonly from: number;
  readonly to: number;
  /** Whether what had begun by then is still answered, as by a server that is told to stop. */
  readonly isOrderly?: boolean;
}

/** An answer, or that there was none. */
export interface Answered {
  readonly what: string;
  readonly server: string;
  readonly from: number;
  /** When the last of the request was sent, if that took long: nothing less can be answered. */
  readonly sentAt?: number;
  readonly to: number;
  /** The HTTP status; `undefined`: the connection ended without an answer. */
  readonly status: number | undefined;
  /** The code, the type of the problem or the cause: what says whose fault it is. */
  readonly reasons: readonly string[];
}

/** How long before a server is told to stop a request must have begun to have reached it, in milliseconds: clients are busy, too. */
const onTheWayMs = 4_000;

/** The documented reasons of a 5xx that are the provider's fault, or the end of the time for a call. */
const ofProviders: ReadonlySet<string> = new Set([
  ...['provider_unavailable', 'credentials_rejected', 'unexpected_response', 'not_attempted', 'unknown'],
]);
/** The documented reasons that count only while the store is broken. */
const ofTheStore: ReadonlySet<string> = new Set([
  ...['store_locked', 'store_slow', 'store_unavailable', 'urn:calloff:problem:store-unavailable'],
]);

/** What is wrong with an answer: a failure of calloff's own, or none although the server could give one. */
export function ownFailures(answered: Answered, troubles: readonly Trouble[]): string[] {
  const { server, status, reasons, sentAt = answered.from } = answered;
  const seconds = (at: number) => (at / 1_000).toFixed(2);
  const what = `${answered.what}, from ${seconds(answered.from)} to ${seconds(answered.to)} s,`;
  const here = troubles.filter(({ place, from, to }) => {
    const isNear = place === server || place === 'store';
    return isNear && from <= answered.to && answered.from <= to;
  });
  if (status === undefined) {
    const isExcused = here.some(
      ({ place, isOrderly, from }) => place === server && !(isOrderly && sentAt < from - onTheWayMs),
    );
    return isExcused
      ? []
      : [`${what} got no answer from ${server}, which could have given one (${reasons.join(', ')})`];
  }
  if (status < 500) return [];
  const isStoreBroken = here.some(({ place }) => place === 'store');
  const isTold = reasons.some(
    (reason) => ofProviders.has(reason) || (isStoreBroken && ofTheStore.has(reason)) || reason === 'stopping',
  );
  return isTold ? [] : [`${what} was answered ${status} by ${server} (${reasons.join(', ')})`];
}

/** An entry of the audit about a job, as it reads once every deadline is over. */
export interface AuditedJob {
  readonly job: string;
  readonly outcome: OutcomeName | undefined;
}

/**
 * What the audit lost: a cancel that a provider saw without an entry, an attempt without an outcome, an outcome that a caller was
 * told and no entry of the job has.
 */
export function lostInAudit(
  audited: readonly AuditedJob[],
  sent: Iterable<string>,
  told: readonly { readonly job: string; readonly outcome: OutcomeName }[],
): string[] {
  const entries = Map.groupBy(audited, ({ job }) => job);
  return [
    ...[...sent]
      .filter((job) => !entries.has(job))
      .map((job) => `${job} was sent a cancel, and the audit has no entry`),
    ...audited
      .filter(({ outcome }) => outcome === undefined)
      .map(({ job }) => `${job} has no outcome in the audit`),
    ...told
      .filter(({ job, outcome }) => entries.get(job)?.every((entry) => entry.outcome !== outcome) !== false)
      .map(({ job, outcome }) => `${job} was told as ${outcome}, and the audit does not have it`),
  ];
}

/** What an operation lost: each of its jobs has one outcome, and no other job has. */
export function lostInOperation(asked: readonly string[], found: readonly string[]): string[] {
  const wanted = new Set(asked);
  const counts = Map.groupBy(found, (job) => job);
  return [
    ...[...wanted].filter((job) => !counts.has(job)).map((job) => `${job} was forgotten`),
    ...[...counts].filter(([, { length }]) => length > 1).map(([job]) => `${job} has two outcomes`),
    ...[...counts.keys()].filter((job) => !wanted.has(job)).map((job) => `${job} was never asked for`),
  ];
}

/** The secrets of a run: tokens of callers, and all else by the mark that it begins with. */
const secret = /calloff_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}|torture-secret-[\w-]+/;

/** The beginning of every secret that is no token. */
export const secretMark = 'torture-secret-';

/** The secret in a text, cut short so that a report of it is none. */
export function leakIn(text: string): string | undefined {
  return secret.exec(text)?.[0].slice(0, 20);
}

/** Why the memory of a process is not flat: what is in use after a collection at the end, beside the middle. In bytes. */
export function growth(middle: number, end: number): string[] {
  const bound = middle * 1.25 + 8_000_000;
  const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`;
  return end <= bound ? [] : [`${megabytes(middle)} in use in the middle, ${megabytes(end)} at the end`];
}
