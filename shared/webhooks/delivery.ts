import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { WebhookEvent } from '../contract/answers/webhook-event.ts';
import { webhookEventTypes } from '../contract/webhook-events.ts';
import { parseJson } from '../lib/json.ts';

/** The folder of the store that holds the deliveries. */
export const webhookFolder = 'webhook';

/**
 * A stored delivery. Other versions may read it: unknown keys are ignored. The body is kept as it is sent, so that every
 * attempt sends the same.
 */
const deliverySchema = z.lazy(() =>
  z.object({
    event: z.enum(webhookEventTypes),
    operation: z.string().optional(),
    confirmation: z.string().optional(),
    /** How many attempts were begun. */
    attempts: z.number().int().min(0),
    /** When the next attempt is due, in milliseconds since the epoch. */
    due_at: z.number().int(),
    /** When it is of no use any more, in milliseconds since the epoch. Default: when calloff gives it up. */
    useless_at: z.number().int().optional(),
    body: z.string(),
  }),
);
export type StoredDelivery = z.infer<typeof deliverySchema>;

/**
 * How long after the beginning of an attempt the next one is due, in milliseconds: about a day in all. The first pause is
 * longer than an attempt can take, so that no two attempts run at once.
 */
const minuteMs = 60_000;
const pausesMs = [0.5, 5, 30, 120, 300, 600, 380].map((minutes) => minutes * minuteMs);
const longestPauseMs = Math.max(...pausesMs);
/** The most attempts of one delivery. */
export const mostAttempts = pausesMs.length + 1;
/** The store forgets a delivery that no process has been able to send for so long, in milliseconds. */
const keptMs = 30 * 24 * 60 * minuteMs;

/** The first form of a delivery, due at once. */
export function newDelivery(event: WebhookEvent, now: number): StoredDelivery {
  const { type, data } = event;
  const common = {
    event: type,
    operation: data.operation,
    attempts: 0,
    due_at: now,
    body: JSON.stringify(event),
  };
  if (type !== 'confirmation.requested') return common;
  return { ...common, confirmation: data.confirmation, useless_at: Date.parse(data.expires_at) };
}

/** When the store may forget a delivery that was written now, in milliseconds since the epoch. */
export function forgottenAt({ useless_at = Number.POSITIVE_INFINITY }: StoredDelivery, now: number): number {
  return Math.min(now + keptMs, useless_at);
}

/**
 * The id of a message. What happened once in a round of an operation has one id, also if another process saw it at another
 * time.
 */
export function messageId({ type, data }: WebhookEvent, round: number): string {
  if (type === 'confirmation.requested') return idOf([type, data.confirmation, data.expires_at]);
  const job = type === 'job.came_back' ? [data.provider, data.job_id] : [];
  return idOf([type, data.operation, round, ...job]);
}

function idOf(parts: readonly (string | number)[]): string {
  return `msg_${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}`;
}

/** A stored delivery; `undefined` if another version wrote it. */
export function readDelivery(value: string): StoredDelivery | undefined {
  return deliverySchema.safeParse(parseJson(value)).data;
}

/** The delivery with one more attempt, and the time of the next. If this was the last one, only a crash leaves it there. */
export function withAttempt(delivery: StoredDelivery, now: number): StoredDelivery {
  const pauseMs = pausesMs[delivery.attempts] ?? 5 * minuteMs;
  return { ...delivery, attempts: delivery.attempts + 1, due_at: now + pauseMs };
}

/** Whether an attempt is due: also if its time is so far ahead that a clock must have been set back since. */
export function isDeliveryDue({ due_at }: StoredDelivery, now: number): boolean {
  return due_at <= now || due_at > now + longestPauseMs + minuteMs;
}
