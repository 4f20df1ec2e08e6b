import * as z from 'zod';
import { slackIdentitySchema } from '../inbound/identity.ts';

/** What every piece of work says, whatever it is. */
const common = {
  /** The same for the same signed request: a replay, or a second delivery, is the same work. */
  id: z.string().min(1).max(100),
  /** Under which the audit and the log know it. */
  request_id: z.string().min(1).max(100),
  who: z.strictObject(slackIdentitySchema.shape),
  /** A capability: never logged, and `readResponseUrl` must like it. */
  response_url: z.string().min(1).max(2_000),
  /** When the request came in, in milliseconds since the epoch. */
  issued_at: z.number(),
};

/** A job by connection and id, as long as anybody could type: what is no id is told by the service, which knows what is. */
export const jobReference = z.strictObject({
  provider: z.string().min(1).max(12_000),
  job_id: z.string().min(1).max(12_000),
});
/** A job as a command or a button names it: checked again when the work is carried out. */
export type JobReference = Readonly<z.infer<typeof jobReference>>;

const reason = z.string().max(200).optional();
const ticket = z.string().min(1).max(200);
/** The id of a confirmation, as long as anybody could type. */
export const confirmation = z.string().min(1).max(200);

/**
 * What is handed on once Slack has its first answer: JSON, without a right of its own. Who it is from is looked up again
 * when it is carried out.
 */
export const taskSchema = z.discriminatedUnion('kind', [
  /** Call off jobs. Several are looked at only, and asked about. */
  z.strictObject({ ...common, kind: z.literal('cancel'), jobs: z.array(jobReference).min(1), reason }),
  /** The question was answered: with yes, with no. */
  z.strictObject({ ...common, kind: z.literal('confirm'), ticket, reason }),
  z.strictObject({ ...common, kind: z.literal('keep'), ticket, reason }),
  z.strictObject({
    ...common,
    kind: z.literal('list'),
    provider: z.string().optional(),
    state: z.string().optional(),
    older_than: z.string().optional(),
    newer_than: z.string().optional(),
  }),
  /** What somebody else asked for: show it, agree to it, or not. */
  z.strictObject({ ...common, kind: z.literal('show'), confirmation }),
  z.strictObject({ ...common, kind: z.literal('approve'), confirmation }),
  z.strictObject({ ...common, kind: z.literal('decline'), confirmation }),
]);
export type SlackTask = z.infer<typeof taskSchema>;
export type TaskOf<Kind extends SlackTask['kind']> = Extract<SlackTask, { kind: Kind }>;

/**
 * Takes work to be carried out later. Rejects where it cannot be kept: then it is not carried out, but for a
 * {@link EnqueueUncertainError}.
 */
export interface TaskQueue {
  hand(work: SlackTask): Promise<void>;
}

/** Thrown where nobody can tell whether work was kept: it may be carried out, or not. */
export class EnqueueUncertainError extends Error {
  constructor() {
    super('the work may or may not have been handed on');
    this.name = 'PerhapsHandedError';
  }
}

/** What became of work that was tried: `again` where it may be delivered once more. */
export type Carried = 'done' | 'again';
