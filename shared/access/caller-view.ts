import * as z from 'zod';
import { actions, callerKinds } from './caller.ts';

const count = z.number().int();

/** The rights of a caller, as it sees them itself. Rules about single jobs are not in it. */
export const callerRightsSchema = z.strictObject({
  connections: z.array(z.string()).describe('Patterns of connections'),
  actions: z.array(z.enum(actions)),
  max_jobs: count.describe('The most jobs of one call'),
  max_operation_jobs: count.describe('The most jobs of one operation'),
  cancels_per_minute: count.optional(),
  reads_per_minute: count.optional(),
  confirm_above: count
    .optional()
    .describe('The number of cancels in ten minutes above which a confirmation is needed'),
  self_confirm: z.boolean().describe('Whether it may confirm its own requests'),
});

/** A caller as it sees itself. */
export const callerViewSchema = z.strictObject({
  id: z.string().describe('The name that the audit shows'),
  kind: z.enum(callerKinds),
  may: callerRightsSchema,
});

export type CallerView = z.infer<typeof callerViewSchema>;
