import * as z from 'zod';
import { isLabel, isVisible, trimInvisible } from '../lib/names.ts';
import { madeOf } from './late-schema.ts';
import { states } from './outcome.ts';

/**
 * The most jobs one call may name; a policy may allow fewer. The answer about that many stays below the 6 MB that Lambda
 * can return: a longer one would be lost after the cancels were sent.
 */
export const mostJobs = 5_000;

/** A word without invisible characters at its ends, which come along when it is copied. */
export const word = z.string().overwrite(trimInvisible);

/** The most characters of a cursor in a request. calloff's own cursors are shorter. */
const longestCursor = 8_000;

const waitSeconds = z
  .number()
  .min(0)
  .max(20)
  .describe(
    'How long to wait for a final state after the cancels are sent, in seconds; default 2 for one job, 10 for many',
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
    .describe('Send the cancel even if the status check before it fails'),
  confirmation_token: word
    .max(200)
    .optional()
    .describe('From the answer that offered the confirmation: cancels exactly its jobs, once'),
  confirmation_id: word.max(50).optional().describe('The id of a confirmation that a person has approved'),
};

const jobReference = z.strictObject({
  provider: z.string().describe('A connection, such as ionq, promptloop, ionworks or sutro'),
  job_id: z.string().describe('The id the provider gave the job'),
});

/** Body of a cancel of one job, whose provider and id are in the path. */
export const cancelJobBody = z.strictObject(howToCancel);
/** A cancel of one job. */
export const cancelJobRequest = z.strictObject({ ...jobReference.shape, ...howToCancel });
/** A request for the status of one job. */
export const getJobRequest = jobReference;
/** A request for the status of many jobs. */
export const getJobsRequest = z.lazy(() =>
  z.strictObject({ jobs: z.array(jobReference).min(1).max(mostJobs) }),
);

const listedStates = z.lazy(() =>
  z
    .string()
    .transform((text) => text.split(',').map(trimInvisible))
    .pipe(z.array(z.enum(states)).min(1)),
);

const unitMs = new Map([
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** An age as text. */
const ageText = word.regex(
  /^\d{1,5}[mhd]$/,
  'must be a whole number of minutes, hours or days, such as 30m, 2h or 1d',
);

/** An age, in milliseconds. */
export const age = ageText.transform((text) => Number(text.slice(0, -1)) * (unitMs.get(text.slice(-1)) ?? 0));

/** The decimal digits of a whole number, as a path, a query or a command line has it. */
const digits = /^(0|[1-9]\d{0,8})$/;

function wholeNumberIn(text: string): number | string {
  return digits.test(text) ? Number(text) : text;
}

/** A whole number from 1 on, or the text of one: nothing else that JavaScript takes for a number, such as `0x10` or `1e1`. */
export function numberUpTo(most: number) {
  const error = `must be a whole number from 1 to ${most}, in decimal digits`;
  const number = z.number({ error }).int({ error }).min(1, { error }).max(most, { error });
  return z.preprocess(
    (value) => (typeof value === 'string' ? wholeNumberIn(trimInvisible(value)) : value),
    number,
  );
}

/** The most entries on a page. */
export const pageLimit = numberUpTo(1_000).default(100).meta({ type: 'integer', minimum: 1, maximum: 1_000 });

const pattern = word.min(1, { abort: true }).max(200, { abort: true });
/** An owner or a target, or a part of one with wildcards. */
const attribute = pattern.refine(isVisible, 'must have a visible character');

/** A label as text: `key=value`, each of which may have wildcards. The key ends at the first `=`. */
const label = pattern.refine(isLabel, 'must be a key and a value with = between them, such as team=ml');

/** A list of the jobs of all connections, or of one. `limit` counts jobs; `cursor` comes from the previous page. */
export const findRequest = z.lazy(() =>
  z.strictObject({
    provider: word.optional().describe('One connection only'),
    state: listedStates.optional().describe('One state, or several separated by commas'),
    older_than: age.optional().describe('Created at least this long ago: 30m, 2h, 1d'),
    newer_than: age.optional().describe('Created less than this long ago: 30m, 2h, 1d'),
    name: z
      .string()
      .min(1, { abort: true })
      .max(200, { abort: true })
      .refine(isVisible, 'must have a visible character')
      .optional()
      .describe('Part of the job name; case is ignored'),
    owner: attribute
      .optional()
      .describe('Who the provider says that the job belongs to; case is ignored, * matches any text'),
    target: attribute
      .optional()
      .describe('What the job runs on: a queue, device, repository, branch or model; as owner'),
    label: label.optional().describe('A label of the job as key=value; as owner'),
    limit: pageLimit.describe('The most jobs to return'),
    cursor: word
      .max(longestCursor)
      .optional()
      .describe('next_cursor of the previous page; repeat its filters'),
  }),
);

/** Filters that pick the jobs of a cancel, instead of a list. */
export const selectorSchema = z.lazy(() => {
  const { limit: _, cursor: __, ...filters } = madeOf(findRequest).shape;
  return z
    .strictObject({
      ...filters,
      state: filters.state.describe(
        'One state, or several separated by commas; without it, jobs that have not ended and are not being cancelled',
      ),
    })
    .refine((selector) => Object.values(selector).some((value) => value !== undefined), {
      message:
        'must name a provider, a state, an age, part of a name, an owner, a target or a label, because calloff cancels nothing by omission',
    });
});

/** A cancel of many jobs, by their ids or by a selector. With a confirmation, both may be absent. */
export const cancelJobsRequest = z.lazy(() =>
  z.strictObject({
    jobs: z.array(jobReference).min(1).max(mostJobs).optional(),
    selector: selectorSchema
      .optional()
      .describe(
        'Instead of jobs: the first request cancels nothing; its answer shows the jobs and how to confirm them',
      ),
    ...howToCancel,
  }),
);

/** A selector as text, for the person who is asked to confirm the jobs that it picked. */
export function selectorWords(selector: Selector): Record<string, string> {
  const entries = Object.entries(selector).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === 'number' ? ageAsWritten(value) : String(value)]),
  );
}

/** An age of `ms` milliseconds as text. */
function ageAsWritten(ms: number): string {
  const [unit, size] = [...unitMs].findLast(([, length]) => ms % length === 0) ?? ['m', 60_000];
  return `${Math.round(ms / size)}${unit}`;
}

export type FindRequest = z.infer<typeof findRequest>;
export type Selector = z.infer<typeof selectorSchema>;
export type HowToCancel = z.infer<typeof cancelJobBody>;

/** The request fields for a confirmation on a surface that takes both forms in one field: a token holds a dot, an id does not. */
export function presented(confirmation: string | undefined) {
  if (confirmation === undefined) return {};
  return confirmation.includes('.')
    ? { confirmation_token: confirmation }
    : { confirmation_id: confirmation };
}
