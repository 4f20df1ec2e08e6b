import * as z from 'zod';

const milliseconds = z.number().nonnegative();
const rows = z.int().nonnegative();

/** What can be said of a job that is put into the sandbox. Everything is optional; times run from the moment it is added. */
export const jobSeedSchema = z
  .strictObject({
    id: z.string().min(1),
    name: z.string(),
    /** Whose it is, what it runs on, and what people attached to it, where the provider shows such a thing. */
    owner: z.string(),
    target: z.string(),
    labels: z.record(z.string(), z.string()),
    /** Default `queued`. */
    state: z.enum(['queued', 'running', 'cancelling', 'cancelled', 'completed', 'failed']),
    /** Default now; later than now counts as now. */
    createdAt: z.coerce.date(),
    /** When a queued job starts; without it, never. */
    startsInMs: milliseconds,
    /** When a queued or running job is over; without it, never. */
    finishesInMs: milliseconds,
    /** How it will be over. Default `completed`. */
    finishesAs: z.enum(['completed', 'failed']),
    /** How long a cancel takes to become final. Default 300 at Ionworks and Sutro, 0 elsewhere. */
    settlesInMs: milliseconds,
    /** How long after it was cancelled it runs again; without it, never. */
    comesBackInMs: milliseconds,
    /** The provider's own word while the job stays in `state`, such as `submitted`, `waiting` or `STARTING`. */
    word: z.string(),
    rowsQueued: rows,
    rowsRunning: rows,
    rowsDone: rows,
    /** How long the running rows of a PromptLoop batch go on after its cancel. Default 300. */
    rowsFinishInMs: milliseconds,
  })
  .partial();

/** A job to put into the sandbox. */
export type JobSeed = z.output<typeof jobSeedSchema>;
