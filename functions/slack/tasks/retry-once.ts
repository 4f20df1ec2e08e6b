import { type Clock, sleep } from '../../../shared/lib/clock.ts';
import type { Log } from '../../../shared/lib/log.ts';
import { loggable } from '../../../shared/store/errors.ts';
import type { Attempt } from './process-task.ts';
import type { Carried, SlackTask } from './task.ts';

/** The parts that carry out the tasks of a queue. */
export interface TwoAttemptsParts {
  carryOut(work: SlackTask, attempt: Attempt): Promise<Carried>;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when the process is to stop: a waiting second attempt starts at once. */
  readonly stopping?: AbortSignal | undefined;
}

/** The pause before the second attempt. It is short because a person waits, and a queue would deliver again after minutes or never. */
const pauseMs = 5_000;

/** Carries out a task, and if it may be repeated, once more after five seconds. Never rejects; `again` if it threw. */
export async function retryOnce(
  work: SlackTask,
  { carryOut, clock, log, stopping }: TwoAttemptsParts,
): Promise<Carried> {
  try {
    if ((await carryOut(work, {})) === 'done') return 'done';
    await sleep(clock, pauseMs, stopping);
    return await carryOut(work, { last: true });
  } catch (error) {
    log({ level: 'error', event: 'slack_task_failed', request_id: work.request_id, ...loggable(error) });
    return 'again';
  }
}
