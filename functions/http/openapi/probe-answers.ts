import * as z from 'zod';
import { reasonsNotReady } from '../../probes/readiness.ts';

/** The answer of `/healthz`. */
export const healthSchema = z.strictObject({ status: z.literal('ok') });

/** The answer of `/readyz` with 200. */
export const readySchema = z.strictObject({ status: z.literal('ready') });

/** The answer of `/readyz` with 503. */
export const notReadySchema = z.strictObject({
  status: z.literal('not_ready'),
  reason: z.enum(reasonsNotReady).describe('Why a cancel cannot be carried out now'),
});
