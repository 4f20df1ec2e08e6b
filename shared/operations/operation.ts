import * as z from 'zod';
import { surfaces } from '../access/audit/steps.ts';
import { callerKinds } from '../access/caller.ts';
import { unavailableSchema } from '../contract/answers/unavailable.ts';
import { resumable } from '../contract/operations.ts';
import { codeNames, outcomeNames } from '../contract/outcome.ts';

/** One connection's part of the frozen set. */
const sharePlanSchema = z.lazy(() =>
  z.object({
    connection: z.string(),
    jobs: z.number(),
    chunks: z.number(),
  }),
);
export type SharePlan = z.infer<typeof sharePlanSchema>;

/**
 * An uploaded page: its number, the name of the upload whose parts hold its jobs, and how many parts and jobs there are. An
 * upload that broke off is named by no head.
 */
const pageRecordSchema = z.lazy(() =>
  z.object({
    page: z.number(),
    upload: z.string(),
    parts: z.number(),
    jobs: z.number(),
  }),
);
export type PageRecord = z.infer<typeof pageRecordSchema>;

/**
 * The stored head of an operation: what is wanted of it. What was done is in the shares, one for each connection. Times are
 * wall times, in milliseconds since the epoch. Unknown keys are ignored, because a newer version may have written them.
 */
export const operationRecordSchema = z.lazy(() =>
  z.object({
    id: z.string(),
    /** The caller who made it. */
    caller: z.string(),
    kind: z.enum(callerKinds),
    surface: z.enum(surfaces),
    scope: z.string().optional(),
    created_at: z.number(),
    reason: z.string().optional(),
    send_if_status_unknown: z.literal(true).optional(),
    follow_hours: z.number(),
    max_per_second: z.number().optional(),
    /** `follow`: it sends nothing, and only checks the jobs of a cancel that has ended. */
    wanted: z.enum(['draft', 'run', 'pause', 'follow']),
    /** Why it paused by itself. */
    paused_because: z.enum(['caller', 'time', 'restored', 'too_many']).optional(),
    /** The filters of the selector as they were written, and how far its list was read. */
    selector: z.record(z.string(), z.string()).optional(),
    listing: z.enum(['due', 'done']).optional(),
    /** Where the list goes on. */
    listing_cursor: z.string().optional(),
    listed_at: z.number().optional(),
    unavailable: z.array(unavailableSchema).optional(),
    /** The pages that a draft has, in the order of their numbers. */
    pages: z.array(pageRecordSchema),
    /** The name of the frozen set: part of the keys of its chunks. */
    set: z.string().optional(),
    shares: z.array(sharePlanSchema),
    jobs: z.number(),
    duplicates: z.number(),
    /** A digest of the set and of how it is cancelled, for confirmations. */
    digest: z.string().optional(),
    /** The pending or used confirmation. */
    confirmation: z.string().optional(),
    /** Until when it can be confirmed. */
    confirm_until: z.number().optional(),
    confirmed_by: z.string().optional(),
    /** Counts starts and resumes: each works through the jobs once. */
    round: z.number(),
    /** The outcomes that this round does again; without it, all of {@link resumable}. */
    redo: z.array(z.enum(resumable)).optional(),
    started_at: z.number().optional(),
    /** The caller in whose name it is carried out: the one who started or resumed it last. */
    started_by: z.string().optional(),
    /** Nothing is sent later than this. */
    send_until: z.number().optional(),
    /** Jobs are not checked later than this. */
    follow_until: z.number().optional(),
    /** When it was found finished. */
    ended_at: z.number().optional(),
    /** A digest of the request that created it, by which a repeated idempotency key is judged. */
    request: z.string().optional(),
  }),
);
export type OperationRecord = z.infer<typeof operationRecordSchema>;

/** Why no more jobs of a share are done in this round. Every job without an outcome then has this code. */
const restSchema = z.lazy(() => z.object({ code: z.enum(codeNames), at: z.number() }));

/**
 * The progress of an operation at one connection. Only the holder of the connection's lease writes it. `counts` has, for each
 * chunk, how many jobs have each outcome; those that came back are counted apart.
 */
export const shareRecordSchema = z.lazy(() =>
  z.object({
    round: z.number(),
    /** Every earlier chunk is done in this round. */
    next: z.number(),
    counts: z.array(z.partialRecord(z.enum([...outcomeNames, 'came_back']), z.number())),
    /** The epoch of the lease under which this was written: a worker that lost the lease replaces nothing of a later holder. */
    epoch: z.number().optional(),
    /** The slices that were begun and did not end, with no job done between them: their worker died, or failed. */
    crashes: z.number(),
    /** How many jobs of this round were done at the last crash. */
    done_at_crash: z.number().optional(),
    /** The chunk before which a slice ends that was begun. Found by the next turn, it did not end. */
    working: z.number().optional(),
    /** The chunk from which on slices are of their usual size again: where the last one would have ended that crashed. */
    careful: z.number().optional(),
    /** The most chunks of the next slice, if not as many as usual: slices were cut short for others before they came to send. */
    most_chunks: z.number().optional(),
    /** A hash of the host that the connection led to when this share began. */
    host: z.string().optional(),
    /** A hash of another host that it was found to lead to: nothing is sent or checked there until a resume accepts it. */
    other_host: z.string().optional(),
    parked: z
      .object({
        until: z.number(),
        times: z.number(),
        since: z.number(),
        /** How long it has been parked altogether, in milliseconds: no wall clock decides when it gives up. */
        parked_ms: z.number(),
        code: z.enum(codeNames),
      })
      .optional(),
    rest: restSchema.optional(),
    /** Where the list of the provider goes on for the next slice: its jobs seldom stand before those of the last one. */
    listed: z.string().optional(),
    /** The way to the pages that had the jobs of the last slice: those of the next may stand right before them. */
    trail: z
      .object({ cursors: z.array(z.string()).readonly(), every: z.number(), until: z.string() })
      .optional(),
    /** How many pages of the list were read in vain. */
    in_vain: z.number().optional(),
    /** When this round began here, and how many jobs it has done: for the rate. */
    pace: z.object({ since: z.number(), until: z.number(), done: z.number() }).optional(),
    /**
     * How often open jobs were checked, and when they are checked next. `next`: where a pass goes on that was cut short, and
     * began at `since`.
     */
    follow: z
      .object({
        passes: z.number(),
        due_at: z.number(),
        next: z.number().optional(),
        since: z.number().optional(),
      })
      .optional(),
    /**
     * When cancelled jobs are checked once more; `done` once they were. `next`: where a pass goes on that was cut short. `singles`:
     * how many were checked one by one.
     */
    recheck: z
      .object({
        due_at: z.number(),
        done: z.boolean(),
        unchecked: z.number(),
        next: z.number().optional(),
        singles: z.number().optional(),
      })
      .optional(),
  }),
);
export type ShareRecord = z.infer<typeof shareRecordSchema>;

/** The progress of a share before anything was done. */
export function newShare(round: number): ShareRecord {
  return { round, next: 0, counts: [], crashes: 0 };
}

/** How many jobs of one chunk have each outcome; those without one are in none. */
export type ChunkCounts = ShareRecord['counts'][number];

/** How many jobs one chunk has. */
export const chunkJobs = 500;
