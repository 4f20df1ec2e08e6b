import type { Clock } from '../../lib/clock.ts';
import type { Permit } from './permit.ts';

/** Who says whether a request may leave, and how long it is wanted. `sendBy` is on the monotonic clock, in milliseconds. */
interface LeaveTerms {
  readonly leave?: (() => Promise<boolean>) | undefined;
  readonly sendBy: number;
  readonly signal?: AbortSignal | undefined;
}

/** Asks whether a request with a permit may leave. If it may not, or has become too late meanwhile, it gives the permit back. */
export async function askToLeave(
  permit: Permit,
  { leave, sendBy, signal }: LeaveTerms,
  clock: Clock,
): Promise<Permit> {
  if (permit.kind !== 'entered') return permit;
  let mayLeave = false;
  try {
    mayLeave = (await leave?.()) !== false && !signal?.aborted && clock.now() < sendBy;
  } finally {
    if (!mayLeave) permit.release({ kind: 'unused' });
  }
  return mayLeave ? permit : { kind: 'aborted' };
}
