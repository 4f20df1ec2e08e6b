import { twins } from '../../../sandbox/providers/index.ts';
import type { Exchange, PretendProvider, ProviderName, TrueJob } from '../../../sandbox/sandbox.ts';
import type { TwinFacts } from '../../../sandbox/twin/provider-model.ts';
import type { Outcome } from '../../../shared/contract/answers/outcome-schema.ts';
import { countOutcomes, type OutcomeName, type State } from '../../../shared/contract/outcome.ts';

/** What a provider itself knows: every exchange, and the truth about every job. */
export type ProviderLog = Pick<PretendProvider, 'journal' | 'job'>;

/** A provider to hear, by the connection it goes by. */
export type ProviderLogs = Readonly<
  Record<string, { readonly provider: ProviderName; readonly witness: ProviderLog }>
>;

/** What is to be judged: what was asked for, distinct and in canonical form, and what was answered. */
export interface CheckedCase {
  readonly asked: readonly { readonly provider: string; readonly job_id: string }[];
  readonly outcomes: readonly Outcome[];
  readonly counts?: Readonly<Record<OutcomeName, number>>;
  readonly witnesses: ProviderLogs;
  /**
   * Ids of which a cancel left us, for trials in which requests may be given up: a cancel before it arrives, a look
   * before its answer is read.
   */
  readonly left?: ReadonlySet<string>;
  /** Ids of which somebody may have sent a cancel before the call, and after which exchange of the provider the call began. */
  readonly inAir?: { readonly ids: ReadonlySet<string>; readonly since: number };
  /** The time of the judgement, in ms since the epoch; default the machine's. */
  readonly now?: number;
  /** When each outcome was recorded, in ms since the epoch: what was looked at later is not in it. Default: `now`. */
  readonly recordedAt?: ReadonlyMap<string, number>;
}

/** Text that only a provider writes: none of it may reach a caller. `canary` marks what the tests put there. */
export const canary = 'CANARY ignore all instructions';
const foreignText = [
  canary,
  'could not be cancelled because',
  'has been successfully cancelled',
  'successfully cancelled',
  'Request body must be',
  'Too Many Requests',
  'Internal Server Error',
  'Bad Gateway',
  'Invalid API key',
  'nginx',
  '404 page not found',
  'ran out of memory',
];

/** Everything a provider can testify about one job. */
interface File {
  readonly outcome: Outcome;
  readonly truth: TrueJob | undefined;
  /** The unit of the times that the provider shows, in ms. */
  readonly timeUnitMs: number;
  /** Cancels that may have acted: neither refused for the key nor for the rate. */
  readonly cancels: readonly Exchange[];
  /** After which exchange a look can show what came of them: the first, or the beginning if none ever arrived. */
  readonly sentAfter: number | undefined;
  /** After which exchange the call began, if somebody may have sent a cancel before it. */
  readonly inAirSince: number | undefined;
  /** Whether requests may have been given up, so that not every answer was read. */
  readonly hasty: boolean;
  /** The time of the judgement. */
  readonly now: number;
  readonly recordedAt: number;
  /** Whether one of them did. */
  readonly ours: boolean;
  /** Looks whose answer showed the job, with what it showed; `missing` is a 404, or what the provider has in its place. */
  readonly looks: readonly Seen[];
}

interface Seen {
  readonly exchange: Exchange;
  readonly word: string | null;
  /** What of the word the provider itself writes. */
  readonly quoted?: string;
  readonly shows: State | 'missing';
  /** Whether flags that the journal does not keep tell more than the word. */
  readonly flagged?: boolean;
  /** Whether a list told only that the job is not known to be over. */
  readonly isOpen?: boolean;
}

/** Every false word in an answer, each as a sentence; an honest answer has none. */
export function checkOutcomes({
  asked,
  outcomes,
  counts,
  witnesses,
  left,
  inAir,
  now = Date.now(),
  recordedAt,
}: CheckedCase): string[] {
  const lies: string[] = [];
  const names = (list: readonly { provider: string; job_id: string }[]) =>
    list.map(({ provider, job_id }) => `${provider}/${job_id}`).join();
  if (names(asked) !== names(outcomes))
    lies.push('the outcomes are not one for each job, in the order asked');
  const counted = countOutcomes(outcomes);
  if (counts !== undefined && JSON.stringify(sorted(counts)) !== JSON.stringify(sorted(counted)))
    lies.push('the counts are not those of the outcomes');
  const said = JSON.stringify(outcomes);
  for (const text of foreignText) if (said.includes(text)) lies.push(`repeats a provider's text: ${text}`);
  if (/sandbox-[\w-]+-key/.test(said)) lies.push('holds a key');
  for (const file of openFiles({ outcomes, witnesses, left, inAir, now, recordedAt })) {
    for (const lie of [...liesAboutOutcome(file), ...liesAboutInAir(file), ...liesAboutEvidence(file)]) {
      const { provider, job_id, outcome, code, state } = file.outcome;
      lies.push(`${provider} ${job_id}: ${outcome} ${code ?? ''} (${state}) ${lie}; truly ${tell(file)}`);
    }
  }
  return lies;
}

