import * as z from 'zod';

/** The answer of `/healthz`. */
export const healthSchema = z.strictObject({ status: z.literal('ok') });
