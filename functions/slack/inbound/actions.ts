import * as z from 'zod';
import { parseJson } from '../../../shared/lib/json.ts';
import { confirmation, type JobReference, jobReference, operation } from '../tasks/task.ts';

/**
 * The request of a button. `stop`: one job of a list. `confirm` and `keep`: the jobs of a confirmation token, with the
 * reason given for them, or the start or resume of an operation. `approve` and `decline`: the confirmation of an agent's
 * request. `pause` and `resume`: an operation.
 */
export type ButtonAction =
  | { readonly kind: 'stop'; readonly job: JobReference }
  | ({ readonly kind: 'confirm' | 'keep' } & Readonly<z.infer<typeof ticketReference>>)
  | { readonly kind: 'pause' | 'resume'; readonly operation: string }
  | { readonly kind: 'approve' | 'decline'; readonly confirmation: string };

/** The `action_id` of every button. Old messages stay in channels, so the meaning of an id never changes. */
export const actionIds = {
  stop: 'calloff_stop',
  confirm: 'calloff_confirm',
  keep: 'calloff_keep',
  approve: 'calloff_approve',
  decline: 'calloff_decline',
  pause: 'calloff_pause',
  resume: 'calloff_resume',
} as const satisfies Record<ButtonAction['kind'], string>;

const kinds = [
  'stop',
  'confirm',
  'keep',
  'approve',
  'decline',
  'pause',
  'resume',
] as const satisfies readonly ButtonAction['kind'][];

/** The value of a button that stops one job. */
export function stopValue({ provider, job_id }: JobReference): string {
  return JSON.stringify({ provider, job_id });
}

const ticketReference = z.strictObject({
  ticket: z.string().min(1).max(200),
  reason: z.string().max(200).optional(),
  operation: operation.optional(),
});

/**
 * The value of a button that answers calloff's question.
 * @throws {RangeError} if {@link readAction} would not accept it.
 */
export function ticketValue({ ticket, reason, operation: named }: z.infer<typeof ticketReference>): string {
  const checked = ticketReference.safeParse({ ticket, reason, operation: named });
  if (!checked.success) throw new RangeError('a ticket or its reason is empty or too long');
  return JSON.stringify(checked.data);
}

/**
 * Reads the request of a pressed button. `foreign`: not calloff's button. `malformed`: its value is not one that calloff
 * gave it. Never throws.
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
    case 'pause':
    case 'resume': {
      const named = operation.safeParse(value);
      return named.success ? { kind, operation: named.data } : undefined;
    }
  }
}
