import type { Clock } from '../../lib/clock.ts';
import type { Action, Caller } from '../caller.ts';
import type { Surface } from './steps.ts';

/** Who reads, and through what. */
interface Read {
  readonly surface: Surface;
  readonly caller: Pick<Caller, 'id'>;
}

/** For how long a read of the page is recorded once, in milliseconds. */
const quietMs = 10 * 60_000;
/** So many callers and actions are remembered; beyond that the audit has an entry more. */
const mostRemembered = 1_000;

/**
 * The reads of the page, which asks again every few seconds: the audit has one entry for ten minutes of them, or it would
 * hold little else. Requests of programs are each recorded.
 */
export class RepeatedReads {
  readonly #recordedAt = new Map<string, number>();

  /** Whether this read needs no entry, because one like it was recorded a short while ago in this process. */
  isRepeated(action: Action, { surface, caller }: Read, clock: Clock): boolean {
    if (surface !== 'console') return false;
    const key = `${action} ${caller.id}`;
    const now = clock.now();
    const before = this.#recordedAt.get(key);
    if (before !== undefined && now - before < quietMs) return true;
    if (this.#recordedAt.size >= mostRemembered) this.#recordedAt.clear();
    this.#recordedAt.set(key, now);
    return false;
  }
}
