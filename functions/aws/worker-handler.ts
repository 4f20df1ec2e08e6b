import type { SQSBatchResponse } from 'aws-lambda';
import * as z from 'zod';
import { type Clock, sleep } from '../../shared/clock.ts';
import { parseJson } from '../../shared/json.ts';
import { type Log, nameOf } from '../../shared/log.ts';
import type { Attempt } from '../slack/carry-out.ts';
import { type Carried, type Work, workSchema } from '../slack/work.ts';

/** What carries out the work of a queue. */
export interface WorkerParts {
  carryOut(work: Work, attempt: Attempt): Promise<Carried>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is used of the event that SQS sends; anything else is no event of a queue, and fails as a whole. */
const eventSchema = z.object({ Records: z.array(z.object({ messageId: z.string(), body: z.string() })) });

/** Before the only other attempt in one delivery: another would come after minutes, and somebody waits. */
const pauseMs = 5_000;

/**
 * A Lambda function behind a queue. Carries the records of an event out side by side, and names those that must be
 * delivered again and no others. What is no work is dropped and logged: delivered again it would be none either.
 */
export function workerHandler(parts: WorkerParts) {
  return async (event: unknown): Promise<SQSBatchResponse> => {
    const { Records: records } = eventSchema.parse(event);
    const carried = await Promise.all(records.map(({ body }) => carryOutRecord(body, parts)));
    const again = records.filter((_, index) => carried[index] === 'again');
    return { batchItemFailures: again.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}

async function carryOutRecord(body: string, { carryOut, clock, log }: WorkerParts): Promise<Carried> {
  const read = workSchema.safeParse(parseJson(body));
  if (!read.success) {
    log({ level: 'error', event: 'slack_work_malformed' });
    return 'done';
  }
  const work = read.data;
  try {
    if ((await carryOut(work, {})) === 'done') return 'done';
    await sleep(clock, pauseMs);
    return await carryOut(work, { last: true });
  } catch (error) {
    log({ level: 'error', event: 'slack_work_broke', request_id: work.request_id, error: nameOf(error) });
    return 'again';
  }
}
