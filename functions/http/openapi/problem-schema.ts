import * as z from 'zod';
import { causeSchema } from '../../../shared/contract/answers/words.ts';

/** What is wrong with a request, and where. */
export const faultSchema = z.strictObject({
  path: z.string(),
  message: z.string(),
  next_step: z.string().optional().describe('What to do: the end of the message'),
});

/** The body of such an answer. */
export const problemSchema = z.strictObject({
  type: z.string().describe('urn:calloff:problem:<kind>'),
  title: z.string(),
  status: z.number(),
  request_id: z.string(),
  cause: causeSchema.optional().describe('With store-unavailable: the cause, if it is known'),
  faults: z.array(faultSchema).optional(),
});