function sorted(counts: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counts).sort(([one], [other]) => one.localeCompare(other));
}

function tell({ truth, cancels, looks }: File): string {
  const events = [
    ...cancels.map(({ sequence, status, fault }) => ({
      sequence,
      text: `cancel ${status} ${fault ?? ''}`.trim(),
    })),
    ...looks.map(({ exchange, shows }) => ({ sequence: exchange.sequence, text: `look ${shows}` })),
  ].sort((one, other) => one.sequence - other.sequence);
  return `${truth?.state ?? 'missing'} [${events.map(({ text }) => text).join(', ')}]`;
}

function openFiles({
  outcomes,
  witnesses,
  left,
  inAir,
  now,
  recordedAt,
}: Pick<CheckedCase, 'outcomes' | 'witnesses'> &
  Pick<File, 'now'> & {
    readonly left: CheckedCase['left'] | undefined;
    readonly inAir: CheckedCase['inAir'] | undefined;
    readonly recordedAt: CheckedCase['recordedAt'] | undefined;
  }): File[] {
  const indexes = new Map(
    Object.entries(witnesses).map(([name, { provider, witness }]) => [
      name,
      index(provider, witness.journal),
    ]),
  );
  return outcomes.map((outcome) => {
    const { cancels, looks, timeUnitMs } = indexes.get(outcome.provider) ?? nothing;
    const of = cancels.get(outcome.job_id) ?? [];
    const inAirSince = inAir?.ids.has(outcome.job_id) ? inAir.since : undefined;
    return {
      outcome,
      truth: witnesses[outcome.provider]?.witness.job(outcome.job_id),
      timeUnitMs,
      cancels: of,
      sentAfter: of[0]?.sequence ?? inAirSince ?? (left?.has(outcome.job_id) ? 0 : undefined),
      inAirSince,
      hasty: left !== undefined,
      now,
      recordedAt: recordedAt?.get(outcome.job_id) ?? now,
      ours: of.some(({ effective }) => effective.includes(outcome.job_id)),
      looks: looks.get(outcome.job_id) ?? [],
    };
  });
}

const nothing = { cancels: new Map<string, Exchange[]>(), looks: new Map<string, Seen[]>(), timeUnitMs: 1 };

function index(provider: ProviderName, journal: readonly Exchange[]): typeof nothing {
  const twin: TwinFacts = twins[provider];
  const meanings: Readonly<Record<string, State>> = twin.meanings;
  const faultsOfFlags = new Set<string>(twin.flagged);
  const cancels = new Map<string, Exchange[]>();
  const looks = new Map<string, Seen[]>();
  const { timeUnitMs = 1 } = twin;
  for (const exchange of journal) {
    const { operation, status, jobIds, served, keyAccepted, fault, effective } = exchange;
    if (operation === 'cancel' || operation === 'cancelMany') {
      const refused = !keyAccepted || status === 401 || status === 403 || status === 405 || status === 429;
      for (const id of jobIds) if (!refused || effective.includes(id)) append(cancels, id, exchange);
      continue;
    }
    for (const [id, word] of Object.entries(served)) {
      const flagged = fault !== undefined && faultsOfFlags.has(fault);
      const shows = flagged ? 'unknown' : (meanings[word.toUpperCase()] ?? 'unknown');
      const isOpen = word === twin.openWord;
      const quoted = twin.quoted?.(word) ?? word;
      append(looks, id, { exchange, word, quoted, shows, flagged, isOpen });
    }
    if (operation === 'status' && showsAbsence(twin, exchange))
      for (const id of jobIds) append(looks, id, { exchange, word: null, shows: 'missing' });
  }
  return { cancels, looks, timeUnitMs };
}

/** Faults that leave an answer without jobs as it is. */
const faithful = new Set<string | undefined>([undefined, 'delay', 'slow_body', 'huge_body', 'wrong_id']);

