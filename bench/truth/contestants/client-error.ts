import * as z from 'zod';
import type { Claim } from '../score.ts';

/** Where the clients keep the HTTP status of an error. */
const errorSchema = z.object({
  name: z.string().catch(''),
  message: z.string().catch(''),
  status: z.number().optional().catch(undefined),
  statusCode: z.number().optional().catch(undefined),
  code: z.union([z.string(), z.number()]).optional().catch(undefined),
  response: z.object({ status: z.number() }).optional().catch(undefined),
  $metadata: z.object({ httpStatusCode: z.number().optional() }).optional().catch(undefined),
  cause: z.unknown().optional(),
});

const noAnswer =
  /connection|connect|timeout|timed out|fetch failed|network|socket|terminated|aborted|reset|hang up|redirect/i;

/**
 * What an error says: with an HTTP status that the cancel failed, or that there is no such job; without one that no answer came,
 * which leaves it open. An answer that the client could not read, and any other error, says nothing of the job.
 */
export function claimOfError(error: unknown): Claim {
  const read = errorSchema.safeParse(error);
  if (!read.success) return 'nothing';
  const { name, message, cause, ...rest } = read.data;
  if (name === 'SyntaxError' || /\bJSON\b/.test(message)) return 'nothing';
  const status =
    rest.status ?? rest.statusCode ?? rest.response?.status ?? rest.$metadata?.httpStatusCode ?? undefined;
  if (status === 404) return 'no such job';
  if (status !== undefined && status >= 400) return 'not cancelled';
  const words = [name, message, String(rest.code ?? ''), String(cause ?? '')].join(' ');
  return noAnswer.test(words) || /^E[A-Z]+$/.test(String(rest.code ?? '')) ? 'open' : 'nothing';
}
