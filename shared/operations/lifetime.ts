import type { OperationRecord } from './operation.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** The expiry of a value that is to be gone: past by every clock. */
export const longAgo = 1;
/** How long a draft lives, in milliseconds. */
export const draftMs = dayMs;
/** How long after its last start or resume an operation may send, in milliseconds. */
export const sendingMs = dayMs;
/** How long an operation is kept after its end, in milliseconds. */
const keptMs = 30 * dayMs;
/** How long after it was made an operation can be resumed, in milliseconds. */
export const resumableMs = 60 * dayMs;

/** When the ids, marks and results of an operation expire: after the last that can be wanted of it. */
export function partsExpireAt({ created_at }: Pick<OperationRecord, 'created_at'>): number {
  return created_at + resumableMs + sendingMs + 72 * hourMs + keptMs + dayMs;
}

/** When the head of an operation expires, in milliseconds since the epoch. */
export function expiryOf(record: OperationRecord): number {
  const { wanted, created_at, ended_at, confirm_until = 0 } = record;
  if (wanted === 'draft') return Math.max(created_at + draftMs, confirm_until);
  return ended_at === undefined ? partsExpireAt(record) : Math.min(ended_at + keptMs, partsExpireAt(record));
}

/** The milliseconds that a number of hours has. */
export function hours(count: number): number {
  return count * hourMs;
}