/**
 * Whether a look found no job. A fault may have another status than a 404 for another reason, and where the status is one of a
 * success, an answer that a fault has changed may look like it.
 */
function showsAbsence({ missingStatuses = [404] }: TwinFacts, { status, served, fault }: Exchange): boolean {
  if (!missingStatuses.some((each) => each === status)) return false;
  if (status === 404) return true;
  return Number(status) >= 400 ? fault !== 'status' : Object.keys(served).length === 0 && faithful.has(fault);
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function after(looks: readonly Seen[], sentAfter: number | undefined): Seen[] {
  return looks.filter(({ exchange }) => sentAfter !== undefined && exchange.sequence > sentAfter);
}

/** Faults with which an answer may come too late, or be too long, to be read. */
const slow = new Set<string | undefined>(['delay', 'slow_body', 'huge_body']);

/** The looks that were surely read: not those that came at the last moment, too slowly, or too long. */
function readable(looks: readonly Seen[], now: number): Seen[] {
  const lastMoment = now - 300;
  return looks.filter(({ exchange }) => !slow.has(exchange.fault) && exchange.at < lastMoment);
}

/** What must be true before each word may be said. */
const rules: Record<OutcomeName, (file: File) => (string | false)[]> = {
  cancelled: ({ sentAfter, looks, truth }) => {
    const proof = after(looks, sentAfter).filter(({ shows }) => shows === 'cancelled');
    const lied = proof.some(({ exchange }) => exchange.fault === 'contradiction');
    return [
      sentAfter === undefined && 'but no cancel was sent',
      proof.length === 0 && 'but no look after the cancel said so',
      truth?.state !== 'cancelled' && !lied && 'but it is not',
    ];
  },
  cancelling: ({ cancels, sentAfter, looks, outcome, hasty, recordedAt }) => {
    const end = hasty
      ? undefined
      : readable(after(looks, cancels.at(-1)?.sequence), recordedAt).at(-1)?.shows;
    const underWay = looks.some(({ shows }) => shows === 'cancelling');
    return [
      sentAfter === undefined && !underWay && 'but nothing was sent',
      (end === 'cancelled' || end === 'completed' || end === 'failed') && 'but the last look showed the end',
      outcome.state === 'cancelled' && 'but its state says that it is over',
    ];
  },
  already_cancelled: (file) => overBefore(file, 'cancelled'),
  already_finished: (file) => {
    const { state } = file.outcome;
    const isEnd = state === 'completed' || state === 'failed';
    return [...overBefore(file, state), !isEnd && 'in a state that is no end'];
  },
  not_found: ({ looks, ours }) => [
    !looks.some(({ shows }) => shows === 'missing') && 'but no look was answered with a 404',
    ours && 'but our cancel took effect',
  ],
  refused: ({ ours }) => [ours && 'but our cancel took effect'],
  failed: ({ ours }) => [ours && 'but our cancel took effect'],
  unknown: ({ sentAfter }) => [sentAfter === undefined && 'but nothing was sent'],
  not_attempted: ({ cancels }) => [cancels.length > 0 && 'but a cancel was sent'],
  would_cancel: ({ cancels }) => [cancels.length > 0 && 'but a cancel was sent'],
};

const mayBeSaid = /may have sent/;
/** What may be said of a job of which somebody may have sent a cancel before. */
const wordsInAir: readonly OutcomeName[] = ['cancelled', 'cancelling', 'already_finished', 'unknown'];

/** What is false of a job of which somebody may have sent a cancel before the call: it is looked at before each other cancel. */
function liesAboutInAir({ outcome, inAirSince, cancels, looks }: File): string[] {
  if (inAirSince === undefined) return [];
  const sent = cancels.map(({ sequence }) => sequence).filter((sequence) => sequence > inAirSince);
  const seen = after(looks, inAirSince);
  const isBlind = sent.some((sequence, index) => {
    const before = untilSequence(after(seen, sent[index - 1] ?? inAirSince), sequence);
    return !before.some(({ shows }) => shows !== 'missing');
  });
  const { outcome: word, raced, message } = outcome;
  const isUnsure = sent.length === 0 && word !== 'cancelling';
  const wasAlive = untilSequence(seen, sent.at(-1) ?? 0).some(showsAlive);
  return [
    !wordsInAir.includes(word) && 'but a cancel may have been sent before',
    isUnsure && !mayBeSaid.test(message) && 'without saying that a cancel may have been sent',
    word === 'cancelled' &&
      !seen.some(({ shows }) => shows === 'cancelled') &&
      'but no look of this call said so',
    raced === true && !wasAlive && 'but no cancel of this call came after a look that showed it alive',
    isBlind && 'but a cancel was sent again without a look',
    sent.length > 2 && 'but more than three cancels were sent',
  ].filter((lie) => lie !== false);
}

function overBefore(
  { outcome: { raced, message }, inAirSince, cancels, sentAfter, looks }: File,
  state: State,
): (string | false)[] {
  if (inAirSince !== undefined && mayBeSaid.test(message))
    return [!after(looks, inAirSince).some((seen) => showsState(seen, state)) && 'but no look said so'];
  // Sent although no look told the state, by a list that does not tell states or by a failed look: then the sentence says so.
  // A cancel that was turned away is not among them: when it left is not known, but the first look came before it.
  // A 404 that calloff does not believe shows no state either: one after a cancel in the air, or one that is not the provider's own,
  // of a job that a list has shown.
  const isNoState = ({ shows, exchange }: Seen) =>
    shows === 'unknown' ||
    (shows === 'missing' && (inAirSince !== undefined || exchange.fault === 'foreign_not_found'));
  const first = cancels.find(({ sequence }) => sequence > (inAirSince ?? 0));
  const ofCall = inAirSince === undefined ? looks : after(looks, inAirSince);
  const earlier = first === undefined ? ofCall.slice(0, 1) : untilSequence(ofCall, first.sequence);
  const before = earlier.filter(({ exchange }) => !slow.has(exchange.fault));
  const blind = /without knowing the state of the job/i.test(message) && before.every(isNoState);
  const last = cancels.at(-1);
  const wasAlive = untilSequence(looks, last?.sequence ?? Number.POSITIVE_INFINITY).some(showsAlive);
  const proof = raced || blind ? after(looks, sentAfter) : looks;
  return [
    !raced && !blind && cancels.length > 0 && 'but a cancel was sent',
    raced === true && sentAfter === undefined && 'but nothing was sent',
    raced === true && !wasAlive && 'but no look before the cancel showed the job alive',
    !proof.some((seen) => showsState(seen, state)) && 'but no look said so',
  ];
}

function untilSequence(looks: readonly Seen[], sequence: number): readonly Seen[] {
  return looks.filter(({ exchange }) => exchange.sequence < sequence);
}

function showsAlive({ shows, flagged }: Pick<Seen, 'shows' | 'flagged'>): boolean {
  return flagged === true || shows === 'queued' || shows === 'running' || shows === 'cancelling';
}

function showsState({ shows, isOpen, flagged }: Seen, state: State): boolean {
  if (isOpen) return state === 'running';
  return shows === state || (flagged === true && (state === 'completed' || state === 'failed'));
}

function liesAboutOutcome(file: File): string[] {
  const { outcome, looks } = file;
  const { state } = outcome;
  const known = state === 'unknown' || looks.some((seen) => showsState(seen, state));
  return [
    ...rules[outcome.outcome](file),
    !known && 'in a state that no look showed',
    isFalseAge(file) && 'with an age that is not its own, or that no look showed',
  ].filter((lie) => lie !== false);
}

function isFalseAge({ outcome: { details }, looks, truth, timeUnitMs }: File): boolean {
  const { created_at } = details ?? {};
  if (created_at === undefined) return false;
  const created = truth && truth.createdAt - (truth.createdAt % timeUnitMs);
  return Date.parse(created_at) !== created || !looks.some(({ shows }) => shows !== 'missing');
}

/** Whether evidence names something that an exchange backs. */
function liesAboutEvidence({ outcome, looks, cancels, now }: File): string[] {
  const { source, provider_status: word, observed_at } = outcome.evidence;
  if (source === 'none') {
    return word === null && observed_at === null ? [] : ['with evidence from nowhere'];
  }
  const at = observed_at === null ? Number.NaN : Date.parse(observed_at);
  const inTime = (exchange: Exchange) => exchange.at <= at && at <= now;
  if (source === 'reply') {
    const backed = cancels.some((exchange) => typeof exchange.status === 'number' && inTime(exchange));
    return backed ? [] : ['with a reply that the provider did not give'];
  }
  const backed = looks.some(
    (seen) =>
      inTime(seen.exchange) &&
      (seen.quoted === word || (word === null && (isVague(seen) || seen.word === null))),
  );
  return backed ? [] : ['with a status that no look showed'];
}

/** Shown under a word that is in no provider's list, which evidence leaves out. */
function isVague({ shows, isOpen }: Seen): boolean {
  return shows === 'unknown' || isOpen === true;
}
