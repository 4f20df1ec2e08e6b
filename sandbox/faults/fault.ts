import * as z from 'zod';
import { operations } from '../twin/exchange.ts';

const milliseconds = z.number().nonnegative();
const errorStatus = z.int().min(400).max(599);

const aim = {
  /** Which operations it hits; default all. */
  operations: z.array(z.enum(operations)).readonly().optional(),
  /** Which jobs it hits; default any. A list request names no job, so job by job faults hit what it shows. */
  jobIds: z.array(z.string()).readonly().optional(),
  /** How many requests it hits; default without end. */
  times: z.int().positive().optional(),
  /** Whether `times` counts for every job on its own. */
  perJob: z.boolean().optional(),
  /** The share of matching requests it hits, drawn from `seed` so that a run can be repeated. */
  probability: z.number().min(0).max(1).optional(),
  seed: z.int().optional(),
};

/** Whether the request is carried out despite the fault; the default depends on the kind, see `carriesOut`. */
const carriedOut = z.boolean().optional();

const retryAfter = z
  .union([z.strictObject({ seconds: milliseconds }), z.strictObject({ dateInMs: milliseconds })])
  .optional();

const redirectStatus = z.union([301, 302, 303, 307, 308].map((status) => z.literal(status)));

/** Every fault the sandbox can have. Those of the first group shape the answer, those of the second what is true of a job. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** The answer comes later; the request is carried out when it arrives. */
  z.strictObject({ kind: z.literal('delay'), ms: milliseconds, jitterMs: milliseconds.optional(), ...aim }),
  z.strictObject({ kind: z.literal('rate_limited'), retryAfter, ...aim }),
  /** An error in the provider's own shape; IonQ has three older shapes. */
  z.strictObject({
    kind: z.literal('status'),
    status: errorStatus,
    shape: z.enum(['code', 'status_code', 'nested']).optional(),
    carriedOut,
    ...aim,
  }),
  z.strictObject({ kind: z.literal('html'), status: z.int().min(200).max(599), carriedOut, ...aim }),
  /** A 404 of a proxy. */
  z.strictObject({ kind: z.literal('foreign_not_found'), ...aim }),
  z.strictObject({
    kind: z.literal('empty'),
    status: z.int().min(200).max(599).optional(),
    carriedOut,
    ...aim,
  }),
  z.strictObject({ kind: z.literal('truncated'), carriedOut, ...aim }),
  z.strictObject({ kind: z.literal('hang'), carriedOut, ...aim }),
  z.strictObject({ kind: z.literal('reset'), ...aim }),
  z.strictObject({ kind: z.literal('reset_after_effect'), ...aim }),
  z.strictObject({ kind: z.literal('lost_after_effect'), status: errorStatus, ...aim }),
  z.strictObject({ kind: z.literal('redirect'), status: redirectStatus, location: z.string(), ...aim }),
  /** The body trickles out over `ms`. */
  z.strictObject({ kind: z.literal('slow_body'), ms: milliseconds, ...aim }),
  /** The body is well-formed and padded to `bytes`, default 2 MB. */
  z.strictObject({ kind: z.literal('huge_body'), bytes: z.int().positive().optional(), ...aim }),
  /** The answer is about another job. */
  z.strictObject({ kind: z.literal('wrong_id'), ...aim }),

  z.strictObject({ kind: z.literal('says_yes_keeps_running'), ...aim }),
  z.strictObject({ kind: z.literal('finishes_in_the_middle'), ...aim }),
  /** IonQ's bulk cancel answers for, and acts on, the first half of the ids. */
  z.strictObject({ kind: z.literal('half_of_bulk'), ...aim }),
  z.strictObject({ kind: z.literal('accepts_finished'), ...aim }),
  z.strictObject({ kind: z.literal('unseen_status'), word: z.string(), ...aim }),
  z.strictObject({ kind: z.literal('stale_look'), ms: milliseconds, ...aim }),
  /** Two parts of the answers contradict each other; at PromptLoop `says` picks the status of the cancel's envelope. */
  z.strictObject({ kind: z.literal('contradiction'), says: z.enum(['success', 'error']).optional(), ...aim }),
]);

/** A fault to set. */
export type Fault = z.output<typeof faultSchema>;

/** The name of a fault. */
export type FaultKind = Fault['kind'];

/** The fault of a kind, with that kind's fields. */
export type FaultOf<Kind extends FaultKind> = Extract<Fault, { kind: Kind }>;

/**
 * The faults that shape the answer, each with whether the request is carried out first: what stands in front
 * of a provider answers in its place, what goes wrong on the way back goes wrong after the effect.
 */
const carriesOut = {
  rate_limited: false,
  status: false,
  html: false,
  foreign_not_found: false,
  empty: true,
  truncated: true,
  hang: false,
  reset: false,
  reset_after_effect: true,
  lost_after_effect: true,
  redirect: false,
  slow_body: true,
  huge_body: true,
  wrong_id: true,
} as const;

/** A fault that shapes the answer. */
export type AnswerFault = FaultOf<keyof typeof carriesOut>;

/** Whether a fault shapes the answer, rather than what is true of a job or when the answer comes. */
export function shapesAnswer(fault: Fault): fault is AnswerFault {
  return Object.hasOwn(carriesOut, fault.kind);
}

/** Whether the request is carried out in spite of the fault. */
export function isCarriedOut(fault: AnswerFault): boolean {
  const asked = 'carriedOut' in fault ? fault.carriedOut : undefined;
  return asked ?? carriesOut[fault.kind];
}
