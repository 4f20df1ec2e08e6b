import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { ConfirmedHow, JobName, OperationConfirmed, Requester } from './types.ts';

export const recordSchema = z.lazy(() =>
  z.strictObject({
    caller: z.string(),
    scope: z.string().optional(),
    digest: z.string(),
    /** The number of values that hold the jobs. */
    chunks: z.number(),
    nonce: z.string(),
    expiresAt: z.number(),
    /** How long it lives, in milliseconds, if that is not five minutes. */
    lives_ms: z.number().optional(),
    /** Set if someone other than its caller must give it. */
    for_another: z.literal(true).optional(),
    reason: z.string().optional(),
    send_if_status_unknown: z.literal(true).optional(),
    wait_seconds: z.number().optional(),
    selector: z.record(z.string(), z.string()).optional(),
    /** The operation that it is for. */
    operation: z
      .strictObject({ id: z.string(), jobs: z.number(), counts: z.record(z.string(), z.number()) })
      .optional(),
    state: z.enum(['pending', 'approved', 'used', 'closed']),
    approvedBy: z.string().optional(),
  }),
);

/** A stored confirmation. */
export type ConfirmationRecord = z.infer<typeof recordSchema>;

/** The most jobs in one value: with the longest ids and names they stay within the limit of a store. */
export const jobsPerChunk = 400;

/** How long a confirmation lives that its own caller may give, in milliseconds. */
export const ownLifeMs = 300_000;

/** How long any other lives by default, in minutes: the one who is asked must hear of it first. */
export const defaultConfirmationMinutes = 60;

/** The parts of a new confirmation. `jobs`: for an operation the first of them. */
export interface NewConfirmation {
  readonly caller: Requester;
  readonly jobs: readonly JobName[];
  readonly digest: string;
  readonly how: ConfirmedHow;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly livesMs: number;
  readonly operation?: OperationConfirmed | undefined;
}

/** A pending confirmation with a new nonce. */
export function newRecord({
  caller,
  jobs,
  digest,
  how,
  expiresAt,
  livesMs,
  operation,
}: NewConfirmation): ConfirmationRecord {
  const { sendIfStatusUnknown, waitSeconds, reason, selector } = how;
  return {
    caller: caller.id,
    ...(caller.scope === undefined ? {} : { scope: caller.scope }),
    digest,
    chunks: Math.ceil(jobs.length / jobsPerChunk),
    nonce: randomBytes(12).toString('base64url'),
    expiresAt,
    ...(livesMs === ownLifeMs ? {} : { lives_ms: livesMs }),
    ...(caller.rights.selfConfirm ? {} : { for_another: true }),
    ...(reason === undefined ? {} : { reason }),
    ...(sendIfStatusUnknown ? { send_if_status_unknown: true } : {}),
    ...(waitSeconds === undefined ? {} : { wait_seconds: waitSeconds }),
    ...(selector === undefined ? {} : { selector: { ...selector } }),
    ...(operation && { operation: { ...operation, counts: { ...operation.counts } } }),
    state: 'pending',
  };
}

export function howOf({
  send_if_status_unknown,
  wait_seconds,
  reason,
  selector,
}: ConfirmationRecord): ConfirmedHow {
  return {
    sendIfStatusUnknown: send_if_status_unknown === true,
    waitSeconds: wait_seconds,
    reason,
    selector,
  };
}

export function isOpen({ state }: ConfirmationRecord): boolean {
  return state === 'pending' || state === 'approved';
}
