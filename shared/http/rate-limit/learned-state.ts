import * as z from 'zod';

/** Times are in milliseconds before or after the moment of the copy, because monotonic clocks differ between processes. */
const durationMs = z.number().min(0).max(86_400_000);
const amount = z.int().min(0).max(1_000_000);

/** Requests of a running window: how old, which class, how many. */
const startsSchema = z.lazy(() =>
  z
    .array(
      z.tuple([
        durationMs,
        z.enum(['cancel', 'check_before', 'operation', 'wait', 'read', 'follow']),
        amount.max(10_000),
      ]),
    )
    .max(1_000),
);

/**
 * The learned limit: `count` is null as long as there is none. `clean`: how long no request was refused, and after how many
 * windows more is tried. `ceiling` are the requests in the window of a documented limit.
 */
const limitSchema = z.lazy(() =>
  z.strictObject({
    count: amount.min(1).nullable(),
    patience_windows: amount,
    refusals: amount,
    most_refusals: amount,
    earliest_in_ms: durationMs,
    clean: z.strictObject({ ms: durationMs, of_windows: amount }).optional(),
    starts: startsSchema,
    ceiling: startsSchema.optional(),
  }),
);
const holdSchema = z.lazy(() =>
  z.strictObject({ left_ms: durationMs, age_ms: durationMs, in_a_row: amount }),
);
/** `shares`: the operation whose limit this one shares. */
const limiterSchema = z.lazy(() =>
  z.strictObject({
    ...{ limit: limitSchema, hold: holdSchema, probing: z.boolean() },
    shares: z.string().max(100).optional(),
  }),
);

/** What one limiter has learned. */
export type LimiterState = z.infer<typeof limiterSchema>;

/** A copy so many milliseconds after it was made: less is left of its hold, and its requests are older. */
export function agedBy(ms: number, { limit, hold, ...state }: LimiterState): LimiterState {
  const older = (starts: LimiterState['limit']['starts']): LimiterState['limit']['starts'] =>
    starts.map(([ageMs, turnClass, count]) => [ageMs + ms, turnClass, count]);
  const { ceiling, clean } = limit;
  return {
    ...state,
    limit: {
      ...limit,
      earliest_in_ms: Math.max(0, limit.earliest_in_ms - ms),
      ...(clean && { clean: { ...clean, ms: clean.ms + ms } }),
      starts: older(limit.starts),
      ...(ceiling && { ceiling: older(ceiling) }),
    },
    hold: { ...hold, left_ms: Math.max(0, hold.left_ms - ms), age_ms: hold.age_ms + ms },
  };
}

/** What the limiters of one account have learned, by their operations: small, without a secret, and fit for JSON. */
export const learnedSchema = z.lazy(() => z.record(z.string().max(100), limiterSchema));
export type Learned = z.infer<typeof learnedSchema>;
