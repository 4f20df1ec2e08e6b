import * as z from 'zod';
import { parseJson } from '../../../shared/lib/json.ts';
import { confirmation, type JobReference, jobReference } from '../tasks/task.ts';

/**
 * What a button asks for. `stop`: one job of a list. `confirm` and `keep`: the jobs that a ticket of ours is bound to,
 * with the reason that was given for them.
 * `approve` and `decline`: the confirmation that an agent asked for.
 */
export type ButtonAction =
  | { readonly kind: 'stop'; readonly job: JobReference }
  | { readonly kind: 'confirm' | 'keep'; readonly ticket: string; readonly reason?: string | undefined }
  | { readonly kind: 'approve' | 'decline'; readonly confirmation: string };

/** The `action_id` of every button. Messages live on in channels: one that was ever sent keeps its meaning. */
export const actionIds = {
  stop: 'calloff_stop',
  confirm: 'calloff_confirm',
  keep: 'calloff_keep',
  approve: 'calloff_approve',
  decline: 'calloff_decline',
} as const satisfies Record<ButtonAction['kind'], string>;

const kinds = [
  'stop',
  'confirm',
  'keep',
  'approve',
  'decline',
] as const satisfies readonly ButtonAction['kind'][];

/** The value of a button that stops one job. */
export function stopValue({ provider, job_id }: JobReference): string {
  return JSON.stringify({ provider, job_id });
}

const ticketReference = z.strictObject({
  ticket: z.string().min(1).max(200),
  reason: z.string().max(200).optional(),
});

/**
 * The value of a button that answers a question of ours.
 * @throws {RangeError} for what would not be taken when it is pressed.
 */
export function ticketValue({ ticket, reason }: z.infer<typeof ticketReference>): string {
  const checked = ticketReference.safeParse({ ticket, reason });
  if (!checked.success) throw new RangeError('a ticket or its reason is empty or too long');
  return JSON.stringify(checked.data);
}

/**
 * What a pressed button asks for. `foreign`: it is none of ours. `malformed`: it is, with a value that we never gave it.
 * Total over any value.
 */
export function readAction(pressed: {
  readonly action_id: string;
  readonly value?: string | undefined;
}): ButtonAction | 'foreign' | 'malformed' {
  const kind = kinds.find((each) => actionIds[each] === pressed.action_id);
  if (kind === undefined) return 'foreign';
  return readValue(kind, pressed.value ?? '') ?? 'malformed';
}

function readValue(kind: ButtonAction['kind'], value: string): ButtonAction | undefined {
  switch (kind) {
    case 'stop': {
      const job = jobReference.safeParse(parseJson(value));
      return job.success ? { kind, job: job.data } : undefined;
    }
    case 'confirm':
    case 'keep': {
      const answer = ticketReference.safeParse(parseJson(value));
      return answer.success ? { kind, ...answer.data } : undefined;
    }
    case 'approve':
    case 'decline': {
      const named = confirmation.safeParse(value);
      return named.success ? { kind, confirmation: named.data } : undefined;
    }
  }
}
