import type { SQSBatchResponse } from 'aws-lambda';
import * as z from 'zod';
import { parseJson } from '../../shared/lib/json.ts';
import { retryOnce, type TwoAttemptsParts } from '../slack/tasks/retry-once.ts';
import { type Carried, taskSchema } from '../slack/tasks/task.ts';

/** The used part of an SQS event. Anything else is not an event of a queue, and fails as a whole. */
const eventSchema = z.object({ Records: z.array(z.object({ messageId: z.string(), body: z.string() })) });

/**
 * A Lambda function behind a queue. Processes the records of an event in parallel, and returns those that must be
 * delivered again. `flush` is called at the end of each event. Invalid records are logged and dropped: a second delivery would not make them valid.
 */
export function workerHandler(parts: TwoAttemptsParts, flush: () => void = () => undefined) {
  return async (event: unknown): Promise<SQSBatchResponse> => {
    const { Records: records } = eventSchema.parse(event);
    const carrying = Promise.all(records.map(({ body }) => carryOutRecord(body, parts)));
    const carried = await carrying.finally(flush);
    const again = records.filter((_, index) => carried[index] === 'again');
    return { batchItemFailures: again.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}

async function carryOutRecord(body: string, parts: TwoAttemptsParts): Promise<Carried> {
  const read = taskSchema.safeParse(parseJson(body));
  if (read.success) return retryOnce(read.data, parts);
  parts.log({ level: 'error', event: 'slack_task_malformed' });
  return 'done';
}
