import './aws/zod-jitless.ts';
import { ConfigurationError } from '../shared/config/configuration-error.ts';
import { systemClock as clock } from '../shared/lib/clock.ts';
import { lambdaParts } from './aws/lambda-gateway.ts';
import { ringThrough } from './aws/ring.ts';
import { SqsQueue } from './aws/sqs-queue.ts';
import { workerHandler } from './aws/worker-handler.ts';
import { processTask } from './slack/tasks/process-task.ts';

/** Only the function's own limit of 120 s applies, which must also leave time for the store and Slack. */
const { settings, store, flush, ...parts } = lambdaParts({ longestBudgetMs: 90_000, ringThrough });
if (store === undefined) {
  throw new ConfigurationError([
    'CALLOFF_TABLE must name a table: the worker needs it to recognise repeated deliveries',
  ]);
}
const { queueUrl, slack, publicUrl } = settings;
const { responseOrigin } = slack;
/** Its own queue: it takes the next look at an operation. */
const queue = queueUrl === undefined ? undefined : new SqsQueue(queueUrl);
const carryOutParts = { ...parts, store, clock, responseOrigin, queue, publicUrl, fetch: globalThis.fetch };

/** Carries out the tasks that the Slack function has put in the queue. */
export const handler = workerHandler(
  {
    ...{ clock, log: parts.log },
    carryOut: (work, attempt) => processTask(work, carryOutParts, attempt),
  },
  flush,
);
