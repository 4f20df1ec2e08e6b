import { type Clock, sleep } from '../../../shared/lib/clock.ts';
import type { Log } from '../../../shared/lib/log.ts';
import { loggable } from '../../../shared/store/errors.ts';
import type { Attempt } from './process-task.ts';
import type { Carried, SlackTask } from './task.ts';

/** What carries out the work of a queue. */
export interface TwoAttemptsParts {
  carryOut(work: SlackTask, attempt: Attempt): Promise<Carried>;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when the process is to stop: what waits to be tried again is tried at once. */
  readonly stopping?: AbortSignal | undefined;
}

/** Before the only other attempt: somebody waits, and a queue would deliver again after minutes, or not at all. */
const pauseMs = 5_000;

/** Carries work out, and once more after five seconds where it may be, as the last time. Never rejects: `again` where it broke. */
export async function retryOnce(
  work: SlackTask,
  { carryOut, clock, log, stopping }: TwoAttemptsParts,
): Promise<Carried> {
  try {
    if ((await carryOut(work, {})) === 'done') return 'done';
    await sleep(clock, pauseMs, stopping);
    return await carryOut(work, { last: true });
  } catch (error) {
    log({ level: 'error', event: 'slack_work_broke', request_id: work.request_id, ...loggable(error) });
    return 'again';
  }
}
