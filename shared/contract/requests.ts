import * as z from 'zod';
import { isVisible, trimInvisible } from '../lib/names.ts';
import { states } from './outcome.ts';

/**
 * The most jobs one call may name; a policy may allow fewer. The answer to so many stays below the 6 MB that Lambda
 * can return: more would be lost after the cancels were sent.
 */
export const mostJobs = 5_000;

/** A word as it was meant: what nobody can see at its ends came along with it. */
export const word = z.string().overwrite(trimInvisible);

/** The most characters of a cursor that a request may bring. Those we hand out are shorter. */
const longestCursor = 8_000;

const waitSeconds = z
  .number()
  .min(0)
  .max(20)
  .describe(
    'How long to wait for a final state once everything is sent, in seconds; default 2 for one job, 10 for many',
  );

const howToCancel = {
  wait_seconds: waitSeconds.optional(),
  dry_run: z.boolean().optional().describe('Only check the status, and report what would be cancelled'),
  reason: word
    .max(200)
    .regex(/^[^\p{C}]*$/u, 'must not hold control characters')
    .optional()
    .describe('Why, for the audit'),
  send_if_status_unknown: z
    .boolean()
    .optional()
    .describe('Send the cancel also where the look before it fails'),
  confirmation_token: word
    .max(200)
    .optional()
    .describe('Of the answer that asked for a confirmation: cancels exactly the jobs it was given for, once'),
  confirmation_id: word.max(50).optional().describe('The same, once a person has approved it'),
};

const jobReference = z.strictObject({
  provider: z.string().describe('A connection, such as ionq, promptloop, ionworks or sutro'),
  job_id: z.string().describe('The id the provider gave the job'),
});

/** Body of a cancel of one job, whose provider and id are in the path. */
export const cancelJobBody = z.strictObject(howToCancel);
/** A cancel of one job. */
export const cancelJobRequest = z.strictObject({ ...jobReference.shape, ...howToCancel });
/** A look at one job. */
export const getJobRequest = jobReference;
/** A look at many jobs. */
export const getJobsRequest = z.strictObject({ jobs: z.array(jobReference).min(1).max(mostJobs) });

const listedStates = z
  .string()
  .transform((text) => text.split(',').map(trimInvisible))
  .pipe(z.array(z.enum(states)).min(1));

const unitMs = new Map([
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** An age as it is written. */
const ageText = word.regex(
  /^\d{1,5}[mhd]$/,
  'must be a whole number of minutes, hours or days, such as 30m, 2h or 1d',
);

/** An age, in milliseconds. */
export const age = ageText.transform((text) => Number(text.slice(0, -1)) * (unitMs.get(text.slice(-1)) ?? 0));

/** How many of what is searched fit a page. */
export const pageLimit = z.coerce
  .number()
  .int()
  .min(1)
  .max(1_000)
  .default(100)
  .meta({ type: 'integer', minimum: 1, maximum: 1_000 });

/** A search over the jobs of all connections, or of one. `limit` counts jobs; `cursor` comes from the page before. */
export const findRequest = z.strictObject({
  provider: word.optional().describe('One connection only'),
  state: listedStates.optional().describe('One state, or several separated by commas'),
  older_than: age.optional().describe('Created at least this long ago: 30m, 2h, 1d'),
  newer_than: age.optional().describe('Created less than this long ago: 30m, 2h, 1d'),
  name: z
    .string()
    .min(1, { abort: true })
    .max(200, { abort: true })
    .refine(isVisible, 'must hold a character that can be seen')
    .optional()
    .describe('Part of the job name, in any case'),
  limit: pageLimit.describe('The most jobs to return'),
  cursor: word
    .max(longestCursor)
    .optional()
    .describe('next_cursor of the page before, with the same filters'),
});

const { provider, state, older_than, newer_than, name } = findRequest.shape;

/** Which jobs a cancel is about, in place of a list. */
export const selectorSchema = z
  .strictObject({
    provider,
    state: state.describe(
      'One state, or several separated by commas; without it, jobs that have not ended and are not being cancelled',
    ),
    older_than,
    newer_than,
    name,
  })
  .refine((selector) => Object.values(selector).some((value) => value !== undefined), {
    message: 'must name a provider, a state, an age or a part of a name: nothing is cancelled by omission',
  });

/** A cancel of many jobs, by their ids or by a selector. With a confirmation the jobs may be left out. */
export const cancelJobsRequest = z.strictObject({
  jobs: z.array(jobReference).min(1).max(mostJobs).optional(),
  selector: selectorSchema
    .optional()
    .describe('Instead of jobs: cancels nothing at first, but says what it would be and how to confirm it'),
  ...howToCancel,
});

/** A selector in the words of a request, for whoever is to agree to what it found. */
export function selectorWords(selector: Selector): Record<string, string> {
  const entries = Object.entries(selector).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === 'number' ? ageAsWritten(value) : String(value)]),
  );
}

/** An age of `ms` milliseconds as it is written. */
function ageAsWritten(ms: number): string {
  const [unit, size] = [...unitMs].findLast(([, length]) => ms % length === 0) ?? ['m', 60_000];
  return `${Math.round(ms / size)}${unit}`;
}

export type FindRequest = z.infer<typeof findRequest>;
export type Selector = z.infer<typeof selectorSchema>;
export type HowToCancel = z.infer<typeof cancelJobBody>;

/** A confirmation where a surface takes both forms in one place: a token holds a dot, an id does not. */
export function presented(confirmation: string | undefined) {
  if (confirmation === undefined) return {};
  return confirmation.includes('.')
    ? { confirmation_token: confirmation }
    : { confirmation_id: confirmation };
}
