import * as z from 'zod';
import { actions, type CallerKind, type Rights } from '../../access/caller.ts';
import { longestAttribute } from '../../adapter/attributes.ts';
import { longestFullName } from '../../adapter/parsing.ts';
import { mostOperationJobs } from '../../contract/operations.ts';
import { mostJobs } from '../../contract/requests.ts';
import { isLabel, isVisible } from '../../lib/names.ts';
import type { ValidationContext } from './validation-context.ts';

/** A schema for text that matches a pattern, with a message that describes it. */
export const names = (pattern: RegExp, message: string) => z.string(message).regex(pattern, message);
/** A schema for a whole number in these limits, with a message that names them. */
export const whole = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return z.int(message).min(least, message).max(most, message);
};

/** The section `may`: the rights of one caller. */
export function rightsSchema(around: ValidationContext) {
  const jobs = z.array(jobPatternSchema(around));
  return z.strictObject({
    connections: z
      .array(connectionPattern(around))
      .min(1, 'must name a connection, or *')
      .describe('Patterns of connection names; everything below holds only there'),
    actions: z
      .array(z.enum(actions))
      .min(1, `must name one of ${actions.join(', ')}`)
      .describe(
        'The allowed actions: `list` lists jobs and checks their status, `cancel` cancels, `confirm` approves the requests of others, `audit` reads the audit',
      ),
    max_jobs: whole(1, mostOperationJobs)
      .optional()
      .describe(
        'The most jobs one call may name, and one operation may have. Default: 5,000 for a call, which is also the most, and 100,000 for an operation',
      ),
    cancels_per_minute: whole(1, 100_000)
      .optional()
      .describe(
        'The most jobs sent a cancel within a minute. Jobs checked but not sent a cancel also count, once the reads are used up. Default: no limit',
      ),
    reads_per_minute: whole(1, 100_000)
      .optional()
      .describe(
        'The most lists, and jobs whose status is read without a cancel, within a minute. A cancel of named jobs needs no read; a selector needs one. Default: no limit',
      ),
    confirm_above: whole(0, 10_000)
      .optional()
      .describe(
        'The number of cancels in ten minutes above which a confirmation is needed. Default: for an agent CALLOFF_CONFIRM_ABOVE, which is 10; otherwise none',
      ),
    self_confirm: z
      .boolean()
      .optional()
      .describe(
        'Whether the caller may confirm its own requests. Default: false for an agent, otherwise true',
      ),
    jobs: z
      .strictObject({
        allow: jobs
          .min(1, 'must have a rule, or be left out')
          .optional()
          .describe('The only jobs that the caller may cancel. Default: all'),
        deny: jobs.default([]).describe('Jobs that the caller may never cancel, even if allow matches them'),
      })
      .optional(),
  });
}

/** The rights that a section `may` gives to a caller of this kind. */
export function rightsOf(
  kind: CallerKind,
  may: z.infer<ReturnType<typeof rightsSchema>>,
  { confirmAbove }: { readonly confirmAbove: number },
): Rights {
  return {
    connections: may.connections,
    actions: may.actions,
    maxJobs: Math.min(may.max_jobs ?? mostJobs, mostJobs),
    maxOperationJobs: may.max_jobs ?? mostOperationJobs,
    cancelsPerMinute: may.cancels_per_minute,
    readsPerMinute: may.reads_per_minute,
    confirmAbove: may.confirm_above ?? (kind === 'agent' ? confirmAbove : undefined),
    selfConfirm: may.self_confirm ?? kind !== 'agent',
    allow: may.jobs?.allow,
    deny: may.jobs?.deny ?? [],
  };
}

const connectionPattern = ({ hasConnection }: ValidationContext) =>
  z
    .string()
    .min(1, { error: 'must not be empty', abort: true })
    .refine((pattern) => hasConnection(pattern), 'does not match any connection');

/** A schema for foreign text of a job, or a part of it with wildcards, which is compared as names are. */
const textPattern = (what: string, longest: number) =>
  names(/^[^\p{C}\s]+( [^\p{C}\s]+)*$/u, `must be ${what}, or part of one with *, with single spaces only`)
    .max(longest, {
      error: `must have at most ${longest} characters; calloff does not compare longer ones`,
      abort: true,
    })
    .refine(
      (text) => text.split('*').every((part) => part === '' || isVisible(part)),
      'must have visible characters only',
    );

/** A rule about jobs, which must be able to match one. */
export function jobPatternSchema(around: ValidationContext) {
  return z
    .strictObject({
      connection: connectionPattern(around).optional(),
      id: names(/^[A-Za-z0-9._~:*-]{1,200}$/, 'must be an id, or part of one with *')
        .optional()
        .describe('Case matters'),
      name: textPattern('a name', longestFullName).optional(),
      owner: textPattern('an owner', longestAttribute).optional().describe('Whose job it is'),
      target: textPattern('a target', longestAttribute).optional().describe('What it runs on'),
      label: textPattern('a label', 2 * longestAttribute)
        .refine(isLabel, 'must be a key and a value with = between them, such as team=ml')
        .optional()
        .describe('A label of the job as `key=value`'),
    })
    .refine(
      (rule) => Object.keys(rule).length > 0,
      'must have a connection, an id, a name, an owner, a target or a label',
    )
    .superRefine(({ id, connection }, context) => {
      const fault = id === undefined ? undefined : around.idFault(id, connection);
      if (fault !== undefined) context.addIssue({ code: 'custom', path: ['id'], message: fault });
    })
    .describe('All given parts must match; * matches any text');
}
