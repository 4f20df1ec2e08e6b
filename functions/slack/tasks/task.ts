import * as z from 'zod';
import { slackIdentitySchema } from '../inbound/identity.ts';

/** The fields of every task. */
const common = {
  /** The same for the same signed request, so that a replay or a second delivery is the same task. */
  id: z.string().min(1).max(100),
  /** The id in the audit and the log. */
  request_id: z.string().min(1).max(100),
  who: z.strictObject(slackIdentitySchema.shape),
  /** A capability: never logged, and `readResponseUrl` must accept it. */
  response_url: z.string().min(1).max(2_000),
  /** When the request arrived, in milliseconds since the epoch. */
  issued_at: z.number(),
};

/** A job by connection and id, up to the longest text that a person can type. The gateway checks the id. */
export const jobReference = z.strictObject({
  provider: z.string().min(1).max(12_000),
  job_id: z.string().min(1).max(12_000),
});
/** A job as a command or a button names it. It is checked again when the task is carried out. */
export type JobReference = Readonly<z.infer<typeof jobReference>>;

const reason = z.string().max(200).optional();
/** The most jobs of a command that calloff checks and cancels at once. More become an operation, which has the time that they take. */
export const mostAtOnce = 100;

const ticket = z.string().min(1).max(200);
/** The id of an operation. */
export const operation = z.string().min(1).max(100);
/** The id of a confirmation, up to the longest text that a person can type. */
export const confirmation = z.string().min(1).max(200);

/**
 * A task, enqueued after Slack's first answer: JSON, without rights of its own. The caller is looked up again when the
 * task is carried out.
 */
export const taskSchema = z.lazy(() =>
  z.discriminatedUnion('kind', [
    /**
     * Cancel jobs. For several jobs calloff only checks the status and asks for a confirmation; more than {@link mostAtOnce} become an
     * operation, which needs one, too.
     */
    z.strictObject({ ...common, kind: z.literal('cancel'), jobs: z.array(jobReference).min(1), reason }),
    /** A question was answered, yes or no. */
    z.strictObject({
      ...common,
      kind: z.literal('confirm'),
      ticket,
      reason,
      operation: operation.optional(),
    }),
    z.strictObject({ ...common, kind: z.literal('keep'), ticket, reason, operation: operation.optional() }),
    z.strictObject({
      ...common,
      kind: z.literal('list'),
      provider: z.string().optional(),
      state: z.string().optional(),
      older_than: z.string().optional(),
      newer_than: z.string().optional(),
      owner: z.string().optional(),
      target: z.string().optional(),
      label: z.string().optional(),
    }),
    /** A request of another caller: show it, approve it or decline it. */
    z.strictObject({ ...common, kind: z.literal('show'), confirmation }),
    z.strictObject({ ...common, kind: z.literal('approve'), confirmation }),
    z.strictObject({ ...common, kind: z.literal('decline'), confirmation }),
    /** The person's operations: show the latest, pause one, or start or resume one. */
    z.strictObject({ ...common, kind: z.literal('operations') }),
    z.strictObject({ ...common, kind: z.literal('pause'), operation }),
    z.strictObject({ ...common, kind: z.literal('resume'), operation }),
    /**
     * Tell how an operation ended. calloff enqueues it for itself, again and again until then. `step` counts that, `used` how often
     * the response URL was used. `ended`: when it was told, in milliseconds since the epoch, and how many jobs had come back.
     */
    z.strictObject({
      ...{ ...common, kind: z.literal('watch'), operation },
      ...{ step: z.number(), used: z.number() },
      ended: z.object({ at: z.number(), came_back: z.number() }).optional(),
    }),
  ]),
);
export type SlackTask = z.infer<typeof taskSchema>;
/** A task that a person asked for. */
export type AskedTask = Exclude<SlackTask, { readonly kind: 'watch' }>;
export type TaskOf<Kind extends SlackTask['kind']> = Extract<SlackTask, { kind: Kind }>;
/** What is told later, and how often the response URL was used before. */
export type Watch = Pick<TaskOf<'watch'>, 'operation' | 'used' | 'ended'>;

/**
 * Takes tasks to carry out later, after `delayMs` milliseconds at the earliest. Rejects if it cannot keep a task, which is then
 * not carried out, unless the error is an {@link EnqueueUncertainError}.
 */
export interface TaskQueue {
  enqueue(work: SlackTask, delayMs?: number): Promise<void>;
}

/** Thrown if it is not known whether the queue kept the task: it may or may not be carried out. */
export class EnqueueUncertainError extends Error {
  constructor() {
    super('the queue may or may not have the task');
    this.name = 'PerhapsHandedError';
  }
}

/** The result of an attempt: `again` if the task may be delivered once more. */
export type Carried = 'done' | 'again';
