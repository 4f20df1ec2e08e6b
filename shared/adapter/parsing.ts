import * as z from 'zod';
import type { State } from '../contract/outcome.ts';
import type { ProviderResponse } from '../http/types.ts';
import { plainText } from '../lib/text.ts';
import type { JobSnapshot, ListReading } from './adapter.ts';

/** A name that is longer is cut where it is shown. */
const longestName = 120;
/** A name that is longer is not compared either: it counts as one that cannot be seen. */
export const longestFullName = 500;
/** More marks on one letter than text holds (UAX #15, Stream-Safe Text Format). Putting them in order takes the square of their number. */
const tooManyMarks = /\p{M}{31}/u;

/** A field that may be absent, `null` or of another type, all of which read as absent. */
export function optional<T>(schema: z.ZodType<T>) {
  return schema.optional().catch(undefined);
}

/** A count that is not negative, as a number or, as in the JSON of protocol buffers, as text. */
export const int64 = z.lazy(() =>
  z.union([
    z.int().min(0),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ]),
);

/** The entries of a list that could be read, and how many could not. */
export function readAll<Job>(
  entries: readonly unknown[],
  read: (entry: unknown) => Job | undefined,
): { readonly jobs: Job[]; readonly unread: number } {
  const jobs = entries.map(read).filter((job) => job !== undefined);
  return { jobs, unread: entries.length - jobs.length };
}

/** What a provider's word for a state means, and the word itself. A word that is not listed tells nothing, and is not shown. */
export function readStateWord(
  states: ReadonlyMap<string, State>,
  word: string,
): Pick<JobSnapshot, 'state' | 'providerStatus'> {
  const state = states.get(word);
  return state === undefined ? { state: 'unknown', providerStatus: null } : { state, providerStatus: word };
}

/** How a provider says that there is no such job. */
interface MissingJobWords {
  /** What it calls a job, in the singular: a sentence counts that says of one of these that it is not found or does not exist. */
  readonly nouns?: readonly string[];
  /** Its own sentences, word for word, with `*` in place of the id. Capitals and a full stop at the end do not matter. */
  readonly texts?: readonly string[];
}

