import * as z from 'zod';
import { actions } from '../../access/caller.ts';
import { isVisible } from '../../lib/names.ts';
import { longestFullName } from '../../providers/parsing.ts';
import type { ReadConnectionKey } from './connection-keys.ts';

/** What a file must fit besides its form: what there is around it, and what came before in it. */
export interface ValidationContext {
  readonly key: ReadConnectionKey;
  /** The workspace that the section `slack` pins. */
  readonly slackTeam: string | undefined;
  hasConnection(pattern: string): boolean;
  /** What is wrong with a job id, or a part of one and wildcards, for the connections that the pattern covers. */
  idFault(id: string, connection: string | undefined): string | undefined;
  /** Whether this is the first time that it is told. */
  isFirst(what: string): boolean;
}

/** A text of a form that a message describes. */
export const names = (pattern: RegExp, message: string) => z.string(message).regex(pattern, message);
const whole = (least: number, most: number) => {
  const message = `must be a whole number from ${least} to ${most}`;
  return z.int(message).min(least, message).max(most, message);
};

/** The section `may`: what one caller may do. */
export function rightsSchema(around: ValidationContext) {
  const jobs = z.array(jobPatternSchema(around));
  return z.strictObject({
    connections: z
      .array(connectionPattern(around))
      .min(1, 'must name a connection, or *')
      .describe('Patterns of names'),
    actions: z
      .array(z.enum(actions))
      .min(1, `must name one of ${actions.join(', ')}`)
      .describe(
        'What may be done: find and look at jobs, cancel, confirm what others asked for, read the audit',
      ),
    max_jobs: whole(1, 5_000).default(5_000).describe('The most jobs one call may name'),
    cancels_per_minute: whole(1, 100_000)
      .optional()
      .describe(
        'Jobs sent a cancel within a minute, and jobs looked at for one when no read is left. Without it: no limit',
      ),
    reads_per_minute: whole(1, 100_000)
      .optional()
      .describe(
        'Lists, and jobs looked at and not sent a cancel, within a minute. Keeps no cancel back. Without it: no limit',
      ),
    confirm_above: whole(0, 10_000)
      .optional()
      .describe(
        'Above how many cancels in ten minutes someone must confirm. Without it: for an agent CALLOFF_CONFIRM_ABOVE, which is 10, else never',
      ),
    self_confirm: z.boolean().optional().describe('Without it: not for an agent, else yes'),
    jobs: z
      .strictObject({
        allow: jobs.min(1, 'must hold a rule, or be left out').optional().describe('Only these'),
        deny: jobs.default([]).describe('Never these, whatever is allowed'),
      })
      .optional(),
  });
}

const connectionPattern = ({ hasConnection }: ValidationContext) =>
  z
    .string()
    .min(1, { error: 'must not be empty', abort: true })
    .refine((pattern) => hasConnection(pattern), 'matches no connection that there is');

/** A rule about jobs, which must be able to match one. */
export function jobPatternSchema(around: ValidationContext) {
  return z
    .strictObject({
      connection: connectionPattern(around).optional(),
      id: names(/^[A-Za-z0-9._~:*-]{1,200}$/, 'must be an id, or a part of one and *')
        .optional()
        .describe('Matched with its case'),
      name: names(
        /^[^\p{C}\s]+( [^\p{C}\s]+)*$/u,
        'must be a name, or a part of one and *, with single spaces only',
      )
        .max(longestFullName, {
          error: `must have ${longestFullName} characters at most: longer names are not compared`,
          abort: true,
        })
        .refine(
          (name) => name.split('*').every((part) => part === '' || isVisible(part)),
          'must be of characters that can be seen',
        )
        .optional(),
    })
    .refine((rule) => Object.keys(rule).length > 0, 'must say which jobs: by connection, id or name')
    .superRefine(({ id, connection }, context) => {
      const fault = id === undefined ? undefined : around.idFault(id, connection);
      if (fault !== undefined) context.addIssue({ code: 'custom', path: ['id'], message: fault });
    })
    .describe('All that is given must match; * stands for anything');
}
