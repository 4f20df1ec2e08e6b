import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as z from 'zod';
import { parseJson } from '../lib/json.ts';
import { type JobResult, jobResultSchema } from './job-result.ts';
import { packPlaces, unpackPlaces } from './mark.ts';

/** One letter for each flag of a result. A letter is never given another meaning, because stored results keep it. */
const letters = {
  raced: 'r',
  blind: 'b',
  gone: 'g',
  accepted: 'a',
  turned_away: 't',
  seen_after: 's',
  ours: 'o',
  in_air: 'i',
  sent: 'n',
  came_back: 'c',
  rechecked: 'k',
} as const satisfies Partial<Record<keyof JobResult, string>>;
type Flag = keyof typeof letters;
const flags = Object.entries(letters);

const sources = { status: 'S', reply: 'R' } as const;

/**
 * Outcome, state, letters for the flags and the number of the round, time, the provider's word, code, cause, details; missing
 * ones at the end are left out.
 */
const rowSchema = z.lazy(() =>
  z
    .tuple([z.string(), z.string(), z.string(), z.number()])
    .rest(z.union([z.string(), z.null(), z.record(z.string(), z.unknown())])),
);

const packedSchema = z.lazy(() =>
  z.object({
    /** The number of the mark that these results answer: jobs of a later mark may have been sent. */
    closes: z.number(),
    /** The places of jobs that may have been sent a cancel before and have not been checked since. */
    open: z.string().optional(),
    rows: z.array(z.union([rowSchema, z.literal(0)])),
  }),
);

/**
 * The results of one chunk, in the order of its ids; `undefined` for a job without one. `closes`: the attempt of the mark that
 * they answer. `open`: the places of the jobs of that mark, or of an earlier one, that they leave without an answer.
 */
export interface ChunkResults {
  readonly closes: number;
  readonly open?: readonly number[];
  readonly results: readonly (JobResult | undefined)[];
}

/** The results as text: about 150 bytes a job, or a tenth of that if there are many. */
export function packResults({ closes, open = [], results }: ChunkResults): string {
  return compressed(
    JSON.stringify({
      closes,
      ...(open.length > 0 && { open: packPlaces(open) }),
      rows: results.map((result) => (result === undefined ? 0 : rowOf(result))),
    }),
  );
}

/** A text of this length or more is compressed: its rows are much alike, each check rewrites all, and DynamoDB charges by size. */
const longLength = 2_000;

function compressed(json: string): string {
  return json.length < longLength ? json : deflateRawSync(json).toString('base64');
}

/** The JSON in a text, which Base64 cannot begin like. */
function expanded(text: string): string | undefined {
  if (text.startsWith('{')) return text;
  try {
    return inflateRawSync(Buffer.from(text, 'base64')).toString();
  } catch {
    return undefined;
  }
}

/** The results in a text. A row that cannot be read counts as a job without a result, so that it is checked again. */
export function unpackResults(text: string | undefined, size: number): ChunkResults {
  const json = text === undefined ? undefined : expanded(text);
  const { data } = packedSchema.safeParse(json === undefined ? undefined : parseJson(json));
  const { closes = 0, open, rows = [] } = data ?? {};
  const results = Array.from({ length: size }, (_, index) => {
    const row = rows[index];
    return row === undefined || row === 0 ? undefined : resultOf(row);
  });
  return { closes, ...(open !== undefined && { open: unpackPlaces(open) }), results };
}

function rowOf(result: JobResult): unknown[] {
  const { outcome, state, source, at = 0, word, code, cause, details } = result;
  const set = flags.filter(([flag]) => flag in result).map(([, letter]) => letter);
  const letterOfSource = source === undefined ? [] : [sources[source]];
  const marks = [...letterOfSource, ...set, result.round ?? ''].join('');
  const row = [outcome, state, marks, at, word, code, cause, details];
  const last = row.findLastIndex((value) => value !== undefined);
  return row.slice(0, last + 1).map((value) => value ?? null);
}

function resultOf([outcome, state, marks, at, ...rest]: z.infer<typeof rowSchema>): JobResult | undefined {
  const [word, code, cause, details] = rest.map((value) => value ?? undefined);
  const source = Object.entries(sources).find(([, letter]) => marks.includes(letter))?.[0];
  const set = flags.flatMap(([flag, letter]) => (marks.includes(letter) ? [[flag, true]] : []));
  const seenAt = at === 0 ? undefined : at;
  const [round] = /\d+$/.exec(marks) ?? [];
  return jobResultSchema.safeParse({
    ...{ outcome, state, source, at: seenAt, word, code, cause, details },
    ...Object.fromEntries(set),
    ...(round !== undefined && { round: Number(round) }),
  }).data;
}

/** The flags of a result, for tests that hold that none is lost. */
export const packedFlags: readonly Flag[] = Object.keys(letters).filter((key): key is Flag => key in letters);