const isMissing = /\b(not found|(does|did) not exist|doesn't exist|could not be found|no longer exists)\b/i;
/** What may stand for an id in a sentence of a provider. */
const idInText = '\\S{1,200}';

/**
 * A message that says in the words of one provider that there is no such job. Every framework and gateway has a sentence of
 * its own for a route that it does not know, in any shape: so a 404 counts as "no such job" only if its message names a job.
 */
export function missingJob({ nouns = [], texts = [] }: MissingJobWords): z.ZodType<string> {
  const patterns = texts.map(textPattern);
  const noun = nouns.map(literally).join('|');
  const subject = new RegExp(`\\b(${noun})\\b`, 'i');
  const noSuch = new RegExp(
    `\\bno (such )?(${noun}) found\\b|\\bno such (${noun})\\b|could not find (the |a )?(${noun})\\b`,
    'i',
  );
  const saysSo = (text: string) => noSuch.test(text) || saysOfSubject(text, subject);
  return z
    .string()
    .refine((text) => (nouns.length > 0 && saysSo(text)) || patterns.some((pattern) => pattern.test(text)));
}

function textPattern(text: string): RegExp {
  const parts = text.split('*').map(literally);
  return new RegExp(`^${parts.join(idInText)}\\.?$`, 'i');
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Takes time in proportion to the text, which is as long as an answer may be: one pattern for both words would not. */
function saysOfSubject(text: string, subject: RegExp): boolean {
  return text.split('/').some((part) => {
    const at = part.search(subject);
    return at >= 0 && isMissing.test(part.slice(at));
  });
}

/** A sentence which says that a job or a batch is not there. @see missingJob */
export const missingJobMessage = z.lazy(() => missingJob({ nouns: ['job', 'batch'] }));

/** A time as it is documented: RFC 3339, also without seconds, time or zone. */
const timeText =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;
/** Seconds of the years 2001 to 2286: no other unit of time has numbers of that size for a time of today. */
const secondsOfToday = { min: 1e9, max: 1e10 - 1 };

/**
 * A time as providers write it, in RFC 3339 and UTC; one without a zone is taken as UTC, and a number as seconds since
 * the epoch. Anything else is not guessed at: a wrong age would be worse than none.
 */
export const time = z.lazy(() => z.union([z.string().transform(readTime), unixTime(1_000)]).pipe(z.string()));

/**
 * A number of seconds since the epoch, whole or with a fraction, in RFC 3339 and UTC. Zero, with which many providers write
 * "not yet", is none, and neither is a number of another unit: `optional` reads both as absent.
 */
export const unixSeconds = z.lazy(() => unixTime(1_000));
/** As {@link unixSeconds}, in milliseconds. */
export const unixMillis = z.lazy(() => unixTime(1));

/** The times among the details. When a job was created and began to run is told beside its state. */
export const jobTimes = { finished_at: z.iso.datetime().optional().describe('When it ended, RFC 3339') };

/** As most providers write it: such a text is not taken apart, because it is read with every status. */
const usualTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/;

function readTime(text: string): string | undefined {
  const ms = usualTime.test(text) ? Date.parse(text) : Number.NaN;
  const iso = Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
  // Not a day that the month does not have.
  return iso?.startsWith(text.slice(0, 10)) ? iso : readTimeInParts(text);
}

function readTimeInParts(text: string): string | undefined {
  const [, year = '', month = '', day = '', minutes = '00:00', seconds = ':00', zone = 'Z'] =
    timeText.exec(text) ?? [];
  const isDay = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  const ms = isDay
    ? Date.parse(`${year}-${month}-${day}T${minutes}${seconds}${zone.toUpperCase()}`)
    : Number.NaN;
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** A time since the epoch, in units of so many milliseconds. */
function unixTime(unitMs: number) {
  const { min, max } = secondsOfToday;
  return z
    .number()
    .refine((units) => units >= (min * 1_000) / unitMs && units <= (max * 1_000) / unitMs)
    .transform((units) => new Date(units * unitMs).toISOString());
}

/**
 * The name a person gave a job: capped, and fit to be shown. Still foreign text: data, never an instruction. What was
 * cut is beside it, to be compared.
 */
export const jobName = z.lazy(() =>
  z.string().transform((text): Pick<JobSnapshot, 'name' | 'fullName'> => {
    const fullName = plainText(text);
    const name = fullName.slice(0, longestName).toWellFormed();
    if (fullName.length < longestName) return { name };
    return fullName.length > longestFullName || tooManyMarks.test(fullName) ? { name } : { name, fullName };
  }),
);

/** The whole name of a job, to be compared by; `undefined` if it cannot be seen. An empty one tells nothing. */
export function nameToCompare({
  name = '',
  fullName,
}: Pick<JobSnapshot, 'name' | 'fullName'>): string | undefined {
  return fullName ?? (name === '' || name.length >= longestName ? undefined : name);
}

type Naming = Pick<JobSnapshot, 'name' | 'fullName' | 'unnamed'>;

/** A field with a job's name, `null` or empty if it has none. An absent field, or one of another type, says nothing. */
export const jobNameField = z.lazy(() =>
  z
    .union([
      z.union([z.null(), z.literal('')]).transform((): Naming => ({ unnamed: true })),
      jobName.transform((named): Naming => named),
    ])
    .optional()
    .catch(undefined),
);

/** The entries of a list, which some servers write as `null` if there are none. */
export const listEntries = z.lazy(() =>
  z
    .array(z.unknown())
    .nullable()
    .transform((entries) => entries ?? []),
);

const absent = z.null().optional();
/** What stands beside a list only if that is none: without it, an error whose other keys happen to fit would be a list without jobs. */
export const noError = { error: absent, detail: absent, error_code: absent, __type: absent };

/** The cursor of the next page; `null`, absent or empty at the end. */
export const nextCursor = z.lazy(() =>
  z
    .string()
    .nullish()
    .transform((cursor) => cursor || null),
);

/**
 * The offset that a cursor stands for, if an adapter makes its cursors from offsets: 0 for the first page, and for a text that is
 * no whole number. Entries move while jobs are added: let pages overlap by one job, and name it as their `anchor`.
 */
export function offsetOf(cursor: string | null): number {
  return isOffset(cursor) ? Number(cursor) : 0;
}

/** Whether a cursor is a whole number as `String` writes it. */
export function isOffset(cursor: string | null): cursor is string {
  return /^(0|[1-9]\d{0,14})$/.test(cursor ?? '');
}

/** A list without entries in the two ways that need no shape: no content, and an empty array. */
export function isBareEmpty({ status, body }: ProviderResponse): boolean {
  if (status === 204) return body === undefined;
  return status === 200 && Array.isArray(body) && body.length === 0;
}

/** The page of an account without jobs. */
export const emptyPage: ListReading = { kind: 'page', jobs: [], unread: 0, next: null };

/** How many jobs the provider says that it has beyond the `listed` ones, if it says so. */
export function missingOf(total: number | undefined, listed: number): { readonly missing?: number } {
  return total !== undefined && Number.isSafeInteger(total) && total > listed
    ? { missing: total - listed }
    : {};
}
